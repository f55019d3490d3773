// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/loom_json.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/model/message.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/rows.hpp"

#include <chrono>
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
    Columns<Row> columns(row, "messages", notes);
    message_ = {};
    const std::int64_t id = columns.integer();
    message_.role = *parse_enum<Role>(columns.name("role", Role::user));
    message_.content = columns.text();
    std::string kept = R"({"loom":{"id":)" + std::to_string(id);
    const auto keep = [&](std::string_view column, const std::string& text) {
      notes.change("messages", column, "no JSON of the Go server: kept as text in the message's metadata");
      kept.append(",\"").append(column).append("\":");
      transfer::append_text(kept, text);
    };
    if (const std::string calls = columns.json(); !calls.empty()) {
      if (auto known = read_calls(calls)) {
        message_.tool_calls = std::move(*known);
      } else {
        keep("tool_calls_json", calls);
      }
    }
    message_.tool_use_id = columns.text();
    if (const std::string result = columns.json(); !result.empty()) {
      message_.tool_result = read_result(result);
      if (!message_.tool_result) { keep("tool_result_json", result); }
    }
    message_.session_context = *parse_enum<SessionContext>(columns.name("session_context", SessionContext::direct));
    message_.agent_id = columns.text();
    message_.timestamp = Timestamp(std::chrono::microseconds(columns.integer()));
    message_.token_count = columns.integer();
    message_.cost_usd = columns.real();
    if (columns.integer() != 0) { kept += R"(,"evicted":true)"; }
    static_cast<void>(columns.integer());  // folded
    if (const std::int64_t turn = columns.integer(); turn != 0) { kept += R"(,"turn":)" + std::to_string(turn); }
    message_.metadata = JsonObject(kept + "}}");
    return message_;
  }

 private:
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
