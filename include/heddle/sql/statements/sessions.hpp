// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/session.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/same_row.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/updated_at.hpp"
#include "heddle/sql/statements/visible_messages.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for sessions and for what belongs to them, except messages.
template <class Sql>
struct SessionStatements {
  using Text = std::string_view;

  /// Members of a Session that are stored with the values of the caller, those that a later save can change, its
  /// totals, and all members that the first save writes.
  using Verbatim =
      Without<All<Session>, &Session::created_at, &Session::updated_at, &Session::total_cost_usd,
              &Session::total_tokens, &Session::last_sequence, &Session::user_id, &Session::revision, &Session::branch>;
  using Changeable = Without<Verbatim, &Session::id>;
  using Totals = Only<&Session::total_cost_usd, &Session::total_tokens>;
  using Stored = Join<Verbatim, Only<&Session::created_at, &Session::updated_at>, Totals>;
  /// The same for a ToolExecution.
  using ExecutionVerbatim = Without<All<ToolExecution>, &ToolExecution::timestamp, &ToolExecution::session_id>;
  using ExecutionStored = Join<ExecutionVerbatim, Only<&ToolExecution::timestamp>>;
  /// The same for a MemorySnapshot, whose id can be generated.
  using SnapshotVerbatim = Without<All<MemorySnapshot>, &MemorySnapshot::id, &MemorySnapshot::created_at>;
  using SnapshotStored = Join<Only<&MemorySnapshot::id>, SnapshotVerbatim, Only<&MemorySnapshot::created_at>>;

  /// Parameters: user, the session, time of creation, time of the update, totals. Inserts the session; changes nothing
  /// if a session that is the same, or has the same and greater totals, is stored. Returns the revision; no row if
  /// another one has the id, or if it is hidden.
  Statement<std::int64_t, Text, Fields<Session, Verbatim>, Timestamp, Timestamp, Fields<Session, Totals>> insert{
      insertion() + " DO UPDATE SET id = excluded.id WHERE " + same_as_excluded<Sql, Verbatim>("sessions") +
      " AND sessions.total_cost_usd >= excluded.total_cost_usd AND sessions.total_tokens >= excluded.total_tokens" +
      Sql::shown("sessions") + " RETURNING revision"};
  /// The same parameters. Changes nothing if a session with this id is stored, hidden or not.
  Statement<NoRow, Text, Fields<Session, Verbatim>, Timestamp, Timestamp, Fields<Session, Totals>> ensure{
      insertion() + " DO NOTHING"};
  /// Parameters: user, session, its changeable members, time of the update, totals, revision. Returns the new revision;
  /// no row if the session has another one. Totals never decrease: a stale copy cannot undo the additions of later
  /// messages.
  Statement<std::int64_t, Text, Text, Fields<Session, Changeable>, Timestamp, Fields<Session, Totals>, std::int64_t>
      replace{"UPDATE sessions SET " + updates<Changeable>(3) + ", updated_at = " + updated<Sql>(behind_changeable(0)) +
              greatest("total_cost_usd", 1) + greatest("total_tokens", 2) + ", revision = revision + CASE WHEN " +
              same_as_given<Sql, Changeable>(3) + " THEN 0 ELSE 1 END WHERE user_id = ?1 AND id = ?2 AND revision = " +
              behind_changeable(3) + Sql::shown("sessions") + " RETURNING revision"};
  /// Parameters: user, session. No row if the session is hidden.
  Statement<std::int64_t, Text, Text> not_hidden{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL)"};
  /// Parameters: user, session, its future parent. No row if the session is an ancestor of that parent, or is it.
  Statement<std::int64_t, Text, Text, Text> no_circle{
      "WITH RECURSIVE line (id) AS (SELECT id FROM sessions WHERE user_id = ?1 AND id = ?3 UNION "
      "SELECT s.parent_session_id FROM sessions s JOIN line ON s.user_id = ?1 AND s.id = line.id "
      "WHERE s.parent_session_id IS NOT NULL) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM line WHERE id = ?2)"};
  Statement<Session, Text, Text> find{"SELECT " + columns<Session>() + " FROM sessions WHERE user_id = ?1 AND id = ?2" +
                                      Sql::shown("sessions")};
  /// Parameters: user, window. Last updated first.
  Statement<TimedId, Text, Fields<TimeWindow>> list{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND (updated_at, id) < " + WindowSql(2).start() +
      Sql::updated_before(WindowSql(2).time()) + Sql::shown("sessions") + " ORDER BY " + Sql::last_updated_first() +
      " LIMIT " + WindowSql(2).rows()};
  /// Parameters: user, agent, window. Last updated first.
  Statement<TimedId, Text, Text, Fields<TimeWindow>> list_of_agent{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 AND (updated_at, id) < " +
      WindowSql(3).start() + Sql::shown("sessions") + " ORDER BY updated_at DESC, id DESC LIMIT " +
      WindowSql(3).rows()};
  /// Parameters: user, session. Removes the parent of its children. Locks the session before its children, in the same
  /// order as a save of a child.
  Statement<NoRow, Text, Text> detach_children{
      "UPDATE sessions SET parent_session_id = NULL WHERE user_id = ?1 AND parent_session_id = "
      "(SELECT parent.id FROM sessions parent WHERE parent.user_id = ?1 AND parent.id = ?2" +
      Sql::shown("parent") + Sql::hold_row() + ")"};
  /// Parameters: user, session. Trigger and foreign keys delete everything that belongs to it.
  Statement<NoRow, Text, Text> remove{"DELETE FROM sessions WHERE user_id = ?1 AND id = ?2" + Sql::shown("sessions")};
  Statement<SessionStatistics, Text> statistics{
      "SELECT " +
      columns<SessionStatistics>(
          {}, {computed<&SessionStatistics::sessions>("count(*)"),
               computed<&SessionStatistics::messages>(visible_messages<Sql>("s.user_id = ?1")),
               computed<&SessionStatistics::tool_executions>(
                   "(SELECT count(*) FROM tool_executions WHERE user_id = ?1" + Sql::visible("tool_executions") + ")"),
               computed<&SessionStatistics::total_cost_usd>("coalesce(sum(total_cost_usd), 0.0)"),
               computed<&SessionStatistics::total_tokens>(Sql::sum("total_tokens", "true"))}) +
      " FROM sessions WHERE user_id = ?1" + Sql::shown("sessions")};

  /// Parameters: user, time.
  Statement<NoRow, Text, Timestamp> purge_keys{"DELETE FROM idempotency_keys WHERE user_id = ?1 AND created_at < ?2"};

  /// Parameters: user, session, the execution, time.
  Statement<NoRow, Text, Text, Fields<ToolExecution, ExecutionVerbatim>, Timestamp> save_execution{
      "INSERT INTO tool_executions (user_id, session_id, " + columns<ExecutionStored>() + ") VALUES (?1, ?2, " +
      placeholders<ExecutionStored>(3) + ")"};
  /// Parameters: user, session, after this number, limit. In the order in which they were stored.
  Statement<Keyed<ToolExecution>, Text, Text, std::int64_t, std::int64_t> list_executions{
      "SELECT " + columns<ToolExecution>() +
      ", number FROM tool_executions WHERE user_id = ?1 AND session_id = ?2 AND number > ?3" +
      Sql::visible("tool_executions") + " ORDER BY number LIMIT ?4"};

  /// Parameters: user, id, the snapshot, time of creation. Returns the id; no row if it is in use.
  Statement<std::string, Text, Text, Fields<MemorySnapshot, SnapshotVerbatim>, Timestamp> save_snapshot{
      "INSERT INTO memory_snapshots (user_id, " + columns<SnapshotStored>() + ") VALUES (?1, " +
      placeholders<SnapshotStored>(2) + ") ON CONFLICT DO NOTHING RETURNING id"};
  /// Parameters: user, session, type, window. Oldest first.
  Statement<MemorySnapshot, Text, Text, Text, Fields<TimeWindow>> list_snapshots{
      "SELECT " + columns<MemorySnapshot>() +
      " FROM memory_snapshots WHERE user_id = ?1 AND session_id = ?2 AND snapshot_type = ?3 "
      "AND (created_at, id) > " +
      WindowSql(4).start() + Sql::visible("memory_snapshots") + " ORDER BY created_at, id LIMIT " +
      WindowSql(4).rows()};

 private:
  static std::string insertion() {
    return "INSERT INTO sessions (user_id, " + columns<Stored>() + ") VALUES (?1, " + placeholders<Stored>(2) +
           ") ON CONFLICT (user_id, id)";
  }
  /// For `replace`: the parameter at a position behind those of the session.
  static std::string behind_changeable(std::size_t position) { return placeholder(3 + width<Changeable>() + position); }
  /// The greater of a column and of such a parameter.
  static std::string greatest(const std::string& column, std::size_t position) {
    return ", " + column + " = " + Sql::greatest(column, behind_changeable(position));
  }
};

}  // namespace heddle::sql
