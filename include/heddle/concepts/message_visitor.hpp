#pragma once

#include "heddle/model/message.hpp"

#include <concepts>
#include <type_traits>

namespace heddle {

/// Fails to compile with a sentence if this is no visitor of `for_each_message`. What returns `bool` wants to end the
/// visit, which nothing would do.
template <class Visit>
consteval void check_message_visitor() {
  static_assert(std::invocable<Visit&, const Message&>,
                "heddle: the visitor of for_each_message takes a `const heddle::Message&`");
  if constexpr (std::invocable<Visit&, const Message&>) {
    static_assert(!std::same_as<std::invoke_result_t<Visit&, const Message&>, bool>,
                  "heddle: the visitor of for_each_message returns nothing: to end earlier, throw, or load pages");
  }
}

/// A reference to a function that is called with each message in turn, stored as two pointers. It owns nothing and must
/// not outlive the function.
class MessageVisitor {
 public:
  /// Returns a visitor that calls `visit(message)`.
  template <class Visit>
  [[nodiscard]] static MessageVisitor of(const Visit& visit) noexcept {
    return {&visit,
            [](const void* visitor, const Message& message) { (*static_cast<const Visit*>(visitor))(message); }};
  }

  /// Calls the function with the message.
  void operator()(const Message& message) const { visit_(visitor_, message); }

 private:
  MessageVisitor(const void* visitor, void (*visit)(const void*, const Message&)) noexcept
      : visitor_(visitor), visit_(visit) {}

  const void* visitor_;
  void (*visit_)(const void*, const Message&);
};

}  // namespace heddle
