// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/administration.hpp"
#include "heddle/model/session.hpp"
#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/visible_messages.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string_view>

namespace heddle::postgres {

/// The statements of administration, across all tenants. Except `purge_deleted` they ignore hidden sessions.
struct AdminStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;

  /// Returns a row if the connection's role sees all tenants, or if there are no tables yet.
  Statement<std::int64_t> sees_all_tenants{
      "SELECT 1 WHERE to_regclass('sessions') IS NULL OR EXISTS (SELECT 1 FROM pg_roles r, pg_class c "
      "WHERE c.oid = to_regclass('sessions') AND r.rolname = current_user "
      "AND (r.rolsuper OR r.rolbypassrls OR pg_has_role(c.relowner, 'USAGE')))"};
  /// Parameters: before this time and number, limit. Last updated first; the key is the session's number. Sorts all
  /// sessions: each message of each tenant would have to update an index for it.
  Statement<sql::Keyed<Session>, Timestamp, std::int64_t, std::int64_t> list_sessions{
      "SELECT " + sql::columns<Session>() +
      ", number FROM sessions WHERE (updated_at, number) < (?1, ?2) AND deleted_at IS NULL "
      "ORDER BY updated_at DESC, number DESC LIMIT ?3"};
  Statement<std::int64_t> count_sessions{"SELECT count(*) FROM sessions WHERE deleted_at IS NULL"};
  /// Parameters: after this user, limit. In the order of the users' ids.
  Statement<SessionCount, Text, std::int64_t> sessions_per_user{
      "SELECT user_id, count(*) FROM sessions WHERE user_id > ?1 AND deleted_at IS NULL "
      "GROUP BY user_id ORDER BY user_id LIMIT ?2"};
  Statement<SystemStatistics> statistics{
      "SELECT " +
      sql::columns<SystemStatistics>(
          {}, {sql::computed<&SystemStatistics::sessions>("count(*)"),
               sql::computed<&SystemStatistics::messages>(sql::visible_messages<Sql>("true")),
               sql::computed<&SystemStatistics::tool_executions>("(SELECT count(*) FROM tool_executions WHERE true" +
                                                                 Sql::visible("tool_executions") + ")"),
               sql::computed<&SystemStatistics::users>("count(DISTINCT user_id)"),
               sql::computed<&SystemStatistics::total_cost_usd>("coalesce(sum(total_cost_usd), 0.0)"),
               sql::computed<&SystemStatistics::total_tokens>(Sql::sum("total_tokens", "true"))}) +
      " FROM sessions WHERE deleted_at IS NULL"};

  /// Parameters: now, an earlier time, limit. Deletes sessions of all tenants that have been hidden for longer than
  /// between these times, by the server's clock, with everything
  /// that belongs to them, first those hidden first; returns the deleted ids. Skips sessions that a concurrent
  /// transaction is restoring or purging.
  Statement<sql::OwnedId, Timestamp, Timestamp, std::int64_t> purge_deleted{
      "WITH expired AS MATERIALIZED (SELECT user_id, number FROM sessions WHERE deleted_at <= " + Sql::present("?1") +
      " - (?1 - ?2) ORDER BY deleted_at LIMIT ?3 FOR UPDATE SKIP LOCKED) "
      "DELETE FROM sessions s USING expired e WHERE s.user_id = e.user_id AND s.number = e.number "
      "RETURNING s.user_id, s.id"};

  /// Returns the privileges of the connection's role for each table with row security; no row before the first
  /// migration.
  Statement<sql::TableRights> table_rights{
      "SELECT t.relname::text, has_table_privilege(t.oid, 'SELECT'), "
      "has_table_privilege(t.oid, 'UPDATE') AND has_table_privilege(t.oid, 'DELETE'), "
      "NOT row_security_active(t.oid) OR EXISTS (SELECT 1 FROM pg_policy p "
      "WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd = '*' "
      // The stored form of `true`. pg_get_expr would wait for a lock on the table.
      "AND p.polqual::text LIKE '{CONST :consttype 16 %:constisnull false %:constvalue 1 [%1%' "
      // 0 is PUBLIC.
      "AND EXISTS (SELECT 1 FROM unnest(p.polroles) role WHERE role = 0 OR pg_has_role(role, 'USAGE'))) "
      "FROM pg_class t WHERE t.relnamespace = to_regnamespace(quote_ident(current_schema())) AND t.relkind = 'r' "
      "AND t.relrowsecurity ORDER BY t.relname"};
};

}  // namespace heddle::postgres
