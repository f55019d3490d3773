// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/session.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// Sessions, and what hangs on them beside messages, in the SQL of a backend.
template <class Sql>
struct SessionStatements {
  using Text = std::string_view;

  /// Members of a Session that are stored as the caller gives them, its totals, and all that a save writes.
  using Verbatim = Without<All<Session>, &Session::created_at, &Session::updated_at, &Session::total_cost_usd,
                           &Session::total_tokens, &Session::last_sequence, &Session::user_id>;
  using Totals = Only<&Session::total_cost_usd, &Session::total_tokens>;
  using Stored = Join<Verbatim, Only<&Session::created_at, &Session::updated_at>, Totals>;
  /// The same for a ToolExecution.
  using ExecutionVerbatim = Without<All<ToolExecution>, &ToolExecution::timestamp, &ToolExecution::session_id>;
  using ExecutionStored = Join<ExecutionVerbatim, Only<&ToolExecution::timestamp>>;
  /// Members of a MemorySnapshot that are stored as the caller gives them; an id may be made.
  using SnapshotVerbatim = Without<All<MemorySnapshot>, &MemorySnapshot::id, &MemorySnapshot::created_at>;
  using SnapshotStored = Join<Only<&MemorySnapshot::id>, SnapshotVerbatim, Only<&MemorySnapshot::created_at>>;

  /// user, the session, created at, updated at, totals: returns its number, or no row if it is hidden. Totals never
  /// decrease: a stale copy cannot undo what messages have added since.
  Statement<std::int64_t, Text, Fields<Session, Verbatim>, Timestamp, Timestamp, Fields<Session, Totals>> save{
      "INSERT INTO sessions (user_id, " + columns<Stored>() + ") VALUES (?1, " + placeholders<Stored>(2) +
      ") ON CONFLICT (user_id, id) DO UPDATE SET " + assignments<Without<Verbatim, &Session::id>>() +
      grown("updated_at") + grown("total_cost_usd") + grown("total_tokens") + " WHERE true" + Sql::shown("sessions") +
      " RETURNING number"};
  Statement<Session, Text, Text> find{"SELECT " + columns<Session>() + " FROM sessions WHERE user_id = ?1 AND id = ?2" +
                                      Sql::shown("sessions")};
  /// user, window: last updated first.
  Statement<TimedId, Text, Fields<TimeWindow>> list{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND (updated_at, id) < " + WindowSql(2).start() +
      Sql::updated_before(WindowSql(2).time()) + Sql::shown("sessions") + " ORDER BY " + Sql::last_updated_first() +
      " LIMIT " + WindowSql(2).rows()};
  /// user, agent, window: last updated first.
  Statement<TimedId, Text, Text, Fields<TimeWindow>> list_of_agent{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 AND (updated_at, id) < " +
      WindowSql(3).start() + Sql::shown("sessions") + " ORDER BY updated_at DESC, id DESC LIMIT " +
      WindowSql(3).rows()};
  /// user, session: its children become sessions without a parent. Holds the session before its children, the order in
  /// which a save of a child holds them, too.
  Statement<NoRow, Text, Text> detach_children{
      "UPDATE sessions SET parent_session_id = NULL WHERE user_id = ?1 AND parent_session_id = "
      "(SELECT parent.id FROM sessions parent WHERE parent.user_id = ?1 AND parent.id = ?2" +
      Sql::shown("parent") + Sql::hold_row() + ")"};
  /// user, session: with all that hangs on it, by trigger and foreign keys.
  Statement<NoRow, Text, Text> remove{"DELETE FROM sessions WHERE user_id = ?1 AND id = ?2" + Sql::shown("sessions")};
  Statement<SessionStatistics, Text> statistics{
      "SELECT " +
      columns<SessionStatistics>(
          {}, {computed<&SessionStatistics::sessions>("count(*)"),
               computed<&SessionStatistics::messages>(Sql::sum("last_sequence", "true")),
               computed<&SessionStatistics::tool_executions>(
                   "(SELECT count(*) FROM tool_executions WHERE user_id = ?1" + Sql::visible("tool_executions") + ")"),
               computed<&SessionStatistics::total_cost_usd>("coalesce(sum(total_cost_usd), 0.0)"),
               computed<&SessionStatistics::total_tokens>(Sql::sum("total_tokens", "true"))}) +
      " FROM sessions WHERE user_id = ?1" + Sql::shown("sessions")};

  /// user, before: of the tenant's idempotency keys.
  Statement<NoRow, Text, Timestamp> purge_keys{"DELETE FROM idempotency_keys WHERE user_id = ?1 AND created_at < ?2"};

  /// user, session, the execution, time.
  Statement<NoRow, Text, Text, Fields<ToolExecution, ExecutionVerbatim>, Timestamp> save_execution{
      "INSERT INTO tool_executions (user_id, session_id, " + columns<ExecutionStored>() + ") VALUES (?1, ?2, " +
      placeholders<ExecutionStored>(3) + ")"};
  /// user, session, after this number, limit: in the order in which they were stored.
  Statement<Keyed<ToolExecution>, Text, Text, std::int64_t, std::int64_t> list_executions{
      "SELECT " + columns<ToolExecution>() +
      ", number FROM tool_executions WHERE user_id = ?1 AND session_id = ?2 AND number > ?3" +
      Sql::visible("tool_executions") + " ORDER BY number LIMIT ?4"};

  /// user, id, the snapshot, created at: returns the id, or no row if it is taken.
  Statement<std::string, Text, Text, Fields<MemorySnapshot, SnapshotVerbatim>, Timestamp> save_snapshot{
      "INSERT INTO memory_snapshots (user_id, " + columns<SnapshotStored>() + ") VALUES (?1, " +
      placeholders<SnapshotStored>(2) + ") ON CONFLICT DO NOTHING RETURNING id"};
  /// user, session, type, window: oldest first.
  Statement<MemorySnapshot, Text, Text, Text, Fields<TimeWindow>> list_snapshots{
      "SELECT " + columns<MemorySnapshot>() +
      " FROM memory_snapshots WHERE user_id = ?1 AND session_id = ?2 AND snapshot_type = ?3 "
      "AND (created_at, id) > " +
      WindowSql(4).start() + Sql::visible("memory_snapshots") + " ORDER BY created_at, id LIMIT " +
      WindowSql(4).rows()};

 private:
  static std::string grown(const std::string& column) {
    return ", " + column + " = " + Sql::greatest("sessions." + column, "excluded." + column);
  }
};

}  // namespace heddle::sql
