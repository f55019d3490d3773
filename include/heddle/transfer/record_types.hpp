// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/enum_names.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace heddle::transfer {

/// The types of the lines of a stream, in the order in which they stand in it.
enum class RecordType {
  header,
  session,
  branch,
  segment,
  summary,
  fold,
  message,
  tool_link,
  message_stream,
  message_chunk,
  tool_execution,
  usage,
  snapshot,
  error,
  artifact,
  content,
  content_chunk,
  artifact_version,
  artifact_quota,
  human_request,
  idempotency_key,
  result,
  trailer
};

inline constexpr std::size_t record_types = static_cast<std::size_t>(RecordType::trailer) + 1;

/// The tables of both databases that a stream has.
inline constexpr std::array<std::string_view, 22> moved_tables{
    "sessions",       "branches",          "segments",        "summaries",      "folds",
    "messages",       "tool_links",        "message_streams", "message_chunks", "tool_executions",
    "usage_by_day",   "memory_snapshots",  "agent_errors",    "artifacts",      "contents",
    "content_chunks", "artifact_versions", "content_usage",   "human_requests", "idempotency_keys",
    "sql_results",    "sql_result_images"};
/// Those that it has not: what is made of other tables, is under way, belongs to no tenant, or tells of erasures.
inline constexpr std::array<std::string_view, 14> other_tables{
    "search_queue",   "search_removals", "message_words",           "artifact_words",
    "search_state",   "search_rebuild",  "content_uploads",         "tenants",
    "imports",        "import_numbers",  "heddle_announcement_key", "erasures",
    "erasure_counts", "erasure_receipts"};

}  // namespace heddle::transfer

namespace heddle {

template <>
struct EnumNames<transfer::RecordType> {
  static constexpr std::array<std::string_view, transfer::record_types> values{
      "header",         "session",       "branch",          "segment",       "summary",        "fold",
      "message",        "tool_link",     "message_stream",  "message_chunk", "tool_execution", "usage",
      "snapshot",       "error",         "artifact",        "content",       "content_chunk",  "artifact_version",
      "artifact_quota", "human_request", "idempotency_key", "result",        "trailer"};
};

}  // namespace heddle
