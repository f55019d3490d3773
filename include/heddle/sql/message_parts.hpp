// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/blocks_of_parts.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/sql/frozen.hpp"
#include "heddle/sql/frozen_members.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/search_text.hpp"

#include <rapidjson/stringbuffer.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// The stored form of a message with parts. What other columns have is not stored twice: the texts of its parts are the
/// content, joined by newlines, and the text of such a part is stored as its length in bytes; its tool calls are
/// `tool_calls`, its first tool result is `tool_use_id` and `tool_result`. All else is in `parts`.
namespace heddle::sql {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Writes the members of a part whose values are not the default, but for those that other columns have.
struct LayoutWriter {
  json::Writer& out;
  const Part& part;
  bool first_result;

  void operator()(const char* name, PartKind kind) const {
    if (kind != PartKind::text) { write(name, kind); }
  }
  void operator()(std::string_view name, const std::string& text) const {
    if (name == "text" && part.kind == PartKind::text) {
      write(name, std::to_string(text.size()));
    } else if (!text.empty() && !(first_result && name == "call_id")) {
      write(name, text);
    }
  }
  void operator()(std::string_view name, const JsonValue& value) const {
    if (value.text != (name == "json" ? "null" : "{}")) { write(name, value); }
  }
  void operator()(const char* name, const ToolCall& call) const {
    if (part.kind != PartKind::tool_call && !(call == ToolCall{})) { write(name, call); }
  }
  void operator()(const char* name, const std::optional<ToolResult>& result) const {
    if (result && !first_result) { write(name, *result); }
  }

 private:
  template <class Member>
  void write(std::string_view name, const Member& member) const {
    out.Key(name.data());
    json::write(out, member);
  }
};

/// The columns of a message's content. Refers to its texts.
template <std::same_as<Message> M>
class StoredContent {
 public:
  /// Returns what is searched of the message whose columns `of` has returned.
  [[nodiscard]] SearchText searched(const M& message) const {
    return {message,
            columns_.content.size() + columns_.tool_calls.size() + columns_.tool_result.size() + columns_.parts.size()};
  }

  /// Returns the columns of a message. They refer to the message, and to this object until the next call.
  [[nodiscard]] const MessageContent& of(const M& message) {
    columns_ = {};
    if (!message.parts.empty()) {
      set_parts(message.parts);
      return columns_;
    }
    columns_.content = message.content;
    columns_.tool_use_id = message.tool_use_id;
    if (!message.content_blocks.empty()) { columns_.content_blocks = blocks_ = json::encode(message.content_blocks); }
    if (!message.tool_calls.empty()) { columns_.tool_calls = calls_ = json::encode(message.tool_calls); }
    if (message.tool_result) { columns_.tool_result = result_ = json::encode(*message.tool_result); }
    return columns_;
  }

 private:
  void set_parts(const std::vector<Part>& parts) {
    rapidjson::StringBuffer layout;
    rapidjson::StringBuffer calls;
    json::Writer layout_writer(layout);
    json::Writer call_writer(calls);
    bool has_text = false;
    bool has_call = false;
    bool has_result = false;
    content_.clear();
    layout_writer.StartArray();
    call_writer.StartArray();
    for (const Part& part : parts) {
      const bool first_result = part.kind == PartKind::tool_result && !std::exchange(has_result, true);
      if (part.kind == PartKind::text) {
        if (std::exchange(has_text, true)) { content_ += '\n'; }
        content_ += part.text;
      } else if (part.kind == PartKind::tool_call) {
        json::write(call_writer, part.call);
        has_call = true;
      } else if (first_result) {
        columns_.tool_use_id = part.call_id;
        if (part.result) { columns_.tool_result = result_ = json::encode(*part.result); }
      }
      layout_writer.StartObject();
      const LayoutWriter write_member{layout_writer, part, first_result};
      reflection::Selected<Frozen<Part>::Members>::visit(part, write_member);
      for_each_later_member<Frozen<Part>>(part, write_member);
      layout_writer.EndObject();
    }
    layout_writer.EndArray();
    call_writer.EndArray();
    columns_.content = content_;
    if (has_call) { columns_.tool_calls = calls_.assign(calls.GetString(), calls.GetSize()); }
    columns_.parts = parts_.assign(layout.GetString(), layout.GetSize());
  }

  MessageContent columns_{};
  std::string content_{};
  std::string blocks_{};
  std::string calls_{};
  std::string result_{};
  std::string parts_{};
};

/// Returns the texts that the lengths of parts divide a content into, one after the other.
template <class Text>
class DividedContent {
 public:
  explicit DividedContent(Text content) : rest_(content) {}

  /// Throws `data_loss` if the content is shorter.
  [[nodiscard]] Text next(Text length) {
    if (std::exchange(begun_, true)) {
      json::expect(rest_.starts_with('\n'));
      rest_.remove_prefix(1);
    }
    std::size_t size = 0;
    const char* const end = length.data() + length.size();
    const auto parsed = std::from_chars(length.data(), end, size);
    json::expect(parsed.ec == std::errc{} && parsed.ptr == end && size <= rest_.size());
    const Text text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

 private:
  Text rest_;
  bool begun_ = false;
};

/// Completes a message that was read in its stored form: its parts, and `content_blocks` if it has an image. Throws
/// `data_loss` if the columns contradict one another.
void complete_row(std::same_as<Message> auto& message) {
  if (message.parts.empty()) { return; }
  DividedContent content(std::string_view(message.content));
  auto call = message.tool_calls.cbegin();
  bool has_result = false;
  for (Part& part : message.parts) {
    if (part.kind == PartKind::text) {
      part.text = content.next(part.text);
    } else if (part.kind == PartKind::tool_call) {
      json::expect(call != message.tool_calls.cend());
      part.call = *call++;
    } else if (part.kind == PartKind::tool_result && !std::exchange(has_result, true)) {
      part.call_id = message.tool_use_id;
      part.result = message.tool_result;
    }
  }
  json::expect(content.at_end() && call == message.tool_calls.cend());
  add_blocks_of_parts(message);
}

}  // namespace heddle::sql
