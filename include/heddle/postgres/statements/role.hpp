// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/statement.hpp"

#include <string>

namespace heddle::postgres {

/// What the role of a connection could do to the tables.
struct RoleRights {
  bool bypasses = false;     ///< it is, or can become, a superuser or a role with BYPASSRLS
  bool owns = false;         ///< it is, or can become, the owner of a table
  bool unprotected = false;  ///< a table has row security switched off, or not forced
  bool overruled = false;    ///< a table has a policy that shows it rows of any tenant
  bool migrated = false;     ///< there are tables
};

/// The names of the tables, for SQL.
[[nodiscard]] inline std::string table_names() {
  return "'sessions', 'messages', 'tool_executions', 'memory_snapshots', 'agent_errors', 'artifacts', 'sql_results', "
         "'sql_result_images', 'human_requests', 'idempotency_keys'";
}

struct RoleStatements {
  /// Of the role that acts and of the one that logged in, to which it can go back. A view in the place of a table reads
  /// with the rights of its owner.
  sql::Statement<RoleRights> rights{
      "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND " + is_or_becomes("oid") +
      "), coalesce(bool_or(" + is_or_becomes("relowner") +
      "), false), coalesce(bool_or(NOT relrowsecurity OR NOT relforcerowsecurity), false), "
      "coalesce(bool_or(EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid AND polpermissive AND "
      "coalesce(pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) NOT LIKE '%heddle.user_id%' AND "
      // 0 is PUBLIC.
      "EXISTS (SELECT 1 FROM unnest(polroles) role WHERE role = 0 OR " +
      is_or_becomes("role") +
      "))), false), count(*) > 0 "
      "FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) "
      "AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname IN (" +
      table_names() + ")"};

 private:
  static std::string is_or_becomes(const std::string& role) {
    return "(pg_has_role(current_user, " + role + ", 'MEMBER') OR pg_has_role(session_user, " + role + ", 'MEMBER'))";
  }
};

}  // namespace heddle::postgres

HEDDLE_ADAPT_STRUCT(heddle::postgres::RoleRights, bypasses, owns, unprotected, overruled, migrated);
