#pragma once

#include "snapshots/snapshot.hpp"

#include <optional>
#include <regex>
#include <string>
#include <utility>
#include <vector>

namespace snapshots {

/// A row of the database: names of columns, and values as text or null.
using Row = std::vector<std::pair<std::string, std::optional<std::string>>>;

/// Replaces what differs in every run: generated ids, times of the clock, and the image's parts that depend on the
/// version of SQLite.
inline std::string lasting(std::string text) {
  static const std::vector<std::pair<std::regex, std::string>> changing{
      {std::regex(R"(^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$)"), "<an id>"},
      {std::regex(R"(^err_[0-9]{8}_[0-9]{6}_[0-9a-f]{6}$)"), "<an id>"},
      {std::regex(R"re(^\{"id":"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")re"), R"({"id":"<an id>")"},
      {std::regex(R"re("size_bytes":[1-9][0-9]*,"location":"database","checksum":"[0-9a-f]{64}")re"),
       R"("size_bytes":<bytes>,"location":"database","checksum":"<SHA-256>")"},
      {std::regex(R"re("stored_at":[1-9][0-9]{15}\}$)re"), R"("stored_at":<now>})"}};
  for (const auto& [pattern, word] : changing) { text = std::regex_replace(text, pattern, word); }
  return text;
}

/// Returns a row as lines.
inline std::string lines_of(const Row& row) {
  std::string text;
  for (const auto& [column, value] : row) {
    if (!text.empty()) { text += '\n'; }
    text.append(column).append(value ? "=" + *value : " is null");
  }
  return text;
}

/// Returns what is stored with the idempotency keys. `rows_of(sql)` runs SQL without the library.
template <class RowsOf>
std::string stored_keys(RowsOf&& rows_of) {
  Paragraphs paragraphs;
  for (Row row : rows_of("SELECT key, user_id, session_id, operation, fingerprint, answer_number, answer_text "
                         "FROM idempotency_keys ORDER BY key")) {
    auto& answer = row.back().second;
    answer = lasting(answer.value_or(""));
    const std::string key = row.front().second.value_or("");
    row.erase(row.begin());
    paragraphs.add(key, lines_of(row));
  }
  return paragraphs.text();
}

/// Returns what the writes of `write_everything` stored besides the keys: all columns except those with the time of the
/// clock.
template <class RowsOf>
std::string stored_rows(RowsOf&& rows_of) {
  Paragraphs paragraphs;
  const auto add = [&](const std::string& table, const std::string& columns, const std::string& condition,
                       const std::string& order) {
    for (const Row& row :
         rows_of("SELECT " + columns + " FROM " + table + " WHERE " + condition + " ORDER BY " + order)) {
      paragraphs.add(table, lines_of(row));
    }
  };
  add("sessions",
      "user_id, id, name, agent_id, parent_session_id, context, created_at, total_cost_usd, total_tokens, "
      "last_sequence",
      "id = 'session'", "id");
  // The others have the time of the clock.
  add("messages",
      "role, content, content_blocks, tool_calls, tool_use_id, tool_result, session_context, agent_id, timestamp, "
      "token_count, cost_usd",
      "timestamp < 1710000000000000", "timestamp");
  add("tool_executions", "user_id, session_id, tool_name, input, result, error, execution_time_ms, timestamp",
      "timestamp < 1710000000000000", "timestamp");
  add("memory_snapshots", "user_id, id, session_id, snapshot_type, content, token_count, created_at", "id = 'snapshot'",
      "id");
  add("agent_errors", "user_id, id, timestamp, session_id, tool_name, raw_error, short_summary", "id = 'error'", "id");
  add("artifacts",
      "user_id, id, name, path, source, source_agent_id, purpose, content_type, size_bytes, checksum, created_at, "
      "last_accessed_at, access_count, tags, metadata, deleted_at, session_id",
      "id IN ('artifact', 'changed')", "id");
  add("artifacts", "user_id, id, source, access_count", "id = 'hidden' AND deleted_at > 1710000000000000", "id");
  add("sql_results",
      "user_id, id, table_name, row_count, column_count, columns, preview, metadata, "
      "expires_at - stored_at AS time_to_live",
      "id = 'result'", "id");
  add("human_requests",
      "user_id, id, agent_id, session_id, question, context, request_type, priority, timeout_ms, created_at, "
      "expires_at, status, response, response_data, responded_by",
      "id IN ('approved', 'late', 'rejected', 'responded', 'updated')", "id");
  add("human_requests",
      "user_id, id, priority, created_at, status, response, response_data, responded_by, kind, summary, parameters, "
      "urgency",
      "id IN ('cancelled', 'described', 'ended', 'removed')", "id");
  return paragraphs.text();
}

}  // namespace snapshots
