#pragma once

#include "heddle/postgres.hpp"
#include "support/pgbouncer.hpp"
#include "support/postgres_database.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace support {

/// A database of the tests' server that Heddle's own migrator has migrated, with the role that migrates.
class MigratedDatabase {
 public:
  /// Returns the configuration of a server: with the role that sees one tenant, and the admin's connection. `artifacts`
  /// is the root of artifact files.
  [[nodiscard]] heddle::postgres::Config config(std::filesystem::path artifacts = {}) const {
    heddle::postgres::Config config;
    config.dsn = database_.app_dsn();
    config.admin_dsn = database_.admin_dsn();
    config.pool.min_connections = 0;
    config.pool.max_connections = 12;
    config.default_user_id = "default-user";
    config.artifact_directory = std::move(artifacts);
    if (const PgBouncer* const pooler = pgbouncer_of_tests(); pooler != nullptr) {
      config.dsn = pooler->dsn(config.dsn);
      config.admin_dsn = pooler->dsn(config.admin_dsn);
      config.named_statements = false;
    }
    return config;
  }

  [[nodiscard]] PostgresDatabase& database() noexcept { return database_; }

 private:
  static void migrate(const std::string& dsn) {
    heddle::postgres::Config config;
    config.dsn = dsn;
    config.pool.min_connections = 0;
    config.allow_role_without_row_security = true;
    heddle::Backend<heddle::Postgres> backend(config);
    backend.migrate();
  }

  /// Set before the first database is copied from the template.
  struct WithMigrator {
    WithMigrator() { PostgresDatabase::template_with(&migrate); }
  };
  static inline const WithMigrator with_migrator_{};

  PostgresDatabase database_;
};

}  // namespace support
