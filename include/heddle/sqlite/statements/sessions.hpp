// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/session_lists.hpp"
#include "heddle/sql/statements/sessions.hpp"
#include "heddle/sqlite/statements/sql.hpp"

namespace heddle::sqlite {

/// The statements on sessions; SQLite adds none to the shared ones.
struct SessionStatements : sql::SessionStatements<Sql> {
  /// The statements that list sessions with their columns.
  struct Lists : sql::SessionListStatements<Sql> {};
};

}  // namespace heddle::sqlite
