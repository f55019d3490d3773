// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/migrations/schema_session.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"

#include <vector>

namespace heddle::sqlite::migrations {

/// The migration table and its lock, for the time of a call. BEGIN IMMEDIATE makes all other migrators wait, those of
/// other processes too. A template for the same reason as SchemaSession.
template <class Writer>
class Schema {
 public:
  /// Both must outlive the schema.
  Schema(Writer& writer, const Call& call) : writer_(writer), call_(call) {}

  /// Returns the applied migrations, oldest first.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    return writer_.exclusively(call_, [this](connection::Connection& connection) {
      return SchemaSession(connection, call_.context).applied();
    });
  }

  /// Calls `step` with a SchemaSession in a transaction, and commits it.
  template <class Step>
  void run_step(Step&& step) {
    writer_.exclusively(call_, [&](connection::Connection& connection) {
      try {
        connection.recover();
        transaction::execute(connection, sql::statements<ControlStatements>().begin_write);
        SchemaSession session(connection, call_.context);
        step(session);
        connection.require_files();
        transaction::execute(connection, sql::statements<ControlStatements>().commit);
      } catch (...) {
        transaction::roll_back(connection);
        throw;
      }
    });
  }

 private:
  Writer& writer_;
  const Call& call_;
};

}  // namespace heddle::sqlite::migrations
