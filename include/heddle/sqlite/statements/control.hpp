// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

namespace heddle::sqlite {

/// The statements that begin and end transactions.
struct ControlStatements {
  sql::Statement<sql::NoRow> begin_read{"BEGIN"};
  sql::Statement<sql::NoRow> begin_write{"BEGIN IMMEDIATE"};
  sql::Statement<sql::NoRow> commit{"COMMIT"};
  sql::Statement<sql::NoRow> rollback{"ROLLBACK"};
  sql::Statement<sql::NoRow> savepoint{"SAVEPOINT work"};
  sql::Statement<sql::NoRow> release{"RELEASE work"};
  sql::Statement<sql::NoRow> rollback_to{"ROLLBACK TO work"};
};

}  // namespace heddle::sqlite
