// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/unit_of_work.hpp"
#include "heddle/sqlite/transaction/writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite {

/// The migration table of a database, inside a transaction of a migrator.
class SchemaSession {
 public:
  explicit SchemaSession(connection::Connection& connection) : connection_(connection) {}

  /// The records, oldest first; none if there is no table for them yet.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    if (connection_.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'heddle_migrations'") == 0) { return {}; }
    std::vector<AppliedMigration> records;
    connection::Prepared query(connection_.handle(), "SELECT " + sql::columns<AppliedMigration>() +
                                                         " FROM heddle_migrations ORDER BY version");
    while (query.step()) { records.push_back(sql::read_row<AppliedMigration>(query)); }
    return records;
  }

  void run(const std::string& text) { connection_.execute(text); }

  void record(const Migration& migration) {
    connection_.execute(
        "CREATE TABLE IF NOT EXISTS heddle_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
        "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT");
    const AppliedMigration record{migration.version, migration.name, migration.checksum, now()};
    connection::Prepared insert(connection_.handle(), "INSERT INTO heddle_migrations (" +
                                                          sql::columns<AppliedMigration>() + ") VALUES (" +
                                                          sql::placeholders(1, sql::width<AppliedMigration>) + ")");
    sql::write_argument(insert, sql::Fields<AppliedMigration>{record});
    static_cast<void>(insert.step());
  }

  void forget(std::int32_t version) {
    connection::Prepared remove(connection_.handle(), "DELETE FROM heddle_migrations WHERE version = ?1");
    remove.integer(std::int64_t{version});
    static_cast<void>(remove.step());
  }

 private:
  connection::Connection& connection_;
};

/// SQLite's part in migrating: BEGIN IMMEDIATE keeps every other migrator, of whatever process, waiting.
class Schema {
 public:
  Schema(transaction::Writer& writer, const Call& call) : writer_(writer), call_(call) {}

  [[nodiscard]] std::vector<AppliedMigration> applied() {
    return writer_.exclusively(call_,
                               [](connection::Connection& connection) { return SchemaSession(connection).applied(); });
  }

  template <class Step>
  void run_step(Step&& step) {
    writer_.exclusively(call_, [&](connection::Connection& connection) {
      try {
        connection.recover();
        transaction::execute(connection, sql::statements<transaction::ControlStatements>().begin_write);
        SchemaSession session(connection);
        step(session);
        transaction::execute(connection, sql::statements<transaction::ControlStatements>().commit);
      } catch (const Error& error) {
        connection.note(error);
        transaction::roll_back(connection);
        transaction::explain_interruption(error, call_.context);
        throw;
      }
    });
  }

 private:
  transaction::Writer& writer_;
  const Call& call_;
};

}  // namespace heddle::sqlite
