// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/driver.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/migrations/error.hpp"
#include "heddle/postgres/migrations/schema_session.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/sql/statement.hpp"

#include <exception>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace heddle::postgres::migrations {

/// PostgreSQL's part in migrating, on a connection of its own that goes with the object: the lock, the step and its
/// record are in one transaction. The server ends a statement that runs beyond the deadline, and one that runs when a
/// stop is requested.
class Schema {
 public:
  /// `would_own`: the role is the one that serves, and must not come to own tables.
  Schema(const std::string& dsn, std::string schema, const Call& call, bool would_own)
      : driver_(std::make_unique<libpq::Driver>(libpq::connect(dsn, call.context))),
        schema_(std::move(schema)),
        call_(call),
        would_own_(would_own),
        cancel_(PQgetCancel(driver_->raw())) {
    // The details of an error quote what is stored.
    PQsetErrorVerbosity(driver_->raw(), PQERRORS_TERSE);
  }

  /// Which database it is, as `ControlStatements::place` says it; empty if the role may not ask.
  [[nodiscard]] std::string place() {
    try {
      pqxx::work transaction(driver_->session());
      return libpq::execute(transaction, sql::statements<ControlStatements>().place.text())[0][0].c_str();
    } catch (const std::exception& failure) {
      if (libpq::sqlstate_of(failure) == libpq::sqlstate::insufficient_privilege) { return {}; }
      rethrow_migration_error(failure, call_.context);
    }
  }

  [[nodiscard]] std::vector<AppliedMigration> applied() {
    std::vector<AppliedMigration> records;
    transact([&records](SchemaSession& session) { records = session.applied(); });
    return records;
  }

  template <class Step>
  void run_step(Step&& step) {
    if (would_own_) {
      throw Error(ErrorCode::permission_denied,
                  "the role that serves must not own the tables: set migration_dsn or admin_dsn (which heddle::open "
                  "finds in LOOM_PG_ADMIN_DSN) to the role that migrates; migrations/postgres_roles.sql makes both");
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
    // Runs in the thread that requests the stop.
    const std::stop_callback stopped(context.stop, [this] {
      if (cancel_) { libpq::send(*cancel_); }
    });
    try {
      pqxx::work transaction(driver_->session());
      SchemaSession session(transaction, schema_, context);
      use(session);
      context.check();
      transaction.commit();
    } catch (const Error&) { throw; } catch (const pqxx::in_doubt_error&) {
      throw Error(ErrorCode::unavailable, "the connection was lost while a migration was committed", {},
                  Outcome::in_doubt);
    } catch (const std::exception& failure) { rethrow_migration_error(failure, context); }
  }

  std::unique_ptr<libpq::Driver> driver_;
  std::string schema_;
  const Call& call_;
  bool would_own_;
  libpq::CancelHandle cancel_;
};

}  // namespace heddle::postgres::migrations
