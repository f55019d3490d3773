// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/loom_json.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::adoption {

/// Makes messages of rows of the source. What Heddle has no member for is in the metadata, below `loom`.
class MessageReader {
 public:
  /// Returns the message of a row; it is valid until the next call.
  template <class Row>
  [[nodiscard]] const Message& read(const Row& row, Notes& notes) {
    Columns<Row> columns(row, "messages", known::messages, notes);
    message_ = {};
    const std::int64_t id = columns.integer();
    message_.role = *parse_enum<Role>(columns.name("role", Role::user));
    message_.content = columns.text();
    std::string kept = R"({"loom":{"id":)" + std::to_string(id);
    const auto keep = [&](std::string_view column, std::string text) {
      const bool is_cut = cut_text(text, most_kept);
      notes.change("messages", column,
                   std::string("no JSON of the Go server that can be stored: kept as text in the message's metadata") +
                       (is_cut ? ", without its end" : ""));
      kept.append(",\"").append(column).append("\":");
      transfer::append_text(kept, text);
    };
    if (const std::string calls = columns.json(); !calls.empty()) {
      if (auto known = read_calls(calls); known && can_be_stored(*known)) {
        message_.tool_calls = std::move(*known);
      } else {
        keep("tool_calls_json", calls);
      }
    }
    message_.tool_use_id = columns.text(limits::of<&Message::tool_use_id>);
    if (const std::string result = columns.json(); !result.empty()) {
      if (auto known = read_result(result); known && can_be_stored(*known)) {
        message_.tool_result = std::move(known);
      } else {
        keep("tool_result_json", result);
      }
    }
    message_.session_context = *parse_enum<SessionContext>(columns.name("session_context", SessionContext::direct));
    message_.agent_id = columns.text(limits::of<&Message::agent_id>);
    message_.timestamp = Timestamp(std::chrono::microseconds(columns.time()));
    message_.token_count = columns.count();
    message_.cost_usd = columns.cost();
    if (columns.integer() != 0) { kept += R"(,"evicted":true)"; }
    static_cast<void>(columns.integer());  // folded
    if (const std::int64_t turn = columns.integer(); turn != 0) { kept += R"(,"turn":)" + std::to_string(turn); }
    message_.metadata = JsonObject(kept + "}}");
    return message_;
  }

 private:
  /// Two of them are shorter than a metadata can be, although an escape needs six bytes.
  static constexpr std::size_t most_kept = limits::text / 16;

  Message message_{};
};

/// Returns a message without parts as a record of a stream.
[[nodiscard]] inline transfer::MessageRow message_row(const Message& message) {
  transfer::MessageRow row;
  row.role = to_string(message.role);
  row.content = message.content;
  if (!message.tool_calls.empty()) { row.tool_calls = transfer::JsonColumn{sql::json::encode(message.tool_calls)}; }
  row.tool_use_id = message.tool_use_id;
  if (message.tool_result) { row.tool_result = transfer::JsonColumn{sql::json::encode(*message.tool_result)}; }
  row.session_context = to_string(message.session_context);
  row.agent_id = message.agent_id;
  row.timestamp = microseconds_of(message.timestamp);
  row.token_count = message.token_count;
  row.cost_usd = message.cost_usd;
  row.metadata = message.metadata.text;
  return row;
}

}  // namespace heddle::adoption
