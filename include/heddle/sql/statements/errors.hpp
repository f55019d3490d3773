// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/stored_error.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sql {

/// Errors of tools in the SQL of a backend.
template <class Sql>
struct ErrorStatements {
  using Text = std::string_view;

  using Stored = Only<&StoredError::id, &StoredError::timestamp, &StoredError::session_id, &StoredError::tool_name,
                      &StoredError::raw_error, &StoredError::short_summary>;

  /// user, id, time, session or null, tool, JSON, summary: returns the id, or no row if it is taken.
  Statement<std::string, Text, Text, Timestamp, std::optional<Text>, Text, Text, Text> insert{
      "INSERT INTO agent_errors (user_id, " + columns<Stored>() + ") VALUES (?1, " + placeholders<Stored>(2) +
      ") ON CONFLICT (user_id, id) DO NOTHING RETURNING id"};
  Statement<StoredError, Text, Text> find{select() + "WHERE user_id = ?1 AND id = ?2" + Sql::visible("agent_errors")};

  /// user, from this time on, before this time and id, limit: newest first.
  Statement<StoredError, Text, Timestamp, Timestamp, Text, std::int64_t> list{
      select() + "WHERE user_id = ?1 AND timestamp >= ?2 AND (timestamp, id) < (?3, ?4)" + newest("?5")};
  /// user, tool, from this time on, before this time and id, limit: newest first.
  Statement<StoredError, Text, Text, Timestamp, Timestamp, Text, std::int64_t> list_of_tool{
      select() + "WHERE user_id = ?1 AND tool_name = ?2 AND timestamp >= ?3 AND (timestamp, id) < (?4, ?5)" +
      newest("?6")};
  /// user, session, tool or null, from this time on, before this time and id, limit: newest first.
  Statement<StoredError, Text, Text, std::optional<Text>, Timestamp, Timestamp, Text, std::int64_t> list_of_session{
      select() +
      "WHERE user_id = ?1 AND session_id = ?2 AND (?3 IS NULL OR tool_name = ?3) AND timestamp >= ?4 "
      "AND (timestamp, id) < (?5, ?6)" +
      newest("?7")};

 private:
  static std::string select() { return "SELECT " + columns<StoredError>() + " FROM agent_errors "; }
  static std::string newest(const std::string& limit) {
    return Sql::visible("agent_errors") + " ORDER BY timestamp DESC, id DESC LIMIT " + limit;
  }
};

}  // namespace heddle::sql
