// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/driver.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"
#include "heddle/postgres/libpq/watch.hpp"
#include "heddle/postgres/migrations/error.hpp"
#include "heddle/postgres/migrations/lock_holders.hpp"
#include "heddle/postgres/migrations/schema_session.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/sql/statement.hpp"

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heddle::postgres::migrations {

/// The migrated schema, over a connection of its own that lives as long as the object. The lock, a step and its record
/// are one transaction. The server cancels a statement at the deadline of the call, and when a stop is requested; if it
/// does not respond, the connection ends.
class Schema {
 public:
  /// `would_own`: the role is the one that serves, so it must not create tables.
  Schema(const std::string& dsn, std::string schema, const Call& call, bool would_own)
      : driver_(std::make_unique<libpq::Driver>(libpq::connect(dsn, call.context))),
        schema_(std::move(schema)),
        call_(call),
        would_own_(would_own),
        watch_(std::make_unique<libpq::Watch>(driver_->raw(), call.context)) {
    // The details of an error may quote stored content.
    PQsetErrorVerbosity(driver_->raw(), PQERRORS_TERSE);
  }

  /// Returns the identity of the database, see `ControlStatements::place`; empty if the role may not read it.
  [[nodiscard]] std::string place() {
    try {
      pqxx::work transaction(driver_->session());
      return libpq::execute(transaction, sql::statements<ControlStatements>().place.text())[0][0].c_str();
    } catch (const std::exception& failure) {
      if (libpq::handled_sqlstate() == libpq::sqlstate::insufficient_privilege) { return {}; }
      rethrow_migration_error(failure, call_.context);
    }
  }

  /// Returns the records of the applied migrations, oldest first.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    std::vector<AppliedMigration> records;
    transact([&records](SchemaSession& session) { records = session.applied(); });
    return records;
  }

  /// Runs `step(session)` in a transaction that holds the migration lock, and commits it. Throws `permission_denied` if
  /// the role would own the tables.
  template <class Step>
  void run_step(Step&& step) {
    if (would_own_) {
      throw Error(ErrorCode::permission_denied,
                  "the role of dsn must not own the tables: set migration_dsn or admin_dsn (heddle::open reads "
                  "LOOM_PG_ADMIN_DSN) to another role; migrations/postgres_roles.sql creates both roles");
    }
    transact([&](SchemaSession& session) {
      session.lock();
      step(session);
    });
  }

 private:
  template <class Use>
  void transact(Use use) {
    const Context& context = call_.context;
    context.check();
    try {
      pqxx::work transaction(driver_->session());
      SchemaSession session(transaction, schema_, context);
      use(session);
      context.check();
      transaction.commit();
    } catch (const Error& error) {
      if (error.native_code() != libpq::sqlstate::lock_not_available) { throw; }
      throw Error(error.code(), error.what() + holders_of_locks(), error.native_code());
    } catch (const pqxx::in_doubt_error&) {
      throw Error(context.is_over() ? ErrorCode::deadline_exceeded : ErrorCode::unavailable,
                  "the connection was lost during the commit of a migration", {}, Outcome::in_doubt);
    } catch (const std::exception& failure) { rethrow_migration_error(failure, context); }
  }

  /// Returns `lock_holders`; empty if the server does not tell.
  [[nodiscard]] std::string holders_of_locks() noexcept {
    try {
      pqxx::work transaction(driver_->session());
      return lock_holders(transaction, schema_);
    } catch (const std::exception& failure) {
      static_cast<void>(failure);
      return {};
    }
  }

  std::unique_ptr<libpq::Driver> driver_;
  std::string schema_;
  const Call& call_;
  bool would_own_;
  std::unique_ptr<libpq::Watch> watch_;  ///< the last member, because it uses the connection
};

}  // namespace heddle::postgres::migrations
