// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::adoption {

/// A table of the source with the names of its columns.
struct SourceTable {
  std::string name{};
  std::vector<std::string> columns{};

  [[nodiscard]] bool has(std::string_view column) const noexcept {
    return std::find(columns.begin(), columns.end(), column) != columns.end();
  }
};

/// The form in which a column is selected.
enum class Form {
  text,
  integer,
  real,
  flag,         ///< 0 or 1
  time,         ///< microseconds; SQLite has seconds
  milliseconds  ///< microseconds; SQLite has milliseconds
};

/// A column that is selected. One that the table lacks is selected as null.
struct Wish {
  std::string_view name;
  Form form = Form::text;
};

/// The columns of a table that are understood. Others are reported.
struct KnownTable {
  std::string_view name;
  std::span<const Wish> columns;
};

namespace known {

inline constexpr std::array sessions{Wish{"id"},
                                     Wish{"name"},
                                     Wish{"agent_id"},
                                     Wish{"parent_session_id"},
                                     Wish{"context_json"},
                                     Wish{"created_at", Form::time},
                                     Wish{"updated_at", Form::time},
                                     Wish{"total_cost_usd", Form::real},
                                     Wish{"total_tokens", Form::integer},
                                     Wish{"deleted_at", Form::time}};
inline constexpr std::array messages{Wish{"id", Form::integer},
                                     Wish{"role"},
                                     Wish{"content"},
                                     Wish{"tool_calls_json"},
                                     Wish{"tool_use_id"},
                                     Wish{"tool_result_json"},
                                     Wish{"session_context"},
                                     Wish{"agent_id"},
                                     Wish{"timestamp", Form::time},
                                     Wish{"token_count", Form::integer},
                                     Wish{"cost_usd", Form::real},
                                     Wish{"evicted", Form::flag},
                                     Wish{"folded", Form::flag},
                                     Wish{"turn", Form::integer}};
inline constexpr std::array tool_executions{Wish{"session_id"},
                                            Wish{"tool_name"},
                                            Wish{"input_json"},
                                            Wish{"result_json"},
                                            Wish{"error"},
                                            Wish{"execution_time_ms", Form::integer},
                                            Wish{"timestamp", Form::time},
                                            Wish{"admission_decision"}};
/// Those of a snapshot that is the summary of a fold.
inline constexpr std::array folds{Wish{"content"}, Wish{"token_count", Form::integer}, Wish{"created_at", Form::time}};
inline constexpr std::array memory_snapshots{Wish{"id"},
                                             Wish{"session_id"},
                                             Wish{"snapshot_type"},
                                             Wish{"content"},
                                             Wish{"token_count", Form::integer},
                                             Wish{"created_at", Form::time}};
inline constexpr std::array agent_errors{Wish{"id"},         Wish{"timestamp", Form::time},
                                         Wish{"session_id"}, Wish{"tool_name"},
                                         Wish{"raw_error"},  Wish{"short_summary"}};
inline constexpr std::array artifacts{Wish{"id"},
                                      Wish{"name"},
                                      Wish{"path"},
                                      Wish{"source"},
                                      Wish{"source_agent_id"},
                                      Wish{"purpose"},
                                      Wish{"content_type"},
                                      Wish{"size_bytes", Form::integer},
                                      Wish{"checksum"},
                                      Wish{"created_at", Form::time},
                                      Wish{"updated_at", Form::time},
                                      Wish{"last_accessed_at", Form::time},
                                      Wish{"access_count", Form::integer},
                                      Wish{"tags"},
                                      Wish{"metadata_json"},
                                      Wish{"deleted_at", Form::time},
                                      Wish{"session_id"}};
inline constexpr std::array human_requests{Wish{"id"},
                                           Wish{"agent_id"},
                                           Wish{"session_id"},
                                           Wish{"question"},
                                           Wish{"context_json"},
                                           Wish{"request_type"},
                                           Wish{"priority"},
                                           Wish{"timeout_ms", Form::integer},
                                           Wish{"created_at", Form::milliseconds},
                                           Wish{"expires_at", Form::milliseconds},
                                           Wish{"status"},
                                           Wish{"response"},
                                           Wish{"response_data_json"},
                                           Wish{"responded_at", Form::milliseconds},
                                           Wish{"responded_by"},
                                           Wish{"kind"},
                                           Wish{"summary"},
                                           Wish{"params_json"},
                                           Wish{"params_truncated", Form::flag}};
inline constexpr std::array sql_result_metadata{Wish{"id"}, Wish{"table_name"}, Wish{"columns_json"},
                                                Wish{"stored_at", Form::time}, Wish{"accessed_at", Form::time}};

/// The tables that are adopted.
inline constexpr std::array tables{
    KnownTable{"sessions", sessions},
    KnownTable{"messages", messages},
    KnownTable{"tool_executions", tool_executions},
    KnownTable{"memory_snapshots", memory_snapshots},
    KnownTable{"agent_errors", agent_errors},
    KnownTable{"artifacts", artifacts},
    KnownTable{"human_requests", human_requests},
    KnownTable{"sql_result_metadata", sql_result_metadata},
};

/// Columns that the source needs for itself, or makes of others.
inline constexpr std::array<std::string_view, 8> own_columns{
    "id", "session_id", "user_id", "content_search", "artifact_search", "row_count", "column_count", "size_bytes"};

/// Full-text tables, which are made of others, and the source's own list of migrations.
inline constexpr std::array<std::string_view, 6> derived_tables{
    "messages_fts5", "artifacts_fts5", "graph_memories_fts", "graph_entities_fts", "tasks_fts", "schema_migrations"};

}  // namespace known

/// The last versions of the source's schema that are understood, and the first one on PostgreSQL.
inline constexpr std::int64_t last_file_schema = 8;
inline constexpr std::int64_t first_server_schema = 9;
inline constexpr std::int64_t last_server_schema = 23;

/// Returns the name of the table with the rows of a result. What its description says is no proof: a tenant can have
/// written the name of a table that has rows of others.
[[nodiscard]] inline std::string result_table(std::string_view id) { return "tool_result_" + std::string(id); }

/// Returns the SELECT list for these columns of a table.
template <class Source>
[[nodiscard]] std::string select_list(const SourceTable& table, std::span<const Wish> wishes) {
  std::string list;
  for (const Wish& wish : wishes) {
    if (!list.empty()) { list += ", "; }
    list += table.has(wish.name) ? Source::expression(wish) : "NULL";
  }
  return list;
}

}  // namespace heddle::adoption
