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

#include <fstream>
#include <memory>
#include <system_error>
#include <utility>

namespace command {
namespace {

namespace fs = std::filesystem;
using heddle::Error;
using heddle::ErrorCode;

bool is_dsn(const std::string& name) {
  if (name.starts_with("postgres://") || name.starts_with("postgresql://")) { return true; }
  std::error_code unknown;
  return name.find('=') != std::string::npos && !fs::exists(name, unknown);
}

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
  auto backend = std::make_unique<Backend>(std::move(config), heddle::NoTracing{}, context);
  Database database{.backend = heddle::AnyBackend(std::move(backend)),
                    .default_user = std::move(default_user),
                    .migrations = std::move(migrations)};
  if (access == Access::read || access == Access::write) { require_migrated(database.backend, context); }
  return database;
}

Database open_sqlite(heddle::sqlite::Config config, const DatabaseName& name, Access access,
                     const heddle::Context& context) {
  std::error_code unknown;
  const fs::path file = config.path;
  if (access != Access::migrate && !fs::exists(file, unknown)) {
    throw Error(ErrorCode::not_found, "there is no database " + file.string() + "; `heddle migrate` makes one");
  }
  // Who can open the file can read all of it.
  config.administer_tenants = true;
  config.immutable = config.immutable || name.immutable;
  if (name.immutable && (access == Access::write || access == Access::migrate)) {
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
  return open_as<heddle::Backend<heddle::Postgres>>(std::move(config), access, context,
                                                    heddle::postgres::embedded_migrations);
}

Database open_dsn(const DatabaseName& name, Access access, const heddle::Context& context) {
  const heddle::Environment environment;
  heddle::postgres::Config config;
  config.dsn = name.name;
  config.admin_dsn = environment.get("LOOM_PG_ADMIN_DSN").value_or("");
  config.migration_dsn = environment.get("LOOM_PG_MIGRATION_DSN").value_or("");
  config.artifact_directory = environment.data_directory() / "artifacts";
  return open_postgres(std::move(config), name, access, context);
}
#else
Database open_dsn(const DatabaseName& /*name*/, Access /*access*/, const heddle::Context& /*context*/) {
  throw Error(ErrorCode::failed_precondition, "this build has no PostgreSQL backend");
}
#endif

#if HEDDLE_COMMAND_WITH_CONFIG
Database open_config(const DatabaseName& name, Access access, const heddle::Context& context) {
  const heddle::v1::StorageConfig config = heddle::load_config(name.name);
  if (config.backend() != heddle::v1::STORAGE_BACKEND_TYPE_POSTGRES) {
    if (config.has_postgres() && config.backend() == heddle::v1::STORAGE_BACKEND_TYPE_UNSPECIFIED) {
      throw Error(ErrorCode::invalid_argument, "the configuration has a section `postgres` but names no backend");
    }
    return open_sqlite(heddle::sqlite_config(config), name, access, context);
  }
#if HEDDLE_COMMAND_WITH_POSTGRES
  return open_postgres(heddle::postgres_config(config), name, access, context);
#else
  return open_dsn(name, access, context);
#endif
}
#else
Database open_config(const DatabaseName& /*name*/, Access /*access*/, const heddle::Context& /*context*/) {
  throw Error(ErrorCode::failed_precondition,
              "this build reads no configuration files: it was built with HEDDLE_WITH_OPEN=OFF");
}
#endif

}  // namespace

Database open_database(const DatabaseName& name, Access access, const heddle::Context& context) {
  if (is_dsn(name.name)) { return open_dsn(name, access, context); }
  if (!name.name.empty() && is_config(name.name)) { return open_config(name, access, context); }
  const heddle::Environment environment;
  const fs::path file = name.name.empty() ? environment.data_directory() / "loom.db" : environment.expand(name.name);
  return open_sqlite({.path = file.string()}, name, access, context);
}

}  // namespace command
