#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

// Databases that nothing was migrated in. As in subjects.hpp, CMakeLists.txt says on which database.
#ifdef HEDDLE_CONFORMANCE_POSTGRES

#include "heddle/postgres.hpp"
#include "support/postgres_database.hpp"
#include "support/raw_postgres.hpp"

namespace conformance {

/// An empty database of a PostgreSQL server, and somebody who looks past the library.
class EmptyPlace {
 public:
  using Storage = heddle::Backend<heddle::Postgres>;

  [[nodiscard]] heddle::postgres::Config config(std::filesystem::path migrations = {}) const {
    heddle::postgres::Config config;
    config.dsn = database_.app_dsn();
    config.migration_dsn = database_.admin_dsn();
    config.pool.min_connections = 0;
    config.default_user_id = "default-user";
    config.migration_directory = std::move(migrations);
    return config;
  }
  void execute(const std::string& sql) { raw_.execute(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) { return raw_.integer(sql); }
  /// All that there is in the schema, sorted: tables with their indexes, functions, types, policies.
  [[nodiscard]] std::string contents() {
    return raw_.text(
        "SELECT string_agg(name, ',' ORDER BY name) FROM ("
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace "
        "UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace "
        "UNION ALL SELECT conname FROM pg_constraint WHERE connamespace = 'public'::regnamespace "
        "UNION ALL SELECT tablename || '.' || policyname FROM pg_policies WHERE schemaname = 'public') AS all_names "
        "(name)");
  }

 private:
  support::PostgresDatabase database_{support::PostgresDatabase::Contents::roles_only};
  support::RawPostgres raw_{database_.superuser_dsn()};
};

}  // namespace conformance

#else

#include "heddle/sqlite.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

namespace conformance {

/// A file without a database, and somebody who looks into it past the library.
class EmptyPlace {
 public:
  using Storage = heddle::Backend<heddle::Sqlite>;

  [[nodiscard]] heddle::sqlite::Config config(std::filesystem::path migrations = {}) const {
    return {.path = file(), .migration_directory = std::move(migrations)};
  }
  void execute(const std::string& sql) const { support::RawDatabase(file()).execute(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) const { return support::RawDatabase(file()).integer(sql); }
  /// All that there is in the database, sorted.
  [[nodiscard]] std::string contents() const {
    return support::RawDatabase(file()).text(
        "SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name)");
  }

 private:
  [[nodiscard]] std::string file() const { return (folder_.path() / "heddle.db").string(); }

  support::TemporaryFolder folder_;
};

}  // namespace conformance

#endif
