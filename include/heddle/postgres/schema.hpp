#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/connect.hpp"
#include "heddle/postgres/driver.hpp"
#include "heddle/postgres/error_mapping.hpp"
#include "heddle/postgres/quote.hpp"
#include "heddle/postgres/statements/role.hpp"
#include "heddle/sql/migration.hpp"
#include "heddle/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres {

/// The migration table of a schema, inside a transaction of a migrator.
class SchemaSession {
 public:
  SchemaSession(pqxx::transaction_base& transaction, const std::string& schema) : transaction_(transaction) {
    execute(transaction_, "SELECT set_config('search_path', $1, true)", search_path(schema));
    if (execute(transaction_, "SELECT current_schema()")[0][0].is_null()) {
      throw Error(ErrorCode::failed_precondition, "the database has no schema of the configured name");
    }
  }

  /// Keeps every other migrator, of whatever process, waiting to the end of the transaction.
  void lock(std::chrono::milliseconds patience) {
    execute(transaction_, "SELECT set_config('lock_timeout', $1, true)", std::to_string(patience.count()));
    execute(transaction_,
            "SELECT pg_advisory_xact_lock(hashtextextended('heddle_migrations ' || current_schema(), 0))");
  }

  /// The records, oldest first; none if there is no table for them yet. Throws `failed_precondition` for a schema with
  /// tables that are not Heddle's.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    std::vector<AppliedMigration> records;
    if (exists("'heddle_migrations'")) {
      for (const auto& row : execute(transaction_,
                                     "SELECT version, name, checksum, applied_at FROM heddle_migrations "
                                     "ORDER BY version")) {
        records.push_back({row[0].as<std::int32_t>(), row[1].c_str(), row[2].c_str(),
                           Timestamp(Timestamp::duration(row[3].as<std::int64_t>()))});
      }
    } else if (exists(table_names())) {
      throw Error(ErrorCode::failed_precondition, "the schema has tables of another application");
    }
    return records;
  }

  void run(const std::string& text) { transaction_.exec(text); }

  void record(const Migration& migration) {
    if (!exists("'heddle_migrations'")) {
      execute(
          transaction_,
          "CREATE TABLE heddle_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, "
          "applied_at bigint NOT NULL)");
      // Other roles may have rights on all tables; of this one they only read, whatever these are.
      execute(transaction_, "ALTER TABLE heddle_migrations ENABLE ROW LEVEL SECURITY");
      execute(transaction_, "CREATE POLICY readable ON heddle_migrations FOR SELECT USING (true)");
    }
    execute(transaction_, "INSERT INTO heddle_migrations VALUES ($1, $2, $3, $4)", migration.version, migration.name,
            migration.checksum, microseconds_of(now()));
  }

  void forget(std::int32_t version) {
    execute(transaction_, "DELETE FROM heddle_migrations WHERE version = $1", version);
  }

 private:
  bool exists(const std::string& names) {
    return execute(transaction_,
                   "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND "
                   "relname IN (" +
                       names + ") LIMIT 1")
               .size() != 0;
  }

  pqxx::transaction_base& transaction_;
};

/// PostgreSQL's part in migrating, on a connection of its own that goes with the object: the lock, the step and its
/// record are in one transaction.
class Schema {
 public:
  Schema(const std::string& dsn, std::string schema, const Call& call)
      : driver_(std::make_unique<Driver>(connect(dsn, call.context))), schema_(std::move(schema)), call_(call) {}

  [[nodiscard]] std::vector<AppliedMigration> applied() {
    std::vector<AppliedMigration> records;
    transact([&records](SchemaSession& session) { records = session.applied(); });
    return records;
  }

  template <class Step>
  void take(Step&& step) {
    transact([&](SchemaSession& session) {
      session.lock(patience());
      step(session);
    });
  }

 private:
  [[nodiscard]] std::chrono::milliseconds patience() const {
    using std::chrono::milliseconds;
    constexpr milliseconds usual = std::chrono::minutes(5);
    if (!call_.context.deadline) { return usual; }
    const auto left = std::chrono::ceil<milliseconds>(*call_.context.deadline - Context::Clock::now());
    return std::clamp(left, milliseconds(1), usual);
  }

  template <class Use>
  void transact(Use use) {
    call_.context.check();
    try {
      pqxx::work transaction(driver_->session());
      SchemaSession session(transaction, schema_);
      use(session);
      transaction.commit();
    } catch (const Error&) { throw; } catch (const pqxx::in_doubt_error&) {
      throw Error(ErrorCode::unavailable, "the connection was lost while a migration was committed", {},
                  Outcome::in_doubt);
    } catch (const std::exception& failure) {
      const std::string state = sqlstate_of(failure);
      if (state.empty()) { throw Error(ErrorCode::unavailable, "migrating: the connection was lost"); }
      if (state == "55P03") { throw Error(ErrorCode::unavailable, "another migrator holds the lock", state); }
      if (state == "42501") {
        throw Error(ErrorCode::permission_denied,
                    "migrating: the database role may not change the schema; set migration_dsn or admin_dsn (or "
                    "LOOM_PG_MIGRATION_DSN, LOOM_PG_ADMIN_DSN) to the connection string of a role that may",
                    state);
      }
      // No content is about: the statements are those of the migrations.
      throw Error(meaning_of(state).code, std::string("migrating: ") + failure.what(), state);
    }
  }

  std::unique_ptr<Driver> driver_;
  std::string schema_;
  const Call& call_;
};

}  // namespace heddle::postgres
