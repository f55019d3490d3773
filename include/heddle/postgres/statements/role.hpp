// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres {

/// The privileges of a connection's role that make row security ineffective.
struct RoleRights {
  bool bypasses = false;     ///< the role is, or may become, a superuser or a role with BYPASSRLS
  bool owns = false;         ///< the role is, or may become, the owner of a table
  bool unprotected = false;  ///< row security is disabled, or not forced, on a table
  bool overruled = false;    ///< a policy of a table shows the role the rows of all tenants
  bool migrated = false;     ///< the schema has tables
};

/// Returns the names of the tables as a list of SQL literals.
[[nodiscard]] inline std::string table_names() {
  return "'sessions', 'messages', 'tool_executions', 'memory_snapshots', 'agent_errors', 'artifacts', 'sql_results', "
         "'sql_result_images', 'human_requests', 'idempotency_keys', 'usage_by_day', 'branches', 'segments', "
         "'folds', 'summaries', 'tool_links', 'message_streams', 'message_chunks', 'contents', 'content_chunks', "
         "'content_uploads', 'content_usage', 'artifact_versions', 'imports', 'import_numbers', "
         "'erasures', 'erasure_counts', 'erasure_receipts'";
}

/// The statement of RoleGuard.
struct RoleStatements {
  /// Considers the current role and the role of the login, to which a session can return. Includes views: one in the
  /// place of a table reads with the privileges of its owner.
  sql::Statement<RoleRights> rights{
      "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND " + is_or_becomes("oid") +
      "), coalesce(bool_or(" + is_or_becomes("relowner") +
      "), false), coalesce(bool_or(NOT relrowsecurity OR NOT relforcerowsecurity), false), "
      "coalesce(bool_or(EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = pg_class.oid AND polpermissive AND "
      "coalesce(polqual, polwithcheck)::text NOT LIKE '%" +
      bytes_of("heddle.user_id") +
      "%' AND "
      // 0 is PUBLIC.
      "EXISTS (SELECT 1 FROM unnest(polroles) role WHERE role = 0 OR " +
      is_or_becomes("role") +
      "))), false), count(*) > 0 "
      "FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) "
      "AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname IN (" +
      table_names() + ")"};

 private:
  /// Returns a text as the stored form of an expression has it. pg_get_expr would show the expression itself, but waits
  /// for a lock on the table, which a migration or a VACUUM FULL may hold for long.
  static std::string bytes_of(std::string_view text) {
    std::string bytes;
    for (const char each : text) { bytes.append(" ").append(std::to_string(static_cast<int>(each))); }
    return bytes;
  }
  static std::string is_or_becomes(const std::string& role) {
    return "(pg_has_role(current_user, " + role + ", 'MEMBER') OR pg_has_role(session_user, " + role + ", 'MEMBER'))";
  }
};

}  // namespace heddle::postgres

HEDDLE_ADAPT_STRUCT(heddle::postgres::RoleRights, bypasses, owns, unprotected, overruled, migrated);
