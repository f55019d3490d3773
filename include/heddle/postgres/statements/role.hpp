#pragma once

#include "heddle/model/adapt.hpp"
#include "heddle/sql/statement.hpp"

#include <string>

namespace heddle::postgres {

/// What a role could do to the tables.
struct RoleRights {
  bool bypasses = false;     ///< it is a superuser or has BYPASSRLS
  bool owns = false;         ///< it is, or can become, the owner of a table
  bool unprotected = false;  ///< a table has row security switched off, or not forced
  bool migrated = false;     ///< there are tables
};

/// The names of the tables, for SQL.
[[nodiscard]] inline std::string table_names() {
  return "'sessions', 'messages', 'tool_executions', 'memory_snapshots', 'agent_errors', 'artifacts', 'sql_results', "
         "'sql_result_images', 'human_requests', 'idempotency_keys'";
}

struct RoleStatements {
  sql::Statement<RoleRights> rights{
      "SELECT (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user), "
      "coalesce(bool_or(pg_has_role(current_user, relowner, 'MEMBER')), false), "
      "coalesce(bool_or(NOT relrowsecurity OR NOT relforcerowsecurity), false), count(*) > 0 "
      "FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind = 'r' "
      "AND relname IN (" +
      table_names() + ")"};
};

}  // namespace heddle::postgres

HEDDLE_ADAPT_STRUCT(heddle::postgres::RoleRights, bypasses, owns, unprotected, migrated);
