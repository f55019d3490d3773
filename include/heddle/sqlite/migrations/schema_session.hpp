// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/time.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <vector>

namespace heddle::sqlite::migrations {

/// The migration table of a database, inside a transaction of a migrator. A template only so that a file that does not
/// migrate does not compile it.
template <class Connection>
class SchemaSession {
 public:
  /// Both must outlive the session.
  SchemaSession(Connection& connection, const Context& context) : connection_(connection), context_(context) {}

  /// Returns the applied migrations, oldest first; none if the table does not exist yet.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    if (connection_.read_integer("SELECT count(*) FROM sqlite_schema WHERE name = 'heddle_migrations'") == 0) {
      return {};
    }
    std::vector<AppliedMigration> records;
    connection::Prepared query(connection_.handle(), "SELECT " + sql::columns<AppliedMigration>() +
                                                         " FROM heddle_migrations ORDER BY version");
    while (query.step()) { sql::read_row_into(records.emplace_back(), query); }
    return records;
  }

  /// Runs the SQL of a migration.
  void run(const std::string& text) {
    // Here and not only in Schema: the migrator replaces the error by one that names the migration.
    try {
      transaction::explain_errors(connection_, context_, [&] { connection_.execute(text); });
    } catch (const connection::SqliteError& error) {
      if (error.native_code() != std::to_string(SQLITE_CONSTRAINT_CHECK)) { throw; }
      // A step back fails so where it would lose something. The name of its constraint says what to do first.
      throw Error(ErrorCode::failed_precondition, ::sqlite3_errmsg(connection_.handle()), error.native_code());
    }
  }

  /// Adds a migration to the table, which is made if it does not exist yet.
  void record(const Migration& migration) {
    connection_.execute(
        "CREATE TABLE IF NOT EXISTS heddle_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    const AppliedMigration record{migration.version, migration.name, migration.checksum, now()};
    connection::Prepared insert(connection_.handle(), "INSERT INTO heddle_migrations (" +
                                                          sql::columns<AppliedMigration>() + ") VALUES (" +
                                                          sql::placeholders<AppliedMigration>(1) + ")");
    sql::write_argument(insert, sql::Fields<AppliedMigration>{record});
    static_cast<void>(insert.step());
  }

  /// Removes a migration from the table.
  void forget(std::int32_t version) {
    connection::Prepared remove(connection_.handle(), "DELETE FROM heddle_migrations WHERE version = ?1");
    remove.integer(std::int64_t{version});
    static_cast<void>(remove.step());
  }

 private:
  Connection& connection_;
  const Context& context_;
};

}  // namespace heddle::sqlite::migrations
