// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/sessions.hpp"
#include "heddle/sqlite/statements/sql.hpp"

namespace heddle::sqlite {

/// The statements on sessions; SQLite adds none to the shared ones.
struct SessionStatements : sql::SessionStatements<Sql> {};

}  // namespace heddle::sqlite
