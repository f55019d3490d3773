#pragma once

#include "heddle/config/environment.hpp"
#include "heddle/error.hpp"
#include "heddle/proto/storage.pb.h"

#include <string_view>

namespace heddle {

/// What a configuration says of PostgreSQL, with all defaults and what the environment adds (`LOOM_PG_DSN`,
/// `LOOM_PG_PASSWORD`) filled in. Throws `invalid_argument` if it has no such section, does not say where the database
/// is, or has values that can have no meaning; `failed_precondition` if it wants Supabase.
[[nodiscard]] inline v1::PostgresStorageConfig postgres_config(const v1::StorageConfig& config,
                                                               const Environment& environment = {}) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (!config.has_postgres()) { refuse("the backend is PostgreSQL, but the configuration has no section `postgres`"); }
  v1::PostgresStorageConfig settings = config.postgres();
  if (settings.supabase().enabled()) {
    throw Error(ErrorCode::failed_precondition,
                "Supabase is not supported: turn postgres.supabase off and name the project's "
                "database in `postgres`");
  }
  if (settings.dsn().empty()) { settings.set_dsn(environment.get("LOOM_PG_DSN").value_or("")); }
  if (settings.password().empty()) { settings.set_password(environment.get("LOOM_PG_PASSWORD").value_or("")); }
  if (settings.dsn().empty() && (settings.host().empty() || settings.database().empty())) {
    refuse("postgres needs a dsn (or LOOM_PG_DSN), or a host and a database");
  }
  if (!settings.has_port()) { settings.set_port(5432); }
  if (settings.port() < 1 || settings.port() > 65535) { refuse("postgres.port is not between 1 and 65535"); }
  if (settings.ssl_mode().empty()) { settings.set_ssl_mode("require"); }
  const std::string_view ssl = settings.ssl_mode();
  if (ssl != "disable" && ssl != "require" && ssl != "verify-ca" && ssl != "verify-full") {
    refuse("postgres.ssl_mode is none of disable, require, verify-ca and verify-full");
  }
  if (settings.schema().empty()) { settings.set_schema("public"); }
  if (!settings.has_require_user_id()) { settings.set_require_user_id(true); }

  auto& pool = *settings.mutable_pool();
  if (!pool.has_max_connections()) { pool.set_max_connections(25); }
  if (!pool.has_min_connections()) { pool.set_min_connections(5); }
  if (!pool.has_max_idle_time_seconds()) { pool.set_max_idle_time_seconds(300); }
  if (!pool.has_max_lifetime_seconds()) { pool.set_max_lifetime_seconds(3600); }
  if (!pool.has_health_check_interval_seconds()) { pool.set_health_check_interval_seconds(30); }
  auto& soft_delete = *settings.mutable_soft_delete();
  if (!soft_delete.has_grace_period_seconds()) { soft_delete.set_grace_period_seconds(2592000); }
  if (!soft_delete.has_cleanup_interval_seconds()) { soft_delete.set_cleanup_interval_seconds(86400); }
  return settings;
}

}  // namespace heddle
