#pragma once

#include "heddle/context.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/model/tool.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/// The inputs of the snapshots of stored data. They never change: databases contain what was made of these values.
/// Every member of every struct has a distinct value that is not its default, so that an exchange of two members is
/// detected. Members are set by name, so that the order of a struct does not matter. Members that are added later keep
/// their defaults here and get inputs of their own.
namespace snapshots::inputs {

using namespace heddle;

inline const Context tenant = Context::for_user("tenant");

/// Returns a time in 2023, this many seconds after a fixed one.
inline Timestamp past(int seconds) {
  return Timestamp{std::chrono::microseconds{1'700'000'000'123'456}} + std::chrono::seconds{seconds};
}
/// A time in 2100: requests with that creation time are open.
inline Timestamp future(int seconds) {
  return Timestamp{std::chrono::microseconds{4'102'444'800'654'321}} + std::chrono::seconds{seconds};
}

inline Session named_session(const std::string& id) {
  Session session;
  session.id = id;
  return session;
}

inline DataReference data_reference(DataLocation location) {
  DataReference reference;
  reference.id = "reference";
  reference.size_bytes = 9'876'543'210;
  reference.location = location;
  reference.checksum = "00ff";
  reference.compressed = true;
  reference.content_type = "text/csv";
  reference.metadata = {{"first", "1"}, {"second", "zwei"}};
  reference.stored_at = past(1);
  return reference;
}

inline ToolError tool_error() {
  ToolError error;
  error.code = "E42";
  error.message = "it broke";
  error.details = {R"({"why": "because"})"};
  error.retryable = true;
  error.suggestion = "try again";
  return error;
}

inline ToolResult tool_result(DataLocation location) {
  ToolResult result;
  result.success = true;
  result.data = {R"([1.0, null, "x"])"};
  result.error = tool_error();
  result.metadata = {R"({"k": [1,2]})"};
  result.execution_time_ms = std::chrono::milliseconds{1'234'567};
  result.cache_hit = true;
  result.data_reference = data_reference(location);
  return result;
}

inline ContentBlock content_block(ContentKind kind, const std::string& value, const std::string& media_type) {
  ContentBlock block;
  block.kind = kind;
  block.value = value;
  block.media_type = media_type;
  return block;
}

inline ToolCall tool_call(const std::string& id, const std::string& name, const std::string& input) {
  ToolCall call;
  call.id = id;
  call.name = name;
  call.input = {input};
  call.thought_signature = "signature of " + id;
  return call;
}

inline Message message() {
  Message message;
  message.role = Role::assistant;
  message.content = "Gr\u00fc\u00dfe, \u4e16\u754c \U0001F600 \"quoted\" \\ back";
  message.content_blocks = {content_block(ContentKind::text, "a\tb\nc\x01 / \\ \"d\" \u00e9", "text/plain"),
                            content_block(ContentKind::image_base64, "aGVsbG8=", "image/png"),
                            content_block(ContentKind::image_url, "https://example.org/a.png", "image/jpeg")};
  message.tool_calls = {tool_call("call 1", "search", R"({"q": "a\"b", "n": 1.0, "big": 12345678901234567890})"),
                        tool_call("call 2", "noop", "{}")};
  message.tool_use_id = "call 0";
  message.tool_result = tool_result(DataLocation::disk);
  message.session_context = SessionContext::shared;
  message.agent_id = "writer";
  message.timestamp = past(2);
  message.token_count = 17;
  message.cost_usd = 0.125;
  message.session_id = "not stored";
  message.sequence = 99;
  return message;
}

/// Messages with the other roles, contexts and locations.
inline std::vector<Message> messages() {
  std::vector<Message> list(3);
  list[0].role = Role::system;
  list[0].session_context = SessionContext::direct;
  list[0].tool_result = ToolResult{};
  list[1].role = Role::user;
  list[1].session_context = SessionContext::coordinator;
  list[1].tool_result = tool_result(DataLocation::memory);
  list[2].role = Role::tool;
  list[2].tool_result = tool_result(DataLocation::database);
  list[2].tool_calls = {ToolCall{}};
  list[2].content_blocks = {ContentBlock{}};
  int seconds = 10;
  for (Message& message : list) {
    message.timestamp = past(seconds++);
    message.cost_usd = 0.5;
  }
  return list;
}

inline ToolExecution tool_execution() {
  ToolExecution execution;
  execution.tool_name = "search";
  execution.input = {R"({"query":  "words"})"};
  execution.result = tool_result(DataLocation::disk);
  execution.error = "a text";
  execution.execution_time_ms = std::chrono::milliseconds{321};
  execution.timestamp = past(3);
  execution.session_id = "not stored";
  return execution;
}

inline ToolExecution failed_execution() {
  ToolExecution execution;
  execution.tool_name = "other";
  execution.timestamp = past(4);
  return execution;
}

inline Turn turn() {
  Turn turn;
  turn.messages = {message(), message()};
  turn.messages[0].timestamp = past(20);
  turn.messages[1].timestamp = past(21);
  turn.messages[1].content = "second";
  turn.executions = {tool_execution(), failed_execution()};
  turn.executions[0].timestamp = past(22);
  turn.executions[1].timestamp = past(23);
  return turn;
}

inline Session session() {
  Session session;
  session.id = "session";
  session.name = "a name";
  session.agent_id = "an agent";
  session.parent_session_id = "parent";
  session.context = {R"({"b": 2,  "a": [1.50]})"};
  session.created_at = past(5);
  session.updated_at = past(6);
  session.total_cost_usd = 2.5;
  session.total_tokens = 1000;
  session.last_sequence = 77;
  session.user_id = "not stored";
  session.messages.items = {message()};
  session.messages.next = "not stored";
  return session;
}

inline MemorySnapshot memory_snapshot() {
  MemorySnapshot snapshot;
  snapshot.id = "snapshot";
  snapshot.session_id = "session";
  snapshot.snapshot_type = "summary";
  snapshot.content = "what was said";
  snapshot.token_count = 12;
  snapshot.created_at = past(7);
  return snapshot;
}

inline StoredError stored_error() {
  StoredError error;
  error.id = "error";
  error.timestamp = past(8);
  error.session_id = "session";
  error.tool_name = "search";
  error.raw_error = "no JSON: \"quoted\"\nsecond line";
  error.short_summary = "it failed";
  return error;
}

inline Artifact artifact(const std::string& id, ArtifactSource source) {
  Artifact artifact;
  artifact.id = id;
  artifact.name = "report.csv";
  artifact.path = "/nowhere/" + id;
  artifact.source = source;
  artifact.source_agent_id = "agent of the source";
  artifact.purpose = "a purpose";
  artifact.content_type = "text/csv";
  artifact.size_bytes = 4096;
  artifact.checksum = "ab12";
  artifact.created_at = past(30);
  artifact.updated_at = past(31);
  artifact.last_accessed_at = past(32);
  artifact.access_count = 5;
  artifact.tags = {"one", "zwei \"2\"", "\u00e9t\u00e9"};
  artifact.metadata = {{"key", "value"}, {"other", "tab\there"}};
  artifact.deleted_at = past(33);
  artifact.session_id = "session";
  return artifact;
}

inline NewResult result() {
  NewResult result;
  result.id = "result";
  result.table_name = "numbers";
  result.table.columns = {"a", "b \"2\""};
  result.table.rows = {{std::monostate{}, true}, {std::int64_t{-7}, 2.5}, {std::string("text"), false}};
  result.time_to_live = std::chrono::hours{24 * 3650};
  result.metadata = {{"source", "a query"}};
  return result;
}

/// An open request.
inline HumanRequest human_request(const std::string& id, RequestType type, RequestPriority priority) {
  HumanRequest request;
  request.id = id;
  request.agent_id = "asking agent";
  request.session_id = "session";
  request.question = "May I?";
  request.context = {R"({"risk":  "low"})"};
  request.request_type = type;
  request.priority = priority;
  request.timeout_ms = std::chrono::milliseconds{60'000};
  request.created_at = future(1);
  request.expires_at = future(2);
  return request;
}

inline HumanResponse human_response(RequestStatus status) {
  HumanResponse response;
  response.status = status;
  response.response = "Yes.";
  response.response_data = {R"({"limit":  10})"};
  response.responded_by = "a human";
  return response;
}

}  // namespace snapshots::inputs
