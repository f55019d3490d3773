// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/control.hpp"

#include <sqlite3.h>

#include <utility>

namespace heddle::sqlite::transaction {

/// Runs a statement that begins or ends a transaction.
inline void execute(connection::Connection& connection, const sql::Statement<sql::NoRow>& statement) {
  const connection::Running running(connection, statement);
  running->restart_step_count();
  static_cast<void>(running->step());
}

/// Ends a transaction that failed, unless SQLite has ended it already. Ignores errors: the error of the transaction is
/// the one to report.
inline void roll_back(connection::Connection& connection) noexcept {
  try {
    if (connection.in_transaction()) { execute(connection, sql::statements<ControlStatements>().rollback); }
  } catch (const Error& error) { static_cast<void>(error); }
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
    // SQLite itself notices that a file with a rollback journal was replaced.
    if (code == SQLITE_READONLY) { connection.require_files(); }
    throw;
  }
}

}  // namespace heddle::sqlite::transaction
