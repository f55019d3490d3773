#pragma once

#include "terminal.hpp"

#include <heddle/model/message.hpp>
#include <heddle/model/part.hpp>
#include <heddle/model/session.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace command {

/// Prints messages so that they read like a conversation: a call of a tool and its result are one line each, messages
/// of the system are cut, and what the model thought is left out, unless they are to be unfolded. On a terminal texts
/// have its width.
class Conversation {
 public:
  struct Unfolded {
    bool tools = false;
    bool thinking = false;
    bool system = false;
  };

  /// `colours` must outlive the object.
  Conversation(const Colours& colours, const Unfolded& unfolded);

  [[nodiscard]] std::string title_of(const heddle::Session& session) const;
  [[nodiscard]] std::string text_of(const heddle::Message& message) const;
  /// One line, with all parts.
  [[nodiscard]] static std::string json_of(const heddle::Message& message);

 private:
  [[nodiscard]] std::string heading_of(const heddle::Message& message) const;
  [[nodiscard]] std::string part(const heddle::Part& part, heddle::Role role) const;
  [[nodiscard]] std::string body(std::string_view text, std::string_view margin) const;
  /// A text in what is left of a line.
  [[nodiscard]] std::string folded(std::string_view text, std::size_t used) const;
  [[nodiscard]] std::string system_text(std::string_view text) const;
  [[nodiscard]] std::string call(const heddle::ToolCall& call) const;
  [[nodiscard]] std::string result(const heddle::Part& part) const;

  const Colours& colours_;
  Unfolded unfolded_;
  std::size_t width_;  ///< of the terminal; 0: none
};

}  // namespace command
