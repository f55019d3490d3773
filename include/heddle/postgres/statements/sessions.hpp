// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/session_lists.hpp"
#include "heddle/sql/statements/sessions.hpp"

namespace heddle::postgres {

/// The statements for sessions: those of all backends, and one that locks.
struct SessionStatements : sql::SessionStatements<Sql> {
  /// The statements that list sessions with their columns.
  struct Lists : sql::SessionListStatements<Sql> {};

  /// Parameters: user. Lets one transaction of a tenant at a time give sessions other parents: of two that do it at
  /// once, neither would see the circle that they make together.
  sql::Statement<sql::NoRow, Text> hold_parents{
      "SELECT pg_advisory_xact_lock(hashtextextended('heddle parents of ' || ?1, 0))"};
};

}  // namespace heddle::postgres
