// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"

#include <sqlite3.h>

#include <string>

namespace heddle::sqlite::transaction {

/// BEGIN, COMMIT and their kin, kept prepared like every other statement.
struct ControlStatements {
  sql::Statement<sql::NoRow> begin_read{"BEGIN"};
  sql::Statement<sql::NoRow> begin_write{"BEGIN IMMEDIATE"};
  sql::Statement<sql::NoRow> commit{"COMMIT"};
  sql::Statement<sql::NoRow> rollback{"ROLLBACK"};
  sql::Statement<sql::NoRow> savepoint{"SAVEPOINT work"};
  sql::Statement<sql::NoRow> release{"RELEASE work"};
  sql::Statement<sql::NoRow> rollback_to{"ROLLBACK TO work"};
};

inline void execute(connection::Connection& connection, const sql::Statement<sql::NoRow>& statement) {
  connection.with(statement, [](connection::Prepared& prepared) {
    prepared.count_anew();
    static_cast<void>(prepared.step());
  });
}

/// Ends a transaction that failed; SQLite may have done so itself.
inline void roll_back(connection::Connection& connection) noexcept {
  try {
    if (connection.in_transaction()) { execute(connection, sql::statements<ControlStatements>().rollback); }
  } catch (const Error&) {
    // Whatever the rollback says, the error that led here is the one to report.
    static_cast<void>(sqlite3_errcode(connection.handle()));
  }
}

/// Tells an interruption, of a computation or of a wait for a lock, from its cause: the caller's deadline or stop
/// token, which are what it wants to hear of.
inline void explain_interruption(const Error& error, const Context& context) {
  const int code = connection::primary_code(error);
  if (code == SQLITE_INTERRUPT || code == SQLITE_BUSY) { context.check(); }
}

}  // namespace heddle::sqlite::transaction
