// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/session_value.hpp"
#include "heddle/sql/statements/updated_at.hpp"
#include "heddle/sql/turn_rows.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statement that notes a call or a result of a message.
template <class Sql>
struct ToolLinkStatements {
  using Text = std::string_view;

  /// Parameters: user, session, distance from the last sequence, position in the message, id of the call, 1 for a
  /// result and 0 for a call.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, Text, std::int64_t> add{
      "INSERT INTO tool_links (" + Sql::key_columns() + ", position, call_id, is_result) SELECT " +
      Sql::key_values("s", "s.last_sequence - ?3") + ", ?4, ?5, ?6 FROM sessions s WHERE s.user_id = ?1 AND s.id = ?2"};
};

/// The statements on calls without a result. A result ends the newest open call of its id before it: so a call is open
/// if, from it on, the results of its id never outnumber the calls.
template <class Sql>
struct ToolCallStatements {
  using Text = std::string_view;

  /// Parameters: user, limit, offset. The open calls of all sessions, in the order of the sessions' creation.
  Statement<StoredToolCall, Text, std::int64_t, std::int64_t> list{with_open({}) + select("?2", "?3")};
  /// Parameters: user, session, limit, offset. Those of one session.
  Statement<StoredToolCall, Text, Text, std::int64_t, std::int64_t> list_of_session{with_open(" AND s.id = ?2") +
                                                                                    select("?3", "?4")};

  // The next four close all open calls of a session that is locked, in this order, each call with a message of its own.
  // `insert` alone decides which calls are open: between two statements another session can change a message that both
  // share, by a redaction or the end of a stream. The messages behind the session's end are those that it has inserted.

  /// Parameters: user, session. No row if the session has no sequence numbers for all of them.
  Statement<std::int64_t, Text, Text> has_room{
      with_open(" AND s.id = ?2") + "SELECT 1 FROM sessions s WHERE " + session() +
      " AND s.last_sequence + (SELECT count(*) FROM opened) <= " + std::to_string(limits::sequence)};
  /// Parameters: user, session, result, text, time, the text to search. Inserts the messages.
  Statement<NoRow, Text, Text, Text, Text, Timestamp, SearchText> insert{
      "INSERT INTO messages (" + Sql::key_columns() +
      ", role, content, tool_use_id, tool_result, session_context, agent_id, timestamp, token_count, cost_usd" +
      Sql::search_columns() + ") " + with_open(" AND s.id = ?2") + "SELECT " +
      Sql::key_values("s", "s.last_sequence + row_number() OVER (ORDER BY o.sequence, o.position)") +
      ", 'tool', ?4, o.call_id, ?3, 'direct', '', ?5, 0, 0.0" + Sql::search_values(6) +
      " FROM opened o JOIN sessions s ON " + session()};
  /// Parameters: user, session. Notes their results.
  Statement<NoRow, Text, Text> link{"INSERT INTO tool_links (" + Sql::key_columns() +
                                    ", position, call_id, is_result) SELECT " + Sql::key_of("m") +
                                    ", 0, m.tool_use_id, 1 FROM messages m WHERE " +
                                    behind(session_value("branch_number"), session_value("last_sequence"))};
  /// Parameters: user, session, time. Moves the end of the session behind them.
  Statement<NoRow, Text, Text, Timestamp> take{
      "UPDATE sessions SET last_sequence = last_sequence + (SELECT count(*) FROM messages m WHERE " +
      behind_end("sessions") + "), updated_at = " + updated<Sql>("?3") + " WHERE user_id = ?1 AND id = ?2" +
      Sql::shown("sessions") + " AND (SELECT count(*) FROM messages m WHERE " + behind_end("sessions") + ") > 0"};

 protected:
  static std::string session() { return "s.user_id = ?1 AND s.id = ?2"; }
  /// The message `m` is behind the end of a session.
  static std::string behind_end(const std::string& session) {
    return behind(session + ".branch_number", session + ".last_sequence");
  }
  static std::string behind(const std::string& branch, const std::string& end) {
    return Sql::keys_between("m", branch, "(" + end + " + 1)", std::to_string(limits::sequence));
  }

 private:
  static std::string with_open(const std::string& condition) {
    const std::string of_call = " OVER (PARTITION BY number, call_id ORDER BY sequence, position";
    return "WITH links AS (SELECT s.id AS session_id, s.number, g.source_number, " + Sql::sequence_of("l") +
           " AS sequence, l.position, l.call_id, l.is_result FROM sessions s" + Sql::nested_join() +
           "segments g ON g.branch_number = "
           "s.branch_number" +
           Sql::same_user("g", "s") + Sql::nested_join() + "tool_links l ON " +
           Sql::keys_between("l", "g.source_number", "g.first_sequence", "g.last_sequence") + " WHERE s.user_id = ?1" +
           condition + Sql::shown("s") + "), depths AS (SELECT *, sum(CASE is_result WHEN 1 THEN -1 ELSE 1 END)" +
           of_call + ") AS depth FROM links), opened AS (SELECT * FROM (SELECT *, min(depth)" + of_call +
           " ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS least FROM depths) every_link WHERE is_result = 0 "
           "AND least = depth) ";
  }
  // Not joined, as `session_value` says.
  static std::string select(const std::string& limit, const std::string& offset) {
    return "SELECT o.session_id, o.sequence, (SELECT m.tool_calls FROM messages m WHERE " +
           Sql::key_is("m", "o.source_number", "o.sequence") +
           "), o.position FROM opened o ORDER BY o.number, o.sequence, o.position LIMIT " + limit + " OFFSET " + offset;
  }
};

}  // namespace heddle::sql
