// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/postgres/libpq/driver.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "heddle/postgres/libpq/search_path.hpp"
#include "heddle/postgres/migrations/error.hpp"
#include "heddle/postgres/statements/role.hpp"
#include "heddle/time.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

namespace heddle::postgres::migrations {

/// The migration table of a schema, inside a transaction of a migrator.
class SchemaSession {
 public:
  /// Prepares the transaction. Throws `failed_precondition` if the schema does not exist, `permission_denied` if the
  /// role may not use it.
  SchemaSession(pqxx::transaction_base& transaction, const std::string& schema, const Context& context)
      : transaction_(transaction), context_(context) {
    // After a wait for the lock the transaction must see what was committed meanwhile, whatever the role's default is.
    transaction_.exec("SET TRANSACTION ISOLATION LEVEL READ COMMITTED");
    // Checked before the search path is set: with no other existing schema in it, tables would become temporary.
    const auto found = libpq::execute(
        transaction_, "SELECT has_schema_privilege(oid, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = $1",
        schema);
    if (found.empty()) {
      throw Error(ErrorCode::failed_precondition, "the database has no schema " + schema + ": create it");
    }
    if (!found[0][0].as<bool>()) {
      throw Error(ErrorCode::permission_denied, "the database role lacks the privilege USAGE on the schema " + schema);
    }
    libpq::execute(transaction_,
                   "SELECT set_config('search_path', $1, true), set_config('statement_timeout', $2, true), "
                   "set_config('lock_timeout', $3, true)",
                   libpq::search_path(schema), statement_timeout(), lock_timeout());
  }

  /// Locks out all other migrators, of all processes, until the end of the transaction. Throws `deadline_exceeded`, or
  /// `unavailable` without a deadline, if another one holds the lock too long.
  void lock() {
    set_time_limits();
    try {
      libpq::execute(transaction_,
                     "SELECT pg_advisory_xact_lock(hashtextextended('heddle_migrations ' || current_schema(), 0))");
    } catch (const std::exception&) {
      if (libpq::handled_sqlstate() != libpq::sqlstate::lock_not_available) { throw; }
      throw lock_error(context_, "the migration lock of another migrator");
    }
    set_time_limits();
  }

  /// Returns the records, oldest first; none before the first migration. Throws `failed_precondition` if the schema has
  /// tables of another application.
  [[nodiscard]] std::vector<AppliedMigration> applied() {
    // In one statement, as of one moment: another migrator can commit its first migration meanwhile.
    const auto found =
        libpq::execute(transaction_, "SELECT " + existence("'heddle_migrations'") + ", " + existence(table_names()));
    std::vector<AppliedMigration> records;
    if (found[0][0].as<bool>()) {
      for (const auto& row : libpq::execute(transaction_,
                                            "SELECT version, name, checksum, applied_at FROM heddle_migrations "
                                            "ORDER BY version")) {
        records.push_back({row[0].as<std::int32_t>(), row[1].c_str(), row[2].c_str(),
                           Timestamp(Timestamp::duration(row[3].as<std::int64_t>()))});
      }
    }
    if (records.empty() && found[0][1].as<bool>()) {
      throw Error(ErrorCode::failed_precondition,
                  "the schema contains tables of another application: use a separate schema for Heddle");
    }
    return records;
  }

  /// Runs the statements of a migration.
  void run(const std::string& text) {
    context_.check();
    try {
      transaction_.exec(text);
    } catch (const std::exception& failure) { rethrow_migration_error(failure, context_); }
  }

  /// Records a migration as applied. Creates the migration table if it does not exist.
  void record(const Migration& migration) {
    if (!libpq::execute(transaction_, "SELECT " + existence("'heddle_migrations'"))[0][0].as<bool>()) {
      libpq::execute(
          transaction_,
          "CREATE TABLE heddle_migrations (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, "
          "applied_at bigint NOT NULL)");
      // Default privileges may let other roles write to new tables; row security lets them only read this one.
      libpq::execute(transaction_, "ALTER TABLE heddle_migrations ENABLE ROW LEVEL SECURITY");
      libpq::execute(transaction_, "CREATE POLICY readable ON heddle_migrations FOR SELECT USING (true)");
    }
    libpq::execute(transaction_, "INSERT INTO heddle_migrations VALUES ($1, $2, $3, $4)", migration.version,
                   migration.name, migration.checksum, microseconds_of(now()));
  }

  /// Removes the record of a migration.
  void forget(std::int32_t version) {
    libpq::execute(transaction_, "DELETE FROM heddle_migrations WHERE version = $1", version);
  }

 private:
  using Milliseconds = std::chrono::milliseconds;

  /// Returns the time until the deadline. Precondition: there is one.
  [[nodiscard]] Milliseconds remaining_time() const {
    constexpr Milliseconds longest = std::chrono::hours(24 * 20);  // the server stores it in 32 bits
    return std::clamp(std::chrono::ceil<Milliseconds>(*context_.deadline - Context::Clock::now()), Milliseconds(1),
                      longest);
  }
  /// Returns how long to wait for a lock. A migration that waits for a lock on a table blocks all others that need it.
  [[nodiscard]] std::string lock_timeout() const {
    constexpr Milliseconds usual = std::chrono::minutes(5);
    return std::to_string((context_.deadline ? std::min(remaining_time(), usual) : usual).count());
  }
  void set_time_limits() {
    libpq::execute(transaction_,
                   "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
                   statement_timeout(), lock_timeout());
  }
  /// Returns how long a statement may take. Overrides the role's own limit, which is meant for other work.
  [[nodiscard]] std::string statement_timeout() const {
    // A little more than a wait for a lock, so that the error tells which of the two it was.
    constexpr Milliseconds behind_locks{100};
    return context_.deadline ? std::to_string((remaining_time() + behind_locks).count()) : "0";
  }

  /// Returns the condition that the schema has one of these tables: `names` is a list of SQL literals.
  static std::string existence(const std::string& names) {
    return "EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND "
           "relname IN (" +
           names + "))";
  }

  pqxx::transaction_base& transaction_;
  const Context& context_;
};

}  // namespace heddle::postgres::migrations
