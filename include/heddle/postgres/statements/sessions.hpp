// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/sessions.hpp"
#include "heddle/time.hpp"

namespace heddle::postgres {

/// Sessions in PostgreSQL's SQL: what all backends have, and hiding.
struct SessionStatements : sql::SessionStatements<Sql> {
  /// user, session, time: hides the session from then on.
  sql::Statement<sql::NoRow, Text, Text, Timestamp> soft_remove{
      "UPDATE sessions SET deleted_at = ?3 WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// user, session.
  sql::Statement<sql::NoRow, Text, Text> restore{
      "UPDATE sessions SET deleted_at = NULL WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NOT NULL"};
};

}  // namespace heddle::postgres
