#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/message_stream.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/tool.hpp"
#include "snapshots/inputs.hpp"
#include "snapshots/snapshot.hpp"
#include "snapshots/stored.hpp"
#include "snapshots/writes.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

/// The inputs, writes and rows of forks, rewinds, folds, redactions, open calls and messages that are streamed; see
/// inputs.hpp.
namespace snapshots {
namespace inputs {

/// Messages that differ in everything that a row of the snapshot has.
inline std::vector<Message> line_of_messages() {
  std::vector<Message> list(6);
  for (std::size_t index = 0; index < list.size(); ++index) {
    list[index].content = "message " + std::to_string(index + 1);
    list[index].timestamp = past(60 + static_cast<int>(index));
  }
  list[4].role = Role::assistant;
  list[4].tool_calls = {tool_call("open 1", "search", "{}"), tool_call("open 2", "noop", "{}")};
  return list;
}

inline Session forked_session() {
  Session session = named_session("fork");
  session.name = "a fork";
  session.agent_id = "an agent";
  session.context = {R"({"forked":  true})"};
  session.total_tokens = 7;
  return session;
}

inline MemorySnapshot fold_summary(const std::string& id) {
  MemorySnapshot summary = memory_snapshot();
  summary.id = id;
  summary.session_id = "trunk";
  return summary;
}

inline Message streamed_message() {
  Message message;
  message.role = Role::assistant;
  message.agent_id = "writer";
  message.timestamp = past(70);
  return message;
}

}  // namespace inputs

/// Writes them. A second run changes nothing.
template <class Backend>
void write_branches(Backend& backend) {
  using namespace inputs;
  auto& sessions = backend.session_storage();
  // The second run repeats what has a key. Messages without one would be appended again.
  const bool repeats = sessions.load_session(tenant, "trunk").has_value();
  if (!repeats) {
    sessions.save_session(tenant, named_session("trunk"));
    sessions.save_messages(tenant, "trunk", line_of_messages());
  }
  sessions.fork_session(tenant, "trunk", 2, forked_session(), key("fork_session"));
  sessions.fold_messages(tenant, "trunk", {.first = 1, .last = 2}, fold_summary("inner"), append_key("fold_messages"));
  AppendOptions expecting = append_key("fold_messages, expected");
  expecting.expected = SessionEnd{.branch = 1, .sequence = 6};
  sessions.fold_messages(tenant, "trunk", {.first = 1, .last = 3}, fold_summary("outer"), expecting);
  sessions.redact_messages(tenant, "trunk", {.first = 2, .last = 2}, "a reason", key("redact_messages"));
  sessions.rewind_session(tenant, "trunk", 3, append_key("rewind_session"));
  sessions.restore_branch(tenant, "trunk", 1, append_key("restore_branch"));
  sessions.close_tool_calls(tenant, "trunk", tool_error(), append_key("close_tool_calls"));

  auto& streams = backend.stream_store();
  if (!repeats) { sessions.save_session(tenant, named_session("streams")); }
  MessageStream growing = streams.begin(tenant, "streams", streamed_message(), append_key("begin_stream"),
                                        std::chrono::milliseconds(12'345));
  if (growing.text.empty()) { streams.append(tenant, growing, "so far"); }
  MessageStream ended{
      .session_id = "streams", .at = {.branch = 1, .sequence = 2}, .text = "an end", .begun_at = past(70)};
  if (!repeats) {
    ended = streams.begin(tenant, "streams", streamed_message());
    streams.append(tenant, ended, "an end");
  }
  Message whole = message();
  whole.content = "";
  streams.finish(tenant, ended, whole, key("finish_stream"));
}

/// Returns what the writes of `write_branches` stored, with the keys.
template <class RowsOf>
std::string stored_branches(RowsOf&& rows_of) {
  Paragraphs paragraphs;
  const auto add = [&](const std::string& table, const std::string& sql) {
    for (const Row& row : rows_of(sql)) { paragraphs.add(table, lines_of(row)); }
  };
  add("sessions",
      "SELECT user_id, id, name, agent_id, context, CAST(1000 * total_cost_usd AS integer) AS cost, total_tokens, "
      "last_sequence, branch, branch_first "
      "FROM sessions ORDER BY id");
  add("branches",
      "SELECT s.id, b.branch, b.first_sequence, b.last_sequence, CASE WHEN b.hidden_at IS NULL THEN 0 ELSE 1 END AS "
      "hidden FROM branches b JOIN sessions s ON s.user_id = b.user_id AND s.number = b.session_number "
      "ORDER BY s.id, b.branch");
  add("segments",
      "SELECT s.id, b.branch, g.first_sequence, g.last_sequence, o.id AS source, c.branch AS branch_of_source "
      "FROM segments g JOIN branches b ON b.number = g.branch_number JOIN sessions s ON s.number = b.session_number "
      "JOIN branches c ON c.number = g.source_number JOIN sessions o ON o.number = c.session_number "
      "ORDER BY s.id, b.branch, g.first_sequence");
  add("folds",
      "SELECT s.id, b.branch, f.outer_last, f.last_sequence, f.first_sequence, u.content, u.token_count "
      "FROM folds f JOIN branches b ON b.number = f.branch_number JOIN sessions s ON s.number = b.session_number "
      "LEFT JOIN summaries u ON u.number = f.summary_number "
      "ORDER BY s.id, b.branch, f.outer_last, f.last_sequence, f.first_sequence");
  add("memory_snapshots",
      "SELECT id, session_id, snapshot_type, content, token_count FROM memory_snapshots ORDER BY id");
  add("messages",
      "SELECT role, content, tool_calls, tool_use_id, tool_result, redacted, stream, agent_id "
      "FROM messages WHERE timestamp < 1710000000000000 ORDER BY timestamp, content");
  add("messages of calls that were closed",
      "SELECT role, content, tool_use_id, tool_result FROM messages "
      "WHERE timestamp > 1710000000000000 ORDER BY tool_use_id");
  add("tool_links", "SELECT position, call_id, is_result FROM tool_links ORDER BY call_id, is_result, position");
  add("message_streams", "SELECT writer, silence, size FROM message_streams");
  add("message_chunks", "SELECT start, text FROM message_chunks");
  return stored_keys(rows_of) + "\n" + paragraphs.text();
}

}  // namespace snapshots
