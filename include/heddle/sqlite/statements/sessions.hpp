// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/sessions.hpp"
#include "heddle/sqlite/statements/sql.hpp"

namespace heddle::sqlite {

/// Sessions in SQLite's SQL: what all backends have.
struct SessionStatements : sql::SessionStatements<Sql> {};

}  // namespace heddle::sqlite
