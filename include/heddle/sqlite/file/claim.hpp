// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/file/ownership.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <concepts>
#include <string>
#include <utility>

namespace heddle::sqlite::file {

/// Begins the transaction that marks a file. A file that is still empty gets a map of its pages if that is configured:
/// it must be the first that is said of a file, and is stored with the mark.
inline void begin_claim(connection::Connection& connection, const Config& config) {
  const auto& control = sql::statements<ControlStatements>();
  if (config.incremental_vacuum && connection.read_integer("PRAGMA page_count") == 0) {
    // Not the transaction of a writer, which decides about the map as it begins. This one becomes one by the pragma,
    // unless another process has written the file meanwhile.
    transaction::execute(connection, control.begin_read);
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL");
    if (sqlite3_txn_state(connection.handle(), "main") == SQLITE_TXN_WRITE) { return; }
    transaction::roll_back(connection);
  }
  transaction::execute(connection, control.begin_write);
}

/// Marks a new file as ours. To be called while it still has a rollback journal, so that the mark is in the first page
/// from the first moment on. Throws `failed_precondition` if another application has made the file its own meanwhile.
inline void claim(connection::Connection& connection, const Config& config) {
  if (connection.read_integer("PRAGMA application_id") == application_id) { return; }
  const auto& control = sql::statements<ControlStatements>();
  begin_claim(connection, config);
  if (connection.read_integer("SELECT count(*) FROM sqlite_schema") != 0 &&
      connection.read_integer("PRAGMA application_id") != application_id) {
    transaction::roll_back(connection);
    throw Error(ErrorCode::failed_precondition, "this SQLite database belongs to another application");
  }
  connection.execute("PRAGMA application_id = " + std::to_string(application_id));
  transaction::execute(connection, control.commit);
}

/// Sets the journal mode, which is a property of the file; costs nothing if it is set already. Returns false if another
/// connection is in the way: SQLite does not wait for it. Then this connection has to be closed before the next try,
/// because with a write-ahead log it is in the way of others as long as it is open.
[[nodiscard]] inline bool set_journal_mode(connection::Connection& connection, const Config& config) {
  try {
    connection.execute(config.wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
    return true;
  } catch (const connection::SqliteError& error) {
    if (error.primary_code() != SQLITE_BUSY) { throw; }
    return false;
  }
}

/// Returns true if a database that is only read has a write-ahead log; reads it, so that the log is open.
[[nodiscard]] bool has_log(std::same_as<connection::Connection> auto& connection) {
  static_cast<void>(connection.read_integer("SELECT count(*) FROM sqlite_schema"));
  return connection.read_integer("SELECT journal_mode = 'wal' FROM pragma_journal_mode") != 0;
}

/// Calls `open`, which opens the database for reading only. Throws `failed_precondition` if the file can be read, but
/// SQLite cannot read its log, or a transaction was interrupted that only a writer can undo.
template <class Open>
void open_for_reading(const std::string& path, Open&& open) {
  try {
    std::forward<Open>(open)();
  } catch (const connection::SqliteError& error) {
    const bool is_of_log = error.primary_code() == SQLITE_CANTOPEN || error.primary_code() == SQLITE_READONLY;
    if (!is_of_log || ::faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0) { throw; }
    throw Error(ErrorCode::failed_precondition,
                std::string(error.what()) +
                    "; to be read, it needs its log and the log's index (-wal, -shm) or a folder in which they can be "
                    "made, and nothing that only a writer can undo: open it once for writing, or set `immutable` if "
                    "nothing writes to it",
                error.native_code());
  }
}

}  // namespace heddle::sqlite::file
