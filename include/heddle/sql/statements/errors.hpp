// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/stored_error.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for errors of tools.
template <class Sql>
struct ErrorStatements {
  using Text = std::string_view;

  /// Parameters: user, the error. Returns its id; no row if the id is in use.
  Statement<std::string, Text, Fields<StoredError>> insert{
      "INSERT INTO agent_errors (user_id, " + columns<StoredError>() + ") VALUES (?1, " + placeholders<StoredError>(2) +
      ") ON CONFLICT (user_id, id) DO NOTHING RETURNING id"};
  Statement<StoredError, Text, Text> find{select() + "WHERE user_id = ?1 AND id = ?2" + Sql::visible("agent_errors")};

  /// Parameters: user, first time, window. Newest first.
  Statement<StoredError, Text, Timestamp, Fields<TimeWindow>> list{select() + "WHERE user_id = ?1 AND timestamp >= ?2" +
                                                                   newest_in(WindowSql(3))};
  /// Parameters: user, tool, first time, window. Newest first.
  Statement<StoredError, Text, Text, Timestamp, Fields<TimeWindow>> list_of_tool{
      select() + "WHERE user_id = ?1 AND tool_name = ?2 AND timestamp >= ?3" + newest_in(WindowSql(4))};
  /// Parameters: user, session, tool or null, first time, window. Newest first.
  Statement<StoredError, Text, Text, std::optional<Text>, Timestamp, Fields<TimeWindow>> list_of_session{
      select() + "WHERE user_id = ?1 AND session_id = ?2 AND (?3 IS NULL OR tool_name = ?3) AND timestamp >= ?4" +
      newest_in(WindowSql(5))};

  Statement<NoRow, Text, Text> remove{"DELETE FROM agent_errors WHERE user_id = ?1 AND id = ?2" +
                                      Sql::visible("agent_errors")};
  /// Parameters: user, now, age in microseconds, maximum number. Removes errors of a greater age, the oldest first.
  Statement<NoRow, Text, Timestamp, std::int64_t, std::int64_t> prune_by_age{
      oldest_where("timestamp < " + Sql::present("?2") + " - ?3", "?4")};
  /// Parameters: user, now, age in microseconds, number to keep, maximum number. The same for errors of a greater age
  /// and those that are not among the newest.
  Statement<NoRow, Text, Timestamp, std::int64_t, std::int64_t, std::int64_t> prune{
      oldest_where("(timestamp < " + Sql::present("?2") +
                       " - ?3 OR (timestamp, id) <= (SELECT timestamp, id FROM agent_errors WHERE user_id = ?1" +
                       Sql::visible("agent_errors") + " ORDER BY timestamp DESC, id DESC LIMIT 1 OFFSET ?4))",
                   "?5")};

 private:
  static std::string select() { return "SELECT " + columns<StoredError>() + " FROM agent_errors "; }
  static std::string oldest_where(const std::string& condition, const std::string& count) {
    return "DELETE FROM agent_errors WHERE user_id = ?1 AND id IN (SELECT id FROM agent_errors WHERE user_id = ?1 "
           "AND " +
           condition + Sql::visible("agent_errors") + " ORDER BY timestamp, id LIMIT " + count + ")";
  }
  static std::string newest_in(const WindowSql& window) {
    return " AND (timestamp, id) < " + window.start() + Sql::visible("agent_errors") +
           " ORDER BY timestamp DESC, id DESC LIMIT " + window.rows();
  }
};

}  // namespace heddle::sql
