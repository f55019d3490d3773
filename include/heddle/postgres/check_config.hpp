// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/validation/artifact_content.hpp"
#include "heddle/validation/query_budget.hpp"
#include "heddle/validation/read_only.hpp"
#include "heddle/validation/result_settings.hpp"
#include "heddle/validation/retention.hpp"
#include "heddle/validation/search_candidates.hpp"
#include "heddle/validation/soft_delete_config.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// Throws `invalid_argument` for a setting.
[[noreturn]] inline void refuse_setting(std::string_view setting, std::string_view why) {
  validation::refuse(std::string("postgres: ").append(setting), why);
}

/// Throws `invalid_argument` for a connection string with a NUL: as a C string it would silently lose its last
/// settings.
inline void refuse_nul(std::string_view setting, std::string_view dsn) {
  if (dsn.find('\0') != std::string_view::npos) { refuse_setting(setting, "contains a NUL"); }
}

/// Throws `invalid_argument` for a name that would need quotes. We always quote it, but users write it in their own
/// SQL.
inline void check_schema(std::string_view schema) {
  constexpr std::size_t longest = 63;  // PostgreSQL truncates longer names
  constexpr std::string_view first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr std::string_view digits = "0123456789";
  if (schema.empty() || schema.size() > longest) { refuse_setting("schema", "is not a name of 1 to 63 bytes"); }
  for (const char each : schema) {
    if (first.find(each) == std::string_view::npos && digits.find(each) == std::string_view::npos) {
      refuse_setting("schema", "contains a character other than letters, digits and _");
    }
  }
  if (digits.find(schema.front()) != std::string_view::npos) { refuse_setting("schema", "starts with a digit"); }
}

/// Throws `invalid_argument` for an invalid setting of the pool.
inline void check_pool(const PoolConfig& pool) {
  constexpr int most = 10'000;
  constexpr std::chrono::seconds none{0};
  if (pool.max_connections < 1 || pool.max_connections > most) {
    refuse_setting("pool.max_connections", "is not between 1 and 10000");
  }
  if (pool.min_connections < 0 || pool.min_connections > pool.max_connections) {
    refuse_setting("pool.min_connections", "is not between 0 and pool.max_connections");
  }
  if (pool.max_idle_time < none) { refuse_setting("pool.max_idle_time", "is negative"); }
  if (pool.max_lifetime <= none) { refuse_setting("pool.max_lifetime", "is not positive"); }
  if (pool.health_check_interval <= none) { refuse_setting("pool.health_check_interval", "is not positive"); }
}

/// Throws `failed_precondition` without an `admin_dsn`.
inline void require_admin(const Config& config) {
  if (config.admin_dsn.empty()) {
    throw Error(ErrorCode::failed_precondition,
                "operations on all tenants need admin_dsn: set it (heddle::open reads LOOM_PG_ADMIN_DSN) to the "
                "connection string of a role that sees all tenants");
  }
}

/// Throws `failed_precondition` if the configuration is one for reading only.
inline void require_writable(const Config& config) { validation::require_writable(config); }

/// Throws `invalid_argument` for an invalid setting. No message quotes the value of a setting.
inline void check(const Config& config) {
  if (config.dsn.empty()) { refuse_setting("dsn", "is missing"); }
  refuse_nul("dsn", config.dsn);
  refuse_nul("admin_dsn", config.admin_dsn);
  refuse_nul("migration_dsn", config.migration_dsn);
  if (config.open_timeout <= std::chrono::milliseconds(0)) { refuse_setting("open_timeout", "is not positive"); }
  check_schema(config.schema);
  validation::check_search_candidates("postgres", config.search_candidates);
  if (config.page_bytes < 1) { refuse_setting("page_bytes", "is less than 1"); }
  if (config.reindex_interval < std::chrono::seconds(0)) { refuse_setting("reindex_interval", "is negative"); }
  check_pool(config.pool);
  validation::check_query_budget("postgres", config.query_budget);
  validation::check_result_settings("postgres", config.results);
  validation::check_retention(
      "postgres", config.retention,
      config.admin_dsn.empty()
          ? "needs admin_dsn (heddle::open reads LOOM_PG_ADMIN_DSN): old records of all tenants are removed over that "
            "connection"
          : "");
  validation::check_artifact_content("postgres", config);
  validation::check_text("postgres: default_user_id", config.default_user_id, limits::id);
  validation::check_soft_delete(
      "postgres", config.soft_delete,
      config.admin_dsn.empty()
          ? "needs admin_dsn (heddle::open reads LOOM_PG_ADMIN_DSN): deleted sessions of all tenants are removed over "
            "that connection"
          : "");
}

}  // namespace heddle::postgres
