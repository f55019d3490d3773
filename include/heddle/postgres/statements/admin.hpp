// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/admin.hpp"
#include "heddle/time.hpp"

#include <cstdint>

namespace heddle::postgres {

/// The statements of administration, across all tenants.
struct AdminStatements : sql::AdminStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// Returns a row if the connection's role sees all tenants, or if there are no tables yet.
  Statement<std::int64_t> sees_all_tenants{
      "SELECT 1 WHERE to_regclass('sessions') IS NULL OR EXISTS (SELECT 1 FROM pg_roles r, pg_class c "
      "WHERE c.oid = to_regclass('sessions') AND r.rolname = current_user "
      "AND (r.rolsuper OR r.rolbypassrls OR pg_has_role(c.relowner, 'USAGE')))"};
  /// Parameters: now, an earlier time, limit. Deletes sessions of all tenants that have been hidden for longer than
  /// between these times, by the server's clock, with everything that belongs to them, first those hidden first;
  /// returns the deleted ids. Skips sessions that a concurrent
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
