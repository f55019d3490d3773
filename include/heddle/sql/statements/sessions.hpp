// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/session.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// Sessions, and what hangs on them beside messages, in the SQL of a backend.
template <class Sql>
struct SessionStatements {
  using Text = std::string_view;

  /// Members of a Session that a save writes, and the first of them, which are stored as they are given.
  static constexpr std::size_t stored = 9;
  static constexpr std::size_t verbatim = 5;
  using Body = Fields<Session, verbatim>;
  /// The same for a ToolExecution.
  static constexpr std::size_t execution_stored = 6;
  static constexpr std::size_t execution_verbatim = 5;
  using ExecutionBody = Fields<ToolExecution, execution_verbatim>;
  /// The same for a MemorySnapshot, whose id may have to be made.
  static constexpr std::size_t snapshot_stored = 6;

  /// user, the session, created at, updated at, cost, tokens: answers its number, or nothing if it is hidden. Totals
  /// never go back: a stale copy cannot undo what messages have added since.
  Statement<std::int64_t, Text, Body, Timestamp, Timestamp, double, std::int64_t> save{
      "INSERT INTO sessions (user_id, " + columns<Session>({}, stored) + ") VALUES (?1, " + placeholders(2, stored) +
      ") ON CONFLICT (user_id, id) DO UPDATE SET " + assignments<Session>(1, verbatim) + grown("updated_at") +
      grown("total_cost_usd") + grown("total_tokens") + " WHERE true" + Sql::shown("sessions") + " RETURNING number"};
  Statement<Session, Text, Text> find{"SELECT " + columns<Session>() + " FROM sessions WHERE user_id = ?1 AND id = ?2" +
                                      Sql::shown("sessions")};
  /// user, before this time and id, limit: last updated first.
  Statement<TimedId, Text, Timestamp, Text, std::int64_t> list{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND (updated_at, id) < (?2, ?3)" +
      Sql::updated_before("?2") + Sql::shown("sessions") + " ORDER BY " + Sql::last_updated_first() + " LIMIT ?4"};
  /// user, agent, before this time and id, limit: last updated first.
  Statement<TimedId, Text, Text, Timestamp, Text, std::int64_t> list_of_agent{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 AND (updated_at, id) < (?3, ?4)" +
      Sql::shown("sessions") + " ORDER BY updated_at DESC, id DESC LIMIT ?5"};
  /// user, session: its children become sessions without a parent. Holds the session before its children, the order in
  /// which a save of a child holds them, too.
  Statement<NoRow, Text, Text> detach_children{
      "UPDATE sessions SET parent_session_id = NULL WHERE user_id = ?1 AND parent_session_id = "
      "(SELECT parent.id FROM sessions parent WHERE parent.user_id = ?1 AND parent.id = ?2" +
      Sql::shown("parent") + Sql::hold_row() + ")"};
  /// user, session: with all that hangs on it, by trigger and foreign keys.
  Statement<NoRow, Text, Text> remove{"DELETE FROM sessions WHERE user_id = ?1 AND id = ?2" + Sql::shown("sessions")};
  Statement<SessionStatistics, Text> statistics{
      "SELECT count(*), " + Sql::sum("last_sequence", "true") +
      ", (SELECT count(*) FROM tool_executions WHERE user_id = ?1" + Sql::visible("tool_executions") +
      "), coalesce(sum(total_cost_usd), 0.0), " + Sql::sum("total_tokens", "true") +
      " FROM sessions WHERE user_id = ?1" + Sql::shown("sessions")};

  /// user, before: of the tenant's idempotency keys.
  Statement<NoRow, Text, Timestamp> purge_keys{"DELETE FROM idempotency_keys WHERE user_id = ?1 AND created_at < ?2"};

  /// user, session, the execution, time.
  Statement<NoRow, Text, Text, ExecutionBody, Timestamp> save_execution{
      "INSERT INTO tool_executions (user_id, session_id, " + columns<ToolExecution>({}, execution_stored) +
      ") VALUES (?1, ?2, " + placeholders(3, execution_stored) + ")"};
  /// user, session, after this number, limit: in the order in which they were stored.
  Statement<Keyed<ToolExecution>, Text, Text, std::int64_t, std::int64_t> list_executions{
      "SELECT " + columns<ToolExecution>() +
      ", number FROM tool_executions WHERE user_id = ?1 AND session_id = ?2 AND number > ?3" +
      Sql::visible("tool_executions") + " ORDER BY number LIMIT ?4"};

  /// user, id, session, type, content, tokens, created at: answers the id unless it is taken.
  Statement<std::string, Text, Text, Text, Text, Text, std::int64_t, Timestamp> save_snapshot{
      "INSERT INTO memory_snapshots (user_id, " + columns<MemorySnapshot>() + ") VALUES (?1, " +
      placeholders(2, snapshot_stored) + ") ON CONFLICT DO NOTHING RETURNING id"};
  /// user, session, type, after this time and id, limit: oldest first.
  Statement<MemorySnapshot, Text, Text, Text, Timestamp, Text, std::int64_t> list_snapshots{
      "SELECT " + columns<MemorySnapshot>() +
      " FROM memory_snapshots WHERE user_id = ?1 AND session_id = ?2 AND snapshot_type = ?3 "
      "AND (created_at, id) > (?4, ?5)" +
      Sql::visible("memory_snapshots") + " ORDER BY created_at, id LIMIT ?6"};

 private:
  static std::string grown(const std::string& column) {
    return ", " + column + " = " + Sql::greatest("sessions." + column, "excluded." + column);
  }
};

}  // namespace heddle::sql
