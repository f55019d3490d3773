// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/retention.hpp"
#include "heddle/sqlite/statements/sql.hpp"

#include <string>

namespace heddle::sqlite {

/// The statements that remove what is old: those of all backends, and one that frees children of their parents, which a
/// foreign key does elsewhere.
struct RetentionStatements : sql::RetentionStatements<Sql> {
  /// To be run before the removal of sessions, with the same arguments: removes the parent from children of sessions
  /// that it will remove.
  Old<sql::NoRow> detach_children{
      "UPDATE sessions SET parent_session_id = NULL WHERE user_id = ?1 AND parent_session_id IN (" +
      select_old(sessions_table()) + ")"};
};

}  // namespace heddle::sqlite
