#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"
#include "snapshots/inputs.hpp"
#include "snapshots/snapshot.hpp"
#include "snapshots/stored.hpp"
#include "snapshots/writes.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// The inputs, writes and rows of messages with parts; see inputs.hpp.
namespace snapshots {
namespace inputs {

/// A part with a value in every member, whatever its kind uses.
inline Part part(PartKind kind) {
  const std::string name(to_string(kind));
  Part part;
  part.kind = kind;
  part.text = "text of " + name;
  part.signature = "signature of " + name;
  part.redacted = "redacted of " + name;
  part.call = tool_call("call of " + name, "search", R"({"n": 1.0})");
  part.call_id = "answered by " + name;
  part.result = tool_result(DataLocation::disk);
  part.media_type = "image/png";
  part.data = "aGVsbG8=";
  part.url = "https://example.org/" + name;
  part.file_id = "file of " + name;
  part.artifact_id = "artifact of " + name;
  part.provider_kind = "kind of " + name;
  part.json = {R"({"type":  "new", "cut)"};
  part.extra = {R"({"cache_control":  {"type":"ephemeral"}})"};
  return part;
}

/// A message with two parts of every kind, and what its provider says of it.
inline Message whole_message() {
  Message message = inputs::message();
  message.timestamp = past(50);
  for (std::size_t kind = 0; kind < EnumNames<PartKind>::values.size(); ++kind) {
    message.parts.push_back(part(static_cast<PartKind>(kind)));
    message.parts.push_back(part(static_cast<PartKind>(kind)));
  }
  message.provider_id = "id of the provider";
  message.model = "a model";
  message.stop_reason = "end_turn";
  message.usage.input_tokens = 11;
  message.usage.output_tokens = 12;
  message.usage.cached_read_tokens = 13;
  message.usage.cached_write_tokens = 14;
  message.usage.reasoning_tokens = 15;
  message.metadata = {R"({"b": 2,  "a": [1.50]})"};
  return message;
}

/// A message without parts.
inline Message message_of_provider() {
  Message message;
  message.timestamp = past(51);
  message.content = "of a provider";
  message.model = "a model";
  message.usage.output_tokens = 1;
  return message;
}

/// A message with one part that has only its text.
inline Message one_part() {
  Message message;
  message.timestamp = past(52);
  Part text;
  text.text = "one part";
  message.parts = {text};
  return message;
}

inline ToolExecution called_execution() {
  ToolExecution execution = tool_execution();
  execution.timestamp = past(53);
  execution.call_id = "call 1";
  execution.started_at = past(54);
  execution.ended_at = past(55);
  return execution;
}

}  // namespace inputs

/// Writes messages with parts and with what a provider says of them, and an execution with its call. A second run
/// changes nothing.
template <class Backend>
void write_whole_messages(Backend& backend) {
  using namespace inputs;
  auto& sessions = backend.session_storage();
  sessions.save_session(tenant, named_session("whole"), key("save_session, whole"));
  sessions.save_message(tenant, "whole", whole_message(), append_key("save_message, whole"));
  sessions.save_messages(tenant, "whole", std::vector<Message>{message_of_provider(), one_part()},
                         append_key("save_messages, whole"));
  sessions.save_tool_execution(tenant, "whole", called_execution(), key("save_tool_execution, called"));
}

/// Returns what the writes of `write_whole_messages` stored, with the keys.
template <class RowsOf>
std::string stored_whole_messages(RowsOf&& rows_of) {
  Paragraphs paragraphs;
  const auto add = [&](const std::string& table, const std::string& sql) {
    for (const Row& row : rows_of(sql)) { paragraphs.add(table, lines_of(row)); }
  };
  add("messages",
      "SELECT role, content, content_blocks, tool_calls, tool_use_id, tool_result, parts, provider_id, model, "
      "stop_reason, input_tokens, output_tokens, cached_read_tokens, cached_write_tokens, reasoning_tokens, metadata, "
      "timestamp FROM messages ORDER BY timestamp");
  add("tool_executions",
      "SELECT tool_name, call_id, started_at, ended_at, timestamp FROM tool_executions ORDER BY timestamp");
  add("usage_by_day",
      "SELECT user_id, session_id, model, day, messages, input_tokens, output_tokens, cached_read_tokens, "
      "cached_write_tokens, reasoning_tokens, cost_usd FROM usage_by_day ORDER BY model, day");
  return stored_keys(rows_of) + "\n" + paragraphs.text();
}

}  // namespace snapshots
