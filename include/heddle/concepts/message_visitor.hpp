#pragma once

#include "heddle/model/message.hpp"

#include <concepts>
#include <type_traits>

namespace heddle {

/// Fails to compile with a sentence if this is no visitor of `for_each_message`.
template <class Visit>
consteval void check_message_visitor() {
  static_assert(std::invocable<Visit&, const Message&>,
                "heddle: the visitor of for_each_message takes a `const heddle::Message&`");
  if constexpr (std::invocable<Visit&, const Message&>) {
    using Result = std::invoke_result_t<Visit&, const Message&>;
    static_assert(std::same_as<Result, void> || std::same_as<Result, bool>,
                  "heddle: the visitor of for_each_message returns nothing, or false to end the visit");
  }
}

/// A reference to a function that is called with each message in turn, stored as two pointers. It owns nothing and must
/// not outlive the function.
class MessageVisitor {
 public:
  /// Returns a visitor that calls `visit(message)`, which returns nothing, or false to end the visit.
  template <class Visit>
  [[nodiscard]] static MessageVisitor of(const Visit& visit) noexcept {
    return {&visit, [](const void* visitor, const Message& message) {
              const Visit& call = *static_cast<const Visit*>(visitor);
              if constexpr (std::same_as<decltype(call(message)), bool>) {
                return call(message);
              } else {
                call(message);
                return true;
              }
            }};
  }

  /// Calls the function with the message; returns false to end the visit.
  bool operator()(const Message& message) const { return visit_(visitor_, message); }

 private:
  MessageVisitor(const void* visitor, bool (*visit)(const void*, const Message&)) noexcept
      : visitor_(visitor), visit_(visit) {}

  const void* visitor_;
  bool (*visit_)(const void*, const Message&);
};

}  // namespace heddle
