#pragma once

#include "heddle/sql/statements/sessions.hpp"
#include "heddle/sqlite/sql.hpp"

namespace heddle::sqlite {

/// Sessions in SQLite's SQL.
using SessionStatements = sql::SessionStatements<Sql>;

}  // namespace heddle::sqlite
