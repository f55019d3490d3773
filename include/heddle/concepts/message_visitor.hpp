#pragma once

#include "heddle/model/message.hpp"

#include <concepts>

namespace heddle {

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
