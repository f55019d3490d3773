#pragma once

#include "terminal.hpp"

#include <heddle/model/message.hpp>
#include <heddle/model/part.hpp>
#include <heddle/model/session.hpp>

#include <string>

namespace command {

/// Prints messages so that they read like a conversation: calls of tools and their results are one line each, and what
/// the model thought is left out, unless they are to be unfolded.
class Conversation {
 public:
  struct Unfolded {
    bool tools = false;
    bool thinking = false;
  };

  /// `colours` must outlive the object.
  Conversation(const Colours& colours, const Unfolded& unfolded) : colours_(colours), unfolded_(unfolded) {}

  [[nodiscard]] std::string title_of(const heddle::Session& session) const;
  [[nodiscard]] std::string text_of(const heddle::Message& message) const;
  /// One line, with all parts.
  [[nodiscard]] static std::string json_of(const heddle::Message& message);

 private:
  [[nodiscard]] std::string heading_of(const heddle::Message& message) const;
  [[nodiscard]] std::string part(const heddle::Part& part) const;
  [[nodiscard]] std::string call(const heddle::ToolCall& call) const;
  [[nodiscard]] std::string result(const heddle::Part& part) const;

  const Colours& colours_;
  Unfolded unfolded_;
};

}  // namespace command
