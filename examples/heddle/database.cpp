#include "database.hpp"

#include <heddle/config/environment.hpp>
#include <heddle/error.hpp>
#include <heddle/migrations/files.hpp>
#include <heddle/sqlite.hpp>
#include <heddle/sqlite/embedded_migrations.hpp>
#include <heddle/tracing.hpp>

#if HEDDLE_COMMAND_WITH_POSTGRES
#include <heddle/postgres.hpp>
#include <heddle/postgres/embedded_migrations.hpp>
#endif
#if HEDDLE_COMMAND_WITH_CONFIG
#include <heddle/config/parse.hpp>
#include <heddle/config/postgres_config.hpp>
#include <heddle/config/sqlite_config.hpp>
#endif

#include <chrono>
#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

namespace command {
namespace {

namespace fs = std::filesystem;
using heddle::Error;
using heddle::ErrorCode;

/// A configuration, as opposed to a database: its name ends like one, or it begins like JSON. To be asked before the
/// file is opened as a database.
bool is_config(const fs::path& path) {
  if (path.extension() == ".json") { return true; }
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  while (file.get(first) && (first == ' ' || first == '\n' || first == '\r' || first == '\t')) {}
  return file && first == '{';
}

/// Refuses a schema that lacks migrations.
void require_migrated(heddle::AnyBackend& backend, const heddle::Context& context) {
  const auto pending = backend.pending_migrations(context);
  if (pending.empty()) { return; }
  throw Error(
      ErrorCode::failed_precondition,
      "the database lacks migration " + std::to_string(pending.front().version) + ": run `heddle migrate` first");
}

template <class Backend, class Config, class Embedded>
Database open_as(Config config, Access access, const heddle::Context& context, const Embedded& embedded) {
  config.read_only = config.read_only || access == Access::inspect || access == Access::read;
  auto migrations = config.migration_directory.empty()
                        ? heddle::migrations::load_migrations(embedded)
                        : heddle::migrations::load_migrations(config.migration_directory);
  std::string default_user = config.default_user_id;
  // A command does what it is told, and no more.
  const auto retention = std::exchange(config.retention, {});
  config.results.cleanup_interval = std::chrono::seconds(0);
  config.soft_delete.enabled = false;
  auto backend = std::make_unique<Backend>(std::move(config), heddle::NoTracing{}, context);
  Database database{.backend = heddle::AnyBackend(std::move(backend)),
                    .default_user = std::move(default_user),
                    .migrations = std::move(migrations),
                    .retention = retention};
  if (access == Access::fill && database.backend.details(context).migration_version == 0) {
    database.backend.migrate(context);
  }
  if (access != Access::inspect && access != Access::migrate) { require_migrated(database.backend, context); }
  return database;
}

Database open_sqlite(heddle::sqlite::Config config, const DatabaseName& name, Access access,
                     const heddle::Context& context) {
  std::error_code unknown;
  const fs::path file = config.path;
  if (access != Access::migrate && access != Access::fill && !fs::exists(file, unknown)) {
    throw Error(ErrorCode::not_found, "there is no database " + file.string() +
                                          (name.name.empty() ? "; name another with --database, or" : ";") +
                                          " `heddle migrate` makes one");
  }
  // Who can open the file can read all of it.
  config.administer_tenants = true;
  config.immutable = config.immutable || name.immutable;
  if (name.immutable && access != Access::inspect && access != Access::read) {
    throw Error(ErrorCode::invalid_argument, "--immutable is for commands that only read");
  }
  Database database =
      open_as<heddle::Backend<heddle::Sqlite>>(std::move(config), access, context, heddle::sqlite::embedded_migrations);
  database.file = file;
  return database;
}

#if HEDDLE_COMMAND_WITH_POSTGRES
Database open_postgres(heddle::postgres::Config config, const DatabaseName& name, Access access,
                       const heddle::Context& context) {
  if (!name.admin_dsn.empty()) { config.admin_dsn = name.admin_dsn; }
  config.pool.min_connections = 0;
  config.reindex_interval = std::chrono::seconds(0);
  std::string dsn = config.dsn;
  Database database = open_as<heddle::Backend<heddle::Postgres>>(std::move(config), access, context,
                                                                 heddle::postgres::embedded_migrations);
  database.dsn = std::move(dsn);
  return database;
}

Database open_dsn(const DatabaseName& name, Access access, const heddle::Context& context) {
  const heddle::Environment environment;
  heddle::postgres::Config config;
  config.dsn = name.name;
  if (name.has_environment) {
    config.admin_dsn = environment.get("LOOM_PG_ADMIN_DSN").value_or("");
    config.migration_dsn = environment.get("LOOM_PG_MIGRATION_DSN").value_or("");
  }
  config.artifact_directory = environment.data_directory() / "artifacts";
  return open_postgres(std::move(config), name, access, context);
}
#else
Database open_dsn(const DatabaseName& /*name*/, Access /*access*/, const heddle::Context& /*context*/) {
  throw Error(ErrorCode::failed_precondition, "this build has no PostgreSQL backend");
}
#endif

#if HEDDLE_COMMAND_WITH_CONFIG
heddle::v1::StorageConfig read_config(const DatabaseName& name) {
  heddle::v1::StorageConfig config = heddle::load_config(name.name);
  if (config.has_postgres() && config.backend() == heddle::v1::STORAGE_BACKEND_TYPE_UNSPECIFIED) {
    throw Error(ErrorCode::invalid_argument, "the configuration has a section `postgres` but names no backend");
  }
  return config;
}
bool is_of_sqlite(const heddle::v1::StorageConfig& config) {
  return config.backend() != heddle::v1::STORAGE_BACKEND_TYPE_POSTGRES;
}

Database open_config(const DatabaseName& name, Access access, const heddle::Context& context) {
  const heddle::v1::StorageConfig config = read_config(name);
  if (is_of_sqlite(config)) { return open_sqlite(heddle::sqlite_config(config), name, access, context); }
#if HEDDLE_COMMAND_WITH_POSTGRES
  return open_postgres(heddle::postgres_config(config), name, access, context);
#else
  return open_dsn(name, access, context);
#endif
}
#else
[[noreturn]] void refuse_config() {
  throw Error(ErrorCode::failed_precondition,
              "this build reads no configuration files: it was built with HEDDLE_WITH_OPEN=OFF");
}
Database open_config(const DatabaseName& /*name*/, Access /*access*/, const heddle::Context& /*context*/) {
  refuse_config();
}
#endif

fs::path file_of(const DatabaseName& name) {
  const heddle::Environment environment;
  return name.name.empty() ? environment.data_directory() / "loom.db" : environment.expand(name.name);
}

}  // namespace

bool is_connection_string(const std::string& name) {
  if (name.starts_with("postgres://") || name.starts_with("postgresql://")) { return true; }
  std::error_code unknown;
  if (fs::exists(name, unknown)) { return false; }
  if (name.find("://") != std::string::npos || name.starts_with("postgres:") || name.starts_with("postgresql:")) {
    throw Error(ErrorCode::invalid_argument,
                "a connection string of PostgreSQL begins with postgres://, or is host=...");
  }
  return name.find('=') != std::string::npos;
}

Database open_database(const DatabaseName& name, Access access, const heddle::Context& context) {
  if (is_connection_string(name.name)) { return open_dsn(name, access, context); }
  if (!name.name.empty() && is_config(name.name)) { return open_config(name, access, context); }
  return open_sqlite({.path = file_of(name).string()}, name, access, context);
}

SqlitePlace sqlite_place(const DatabaseName& name) {
  const auto refuse = [] {
    throw Error(ErrorCode::failed_precondition,
                "this is for SQLite only; a PostgreSQL database is restored by pg_restore: see production.md, "
                "\"Backup and restore\"");
  };
  if (is_connection_string(name.name)) { refuse(); }
  if (name.name.empty() || !is_config(name.name)) { return {.database = file_of(name)}; }
#if HEDDLE_COMMAND_WITH_CONFIG
  const heddle::v1::StorageConfig config = read_config(name);
  if (!is_of_sqlite(config)) { refuse(); }
  const heddle::sqlite::Config settings = heddle::sqlite_config(config);
  return {.database = settings.path, .artifact_directory = settings.artifact_directory};
#else
  refuse_config();
#endif
}

}  // namespace command
