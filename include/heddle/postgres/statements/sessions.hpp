// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/session_lists.hpp"
#include "heddle/sql/statements/sessions.hpp"
#include "heddle/time.hpp"

#include <cstdint>

namespace heddle::postgres {

/// The statements for sessions: those of all backends, and those that hide a session.
struct SessionStatements : sql::SessionStatements<Sql> {
  /// The statements that list sessions with their columns.
  struct Lists : sql::SessionListStatements<Sql> {};

  /// Parameters: user, session. No row if the session is hidden.
  sql::Statement<std::int64_t, Text, Text> not_hidden{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL)"};
  /// Parameters: user. Lets one transaction of a tenant at a time give sessions other parents: of two that do it at
  /// once, neither would see the circle that they make together.
  sql::Statement<sql::NoRow, Text> hold_parents{
      "SELECT pg_advisory_xact_lock(hashtextextended('heddle parents of ' || ?1, 0))"};
  /// Parameters: user, session, time. Hides the session.
  sql::Statement<sql::NoRow, Text, Text, Timestamp> soft_remove{
      "UPDATE sessions SET deleted_at = " + Sql::present("?3") +
      " WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// Parameters: user, session. Shows a hidden session again.
  sql::Statement<sql::NoRow, Text, Text> restore{
      "UPDATE sessions SET deleted_at = NULL WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL"};
};

}  // namespace heddle::postgres
