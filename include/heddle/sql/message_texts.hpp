// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/search.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/validation/json_check.hpp"

#include <rapidjson/encodings.h>

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::sql {

/// What is searched of a message: its text in each `SearchPlace`, in the order of the enumeration, `searched_bytes` in
/// all, so that the words fit into a tsvector. All backends index, find and show these texts: what they are must never
/// change. A template only so that files that search nothing do not compile it.
template <std::same_as<Message> M>
class MessageTexts {
 public:
  using Texts = std::array<std::string_view, EnumNames<SearchPlace>::values.size()>;

  /// Returns the texts of a message. They refer to the message, and to this object until the next call.
  [[nodiscard]] const Texts& of(const M& message) {
    for (std::string& text : made_) { text.clear(); }
    if (message.parts.empty()) {
      add_members(message);
    } else {
      for (const Part& part : message.parts) { add(part); }
    }
    std::size_t room = searched_bytes;
    for (std::size_t place = 0; place < texts_.size(); ++place) {
      std::string_view text = made_[place];
      // Most messages are only this: it is not copied.
      if (place == 0 && text.empty() && message.parts.empty()) { text = message.content; }
      texts_[place] = text.substr(0, room);
      room -= texts_[place].size();
    }
    return texts_;
  }

  /// The same of a message that only has a content.
  [[nodiscard]] const Texts& of_content(std::string_view content) {
    texts_ = {content.substr(0, searched_bytes)};
    return texts_;
  }

 private:
  void add(SearchPlace place, std::string_view text) {
    std::string& made = made_[static_cast<std::size_t>(place)];
    if (text.empty() || made.size() >= searched_bytes) { return; }
    if (!made.empty()) { made += '\n'; }
    made.append(text.substr(0, searched_bytes - made.size()));
  }

  void add(SearchPlace place, const JsonValue& value) {
    if (value.text.find('\\') == std::string::npos || !validation::is_json(value.text)) {
      return add(place, std::string_view(value.text));
    }
    add(place, std::string_view(unescaped(value.text)));
  }

  void add(const ToolCall& call) {
    add(SearchPlace::arguments, std::string_view(call.name));
    add(SearchPlace::arguments, call.input);
  }

  void add(const ToolResult& result) {
    if (result.data.text != JsonValue().text) { add(SearchPlace::results, result.data); }
    if (!result.error) { return; }
    add(SearchPlace::results, std::string_view(result.error->code));
    add(SearchPlace::results, std::string_view(result.error->message));
    add(SearchPlace::results, result.error->details);
    add(SearchPlace::results, std::string_view(result.error->suggestion));
  }

  void add(const Part& part) {
    switch (part.kind) {
      case PartKind::thinking: return add(SearchPlace::thinking, std::string_view(part.text));
      case PartKind::tool_call: return add(part.call);
      case PartKind::tool_result:
        if (part.result) { add(*part.result); }
        return;
      default: return add(SearchPlace::text, std::string_view(part.text));
    }
  }

  void add_members(const M& message) {
    for (const ContentBlock& block : message.content_blocks) {
      // Programs that know no blocks read the content, so that the texts can stand in both.
      if (block.kind != ContentKind::text || message.content.find(block.value) != std::string::npos) { continue; }
      if (made_[0].empty()) { add(SearchPlace::text, std::string_view(message.content)); }
      add(SearchPlace::text, std::string_view(block.value));
    }
    for (const ToolCall& call : message.tool_calls) { add(call); }
    if (message.tool_result) { add(*message.tool_result); }
  }

  /// Returns valid JSON with the characters in the place of their escapes: of `\\n` the letter would else be a word.
  [[nodiscard]] static std::string unescaped(std::string_view json) {
    std::string text;
    const auto code_unit = [&json](std::size_t at) {
      unsigned unit = 0;
      std::from_chars(json.data() + at, json.data() + at + 4, unit, 16);
      return unit;
    };
    for (std::size_t at = 0; at < json.size(); ++at) {
      if (json[at] != '\\') {
        text += json[at];
        continue;
      }
      switch (json[++at]) {
        case 'b':
        case 'f':
        case 'r':
        case 't': text += ' '; break;
        case 'n': text += '\n'; break;
        case 'u': {
          unsigned point = code_unit(at + 1);
          at += 4;
          // The first half of a pair: `\uD83D\uDE00`.
          if (point >= 0xD800 && point < 0xDC00) {
            point = 0x10000 + ((point - 0xD800) << 10U) + (code_unit(at + 3) - 0xDC00);
            at += 6;
          }
          Bytes bytes{text};
          rapidjson::UTF8<>::Encode(bytes, point);
          break;
        }
        default: text += json[at];
      }
    }
    return text;
  }

  /// An output of RapidJSON.
  struct Bytes {
    std::string& out;
    // NOLINTNEXTLINE(readability-identifier-naming): RapidJSON's name
    void Put(char byte) { out += byte; }
  };

  std::array<std::string, EnumNames<SearchPlace>::values.size()> made_{};
  Texts texts_{};
};

/// Makes the texts of stored messages.
template <std::same_as<Message> M>
class StoredTexts {
 public:
  /// Returns the texts of a message: see MessageTexts. They refer to its content too.
  [[nodiscard]] const typename MessageTexts<M>::Texts& of(const MessageContent& columns) {
    if (columns.content_blocks.empty() && columns.tool_calls.empty() && columns.tool_result.empty() &&
        columns.parts.empty()) {
      return texts_.of_content(columns.content);
    }
    return texts_.of(message_of(columns));
  }

  /// Returns the message with what is searched of it, valid until the next call. Of one with damaged JSON only its
  /// content is searched, so that it holds up no other one.
  [[nodiscard]] const M& message_of(const MessageContent& columns) {
    message_ = M{};
    message_.content = columns.content;
    try {
      decode(columns.content_blocks, message_.content_blocks);
      decode(columns.tool_calls, message_.tool_calls);
      decode(columns.parts, message_.parts);
      decode(columns.tool_result, message_.tool_result);
      complete_row(message_);
    } catch (const Error&) {
      message_ = M{};
      message_.content = columns.content;
    }
    return message_;
  }

 private:
  template <class T>
  static void decode(std::string_view column, T& member) {
    if (!column.empty()) { member = json::decode<T>(column); }
  }

  M message_{};
  MessageTexts<M> texts_{};
};

}  // namespace heddle::sql
