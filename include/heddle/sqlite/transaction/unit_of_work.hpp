// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"

#include <sqlite3.h>

#include <utility>

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

/// Calls `action` and returns what it returns. If SQLite was interrupted, or could not get a lock, because the call's
/// deadline passed or its stop token was triggered, throws `deadline_exceeded` or `cancelled` instead of SQLite's
/// error.
template <class Action>
decltype(auto) explain_errors(connection::Connection& connection, const Context& context, Action&& action) {
  try {
    return std::forward<Action>(action)();
  } catch (const connection::SqliteError& error) {
    connection.note(error);
    const int code = error.primary_code();
    if (code == SQLITE_INTERRUPT || code == SQLITE_BUSY) { context.check(); }
    throw;
  }
}

}  // namespace heddle::sqlite::transaction
