#pragma once

#include "heddle/config/artifact_content.hpp"
#include "heddle/config/environment.hpp"
#include "heddle/config/query_budget.hpp"
#include "heddle/config/result_settings.hpp"
#include "heddle/config/retention.hpp"
#include "heddle/config/soft_delete.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/check_config.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/proto/storage.pb.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// @file
/// The PostgreSQL section of a configuration. Needs no libpq, so that every build can validate it.
namespace heddle {
namespace config {

/// Appends ` name='value'` to a connection string of libpq unless the value is empty.
inline void append_setting(std::string& dsn, std::string_view name, std::string_view value) {
  if (value.empty()) { return; }
  if (!dsn.empty()) { dsn += ' '; }
  dsn.append(name).append("='");
  for (const char each : value) {
    if (each == '\'' || each == '\\') { dsn += '\\'; }
    dsn += each;
  }
  dsn += '\'';
}

/// Returns `value`, or the environment variable `name` if `value` is empty.
[[nodiscard]] inline std::string resolve_setting(const std::string& value, const Environment& environment,
                                                 const char* name) {
  return value.empty() ? environment.get(name).value_or("") : value;
}

/// Returns the connection string made of the fields of a configuration; empty if host or database is missing. Throws
/// `invalid_argument` for an invalid field.
[[nodiscard]] inline std::string dsn_of_fields(const v1::PostgresStorageConfig& from, const Environment& environment) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  const int port = from.has_port() ? from.port() : 5432;
  if (port < 1 || port > 65535) { refuse("postgres.port must be between 1 and 65535"); }
  const std::string_view ssl = from.ssl_mode().empty() ? std::string_view("require") : from.ssl_mode();
  if (ssl != "disable" && ssl != "require" && ssl != "verify-ca" && ssl != "verify-full") {
    refuse("postgres.ssl_mode must be disable, require, verify-ca or verify-full");
  }
  std::string dsn;
  if (from.host().empty() || from.database().empty()) { return dsn; }
  append_setting(dsn, "host", from.host());
  append_setting(dsn, "port", std::to_string(port));
  append_setting(dsn, "dbname", from.database());
  append_setting(dsn, "user", from.user());
  append_setting(dsn, "password", resolve_setting(from.password(), environment, "LOOM_PG_PASSWORD"));
  append_setting(dsn, "sslmode", ssl);
  return dsn;
}

[[nodiscard]] inline postgres::PoolConfig pool_of(const v1::PostgresPoolConfig& from) {
  using std::chrono::seconds;
  postgres::PoolConfig pool;
  if (from.has_max_connections()) { pool.max_connections = from.max_connections(); }
  pool.min_connections =
      from.has_min_connections() ? from.min_connections() : std::min(pool.min_connections, pool.max_connections);
  if (from.has_max_idle_time_seconds()) { pool.max_idle_time = seconds(from.max_idle_time_seconds()); }
  if (from.has_max_lifetime_seconds()) { pool.max_lifetime = seconds(from.max_lifetime_seconds()); }
  if (from.has_health_check_interval_seconds()) {
    pool.health_check_interval = seconds(from.health_check_interval_seconds());
  }
  return pool;
}

/// Returns how many bytes a page may have.
[[nodiscard]] inline std::int64_t page_bytes_of(std::uint64_t bytes) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  if (bytes < 1 || bytes > most) {
    throw Error(ErrorCode::invalid_argument, "postgres.page_bytes must be between 1 and 2^63-1");
  }
  return static_cast<std::int64_t>(bytes);
}

/// Returns the tenant of calls that name none; empty if such calls are refused.
[[nodiscard]] inline std::string default_user_of(const v1::PostgresStorageConfig& from) {
  if (from.has_require_user_id() && !from.require_user_id()) {
    return from.default_user_id().empty() ? "default-user" : from.default_user_id();
  }
  if (!from.default_user_id().empty()) {
    // A default tenant that no call would ever use is a mistake.
    throw Error(ErrorCode::invalid_argument,
                "postgres.default_user_id is set but postgres.require_user_id is on (its default): turn it off or "
                "remove the user");
  }
  return {};
}

}  // namespace config

/// Returns the settings of PostgreSQL in a configuration, with all defaults and the environment variables
/// `LOOM_PG_DSN`, `LOOM_PG_PASSWORD`, `LOOM_PG_ADMIN_DSN` and `LOOM_PG_MIGRATION_DSN`: for a program that knows its
/// backend and calls `Backend<Postgres>(postgres_config(config))`. A connection string is used unchanged, without the
/// fields and the password. Creates no folder. Throws `invalid_argument` if the configuration has no section
/// `postgres`, does not say where the database is, or has invalid values; `failed_precondition` if it enables Supabase;
/// and what `Environment::expand` throws. No message contains a connection string or a password.
[[nodiscard]] inline postgres::Config postgres_config(const v1::StorageConfig& config,
                                                      const Environment& environment = {}) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (!config.has_postgres()) {
    refuse("the backend is PostgreSQL but the configuration has no section `postgres`: add one");
  }
  const v1::PostgresStorageConfig& from = config.postgres();
  if (from.supabase().enabled()) {
    throw Error(ErrorCode::failed_precondition,
                "Supabase is not supported: turn postgres.supabase off and connect to the project's database by the "
                "other fields of `postgres`");
  }
  postgres::Config settings;
  const std::string of_fields = config::dsn_of_fields(from, environment);
  settings.dsn = config::resolve_setting(from.dsn(), environment, "LOOM_PG_DSN");
  if (settings.dsn.empty()) { settings.dsn = of_fields; }
  if (settings.dsn.empty()) {
    refuse("the section `postgres` names no database: set dsn (or LOOM_PG_DSN), or host and database");
  }
  settings.admin_dsn = config::resolve_setting(from.admin_dsn(), environment, "LOOM_PG_ADMIN_DSN");
  settings.migration_dsn = config::resolve_setting(from.migration_dsn(), environment, "LOOM_PG_MIGRATION_DSN");
  if (!from.schema().empty()) { settings.schema = from.schema(); }
  settings.read_only = config.read_only();
  settings.pool = config::pool_of(from.pool());
  settings.default_user_id = config::default_user_of(from);
  settings.named_statements = !from.has_named_statements() || from.named_statements();
  settings.allow_role_without_row_security = from.allow_role_without_row_security();
  settings.soft_delete = config::soft_delete_of(from.soft_delete());
  settings.query_budget = config::query_budget_of("postgres", from.query_budget());
  settings.results = config::result_settings_of("postgres", from.results());
  settings.retention = config::retention_of(from.retention());
  if (from.has_page_bytes()) { settings.page_bytes = config::page_bytes_of(from.page_bytes()); }
  if (from.has_search_candidates()) { settings.search_candidates = from.search_candidates(); }
  if (from.has_reindex_interval_seconds()) {
    settings.reindex_interval = std::chrono::seconds(from.reindex_interval_seconds());
  }
  config::read_artifact_content("postgres", from, settings);
  settings.artifact_directory = from.artifact_directory().empty() ? environment.data_directory() / "artifacts"
                                                                  : environment.expand(from.artifact_directory());
  postgres::check(settings);
  if (!config.migration().migration_dir().empty()) {
    settings.migration_directory = environment.expand(config.migration().migration_dir());
  }
  return settings;
}

}  // namespace heddle
