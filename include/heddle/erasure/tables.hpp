// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <array>
#include <string_view>

namespace heddle::erasure {

/// The tables from which an erasure removes rows by the user that they name, on both databases.
inline constexpr std::array<std::string_view, 17> named_tables{
    "sessions",          "branches",          "tool_executions", "usage_by_day",     "memory_snapshots",
    "agent_errors",      "artifacts",         "contents",        "content_chunks",   "content_uploads",
    "content_usage",     "artifact_versions", "human_requests",  "idempotency_keys", "sql_results",
    "sql_result_images", "import_numbers"};
/// Those whose rows are found through branches where they name no user, as on SQLite: a branch goes after them.
inline constexpr std::array<std::string_view, 7> keyed_tables{
    "segments", "summaries", "folds", "messages", "tool_links", "message_streams", "message_chunks"};
/// Those of SQLite's full-text indexes that name a user.
inline constexpr std::array<std::string_view, 3> index_tables{"search_queue", "search_removals", "tenants"};

/// The full-text indexes of SQLite, with the tables that FTS5 names after them: their rows follow the messages and
/// artifacts, and their bytes leave the file with a scrub.
inline constexpr std::array<std::string_view, 4> index_words{"message_words", "message_words_next",
                                                             "message_words_former", "artifact_words"};
/// What no erasure removes, or only at its end.
inline constexpr std::array<std::string_view, 8> exceptions{
    // Of the erasure itself: removed in the transaction that stores the receipt.
    "imports", "erasures", "erasure_counts",
    // Names a tenant by a digest.
    "erasure_receipts",
    // Of no tenant.
    "search_state", "search_rebuild", "heddle_announcement_key", "heddle_migrations"};

}  // namespace heddle::erasure
