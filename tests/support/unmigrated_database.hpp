#pragma once

#include "heddle/postgres.hpp"
#include "support/pgbouncer.hpp"
#include "support/postgres_database.hpp"
#include "support/raw_postgres.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

namespace support {

/// An empty database of the tests' server with the roles, and a connection without the library.
class UnmigratedDatabase {
 public:
  using Storage = heddle::Backend<heddle::Postgres>;

  [[nodiscard]] heddle::postgres::Config config(std::filesystem::path migrations = {}) const {
    heddle::postgres::Config config;
    config.dsn = database_.app_dsn();
    config.migration_dsn = database_.admin_dsn();
    config.pool.min_connections = 0;
    config.default_user_id = "default-user";
    config.migration_directory = std::move(migrations);
    if (const PgBouncer* const pooler = pgbouncer_of_tests(); pooler != nullptr) {
      config.dsn = pooler->dsn(config.dsn);
      config.migration_dsn = pooler->dsn(config.migration_dsn);
      config.named_statements = false;
    }
    return config;
  }
  [[nodiscard]] const PostgresDatabase& database() const noexcept { return database_; }
  /// Returns a superuser's connection.
  [[nodiscard]] RawPostgres& raw() noexcept { return raw_; }
  void execute(const std::string& sql) { raw_.execute(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) { return raw_.integer(sql); }

  /// Returns the names of all objects in a schema, sorted: tables with their indexes, functions, types, constraints,
  /// policies.
  [[nodiscard]] std::string contents(const std::string& schema = "public") {
    const std::string here = " = (SELECT oid FROM pg_namespace WHERE nspname = '" + schema + "')";
    return raw_.text(
        "SELECT string_agg(name, ',' ORDER BY name) FROM (SELECT relname FROM pg_class WHERE relnamespace" + here +
        " UNION ALL SELECT proname FROM pg_proc WHERE pronamespace" + here +
        " UNION ALL SELECT typname FROM pg_type WHERE typnamespace" + here +
        " UNION ALL SELECT conname FROM pg_constraint WHERE connamespace" + here +
        " UNION ALL SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = '" + schema +
        "') AS names (name)");
  }

  /// Waits until the server has noticed that the migrators have ended, or has finished their statements.
  void wait_for_migrators() {
    while (integer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'heddle_admin' AND datname = "
                   "current_database()") != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  PostgresDatabase database_{PostgresDatabase::Contents::roles_only};
  RawPostgres raw_{database_.superuser_dsn()};
};

}  // namespace support
