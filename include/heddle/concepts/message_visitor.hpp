#pragma once

#include "heddle/model/message.hpp"

namespace heddle {

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
