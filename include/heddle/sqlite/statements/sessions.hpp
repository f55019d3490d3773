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

namespace heddle::sqlite {

/// Sessions, and what hangs on them beside messages, in SQLite's SQL.
struct SessionStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;

  /// Members of a Session that a save writes, and the first of them, which are stored as they are given.
  static constexpr std::size_t stored = 9;
  static constexpr std::size_t verbatim = 5;
  using Body = sql::Fields<Session, verbatim>;
  /// The same for a ToolExecution.
  static constexpr std::size_t execution_stored = 6;
  static constexpr std::size_t execution_verbatim = 5;
  using ExecutionBody = sql::Fields<ToolExecution, execution_verbatim>;
  /// The same for a MemorySnapshot, whose id may have to be made.
  static constexpr std::size_t snapshot_stored = 6;

  /// user, the session, created at, updated at, cost, tokens. Totals never go back: a stale copy cannot undo what
  /// messages have added since.
  Statement<sql::NoRow, Text, Body, Timestamp, Timestamp, double, std::int64_t> save{
      "INSERT INTO sessions (user_id, " + sql::columns<Session>({}, stored) + ") VALUES (?1, " +
      sql::placeholders(2, stored) + ") ON CONFLICT (user_id, id) DO UPDATE SET " +
      sql::assignments<Session>(1, verbatim) +
      ", updated_at = max(updated_at, excluded.updated_at), "
      "total_cost_usd = max(total_cost_usd, excluded.total_cost_usd), "
      "total_tokens = max(total_tokens, excluded.total_tokens)"};
  Statement<Session, Text, Text> find{"SELECT " + sql::columns<Session>() +
                                      " FROM sessions WHERE user_id = ?1 AND id = ?2"};
  /// user, before this time and id, limit: last updated first.
  Statement<sql::TimedId, Text, Timestamp, Text, std::int64_t> list{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND (updated_at, id) < (?2, ?3) "
      "ORDER BY updated_at DESC, id DESC LIMIT ?4"};
  /// user, agent, before this time and id, limit: last updated first.
  Statement<sql::TimedId, Text, Text, Timestamp, Text, std::int64_t> list_of_agent{
      "SELECT updated_at, id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 "
      "AND (updated_at, id) < (?3, ?4) ORDER BY updated_at DESC, id DESC LIMIT ?5"};
  /// user, session: its children become sessions without a parent.
  Statement<sql::NoRow, Text, Text> detach_children{
      "UPDATE sessions SET parent_session_id = NULL WHERE user_id = ?1 AND parent_session_id = ?2"};
  /// user, session: with all that hangs on it, by trigger and foreign keys.
  Statement<sql::NoRow, Text, Text> remove{"DELETE FROM sessions WHERE user_id = ?1 AND id = ?2"};
  Statement<SessionStatistics, Text> statistics{
      "SELECT count(*), coalesce(sum(last_sequence), 0), (SELECT count(*) FROM tool_executions WHERE user_id = ?1), "
      "total(total_cost_usd), CAST(total(total_tokens) AS INTEGER) FROM sessions WHERE user_id = ?1"};

  /// user, before: of the tenant's idempotency keys.
  Statement<sql::NoRow, Text, Timestamp> purge_keys{
      "DELETE FROM idempotency_keys WHERE user_id = ?1 AND created_at < ?2"};

  /// user, session, the execution, time.
  Statement<sql::NoRow, Text, Text, ExecutionBody, Timestamp> save_execution{
      "INSERT INTO tool_executions (user_id, session_id, " + sql::columns<ToolExecution>({}, execution_stored) +
      ") VALUES (?1, ?2, " + sql::placeholders(3, execution_stored) + ")"};
  /// user, session, after this number, limit: in the order in which they were stored.
  Statement<sql::Keyed<ToolExecution>, Text, Text, std::int64_t, std::int64_t> list_executions{
      "SELECT " + sql::columns<ToolExecution>() +
      ", number FROM tool_executions WHERE user_id = ?1 AND session_id = ?2 AND number > ?3 ORDER BY number LIMIT ?4"};

  /// user, id, session, type, content, tokens, created at: answers the id unless it is taken.
  Statement<std::string, Text, Text, Text, Text, Text, std::int64_t, Timestamp> save_snapshot{
      "INSERT INTO memory_snapshots (user_id, " + sql::columns<MemorySnapshot>() + ") VALUES (?1, " +
      sql::placeholders(2, snapshot_stored) + ") ON CONFLICT DO NOTHING RETURNING id"};
  /// user, session, type, after this time and id, limit: oldest first.
  Statement<MemorySnapshot, Text, Text, Text, Timestamp, Text, std::int64_t> list_snapshots{
      "SELECT " + sql::columns<MemorySnapshot>() +
      " FROM memory_snapshots WHERE user_id = ?1 AND session_id = ?2 AND snapshot_type = ?3 "
      "AND (created_at, id) > (?4, ?5) ORDER BY created_at, id LIMIT ?6"};
};

}  // namespace heddle::sqlite
