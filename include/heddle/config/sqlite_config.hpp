#pragma once

#include "heddle/config/artifact_content.hpp"
#include "heddle/config/environment.hpp"
#include "heddle/config/query_budget.hpp"
#include "heddle/config/result_settings.hpp"
#include "heddle/config/retention.hpp"
#include "heddle/config/soft_delete.hpp"
#include "heddle/error.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/sqlite/config.hpp"
#include "heddle/validation/search_candidates.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>

namespace heddle {
namespace config {

[[nodiscard]] inline sqlite::Durability durability_of(const v1::SQLiteStorageConfig& config) {
  switch (config.durability()) {
    case v1::SQLITE_DURABILITY_UNSPECIFIED:
    case v1::SQLITE_DURABILITY_FULL: return sqlite::Durability::full;
    case v1::SQLITE_DURABILITY_NORMAL: return sqlite::Durability::normal;
    default: throw Error(ErrorCode::invalid_argument, "sqlite.durability has an unknown value");
  }
}

[[nodiscard]] inline sqlite::Indexing indexing_of(const v1::SQLiteStorageConfig& config) {
  switch (config.indexing()) {
    case v1::SQLITE_INDEXING_UNSPECIFIED:
    case v1::SQLITE_INDEXING_DEFERRED: return sqlite::Indexing::deferred;
    case v1::SQLITE_INDEXING_IMMEDIATE: return sqlite::Indexing::immediate;
    default: throw Error(ErrorCode::invalid_argument, "sqlite.indexing has an unknown value");
  }
}

/// Returns the key from the configuration or from `LOOM_DB_KEY`; empty if encryption is off.
[[nodiscard]] inline std::string key_of(const v1::SQLiteStorageConfig& config, const Environment& environment) {
  if (config.encrypt()) {
    return config.encryption_key().empty() ? environment.get("LOOM_DB_KEY").value_or("") : config.encryption_key();
  }
  if (!config.encryption_key().empty()) {
    // A caller who sets a key does not expect a plain file.
    throw Error(ErrorCode::invalid_argument,
                "sqlite.encryption_key is set but sqlite.encrypt is off: turn it on or remove the key");
  }
  return {};
}

/// Reads the numbers that have bounds.
inline void read_sizes(const v1::SQLiteStorageConfig& config, sqlite::Config& settings) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (config.has_readers()) {
    if (config.readers() < 1 || config.readers() > 1000) { refuse("sqlite.readers must be between 1 and 1000"); }
    settings.readers = config.readers();
  }
  if (config.has_cache_kib()) {
    constexpr std::uint32_t most = std::numeric_limits<std::int32_t>::max();
    if (config.cache_kib() < 1 || config.cache_kib() > most) {
      refuse("sqlite.cache_kib must be between 1 and 2^31-1");
    }
    settings.cache_kib = config.cache_kib();
  }
  if (config.has_mmap_bytes()) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (config.mmap_bytes() > most) { refuse("sqlite.mmap_bytes must be at most 2^63-1"); }
    settings.mmap_bytes = static_cast<std::int64_t>(config.mmap_bytes());
  }
  if (config.has_visitor_log_bytes()) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (config.visitor_log_bytes() > most) { refuse("sqlite.visitor_log_bytes must be at most 2^63-1"); }
    settings.visitor_log_bytes = static_cast<std::int64_t>(config.visitor_log_bytes());
  }
  if (config.has_page_bytes()) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    if (config.page_bytes() < 1 || config.page_bytes() > most) {
      refuse("sqlite.page_bytes must be between 1 and 2^63-1");
    }
    settings.page_bytes = static_cast<std::int64_t>(config.page_bytes());
  }
  if (config.has_search_candidates()) {
    validation::check_search_candidates("sqlite", config.search_candidates());
    settings.search_candidates = config.search_candidates();
  }
}

}  // namespace config

/// Returns the settings of SQLite in a configuration, with all defaults: for a program that knows its backend and calls
/// `Backend<Sqlite>(sqlite_config(config))`. Creates no folder. Throws `invalid_argument` for invalid values, and what
/// `Environment::expand` throws.
[[nodiscard]] inline sqlite::Config sqlite_config(const v1::StorageConfig& config,
                                                  const Environment& environment = {}) {
  const v1::SQLiteStorageConfig& from = config.sqlite();
  sqlite::Config settings;
  if (from.path() == ":memory:") {
    settings.path = from.path();
  } else {
    const auto file = from.path().empty() ? environment.data_directory() / "loom.db" : environment.expand(from.path());
    settings.path = file.string();
  }
  settings.read_only = config.read_only();
  settings.immutable = from.immutable();
  settings.wal = !from.has_wal_mode() || from.wal_mode();
  settings.durability = config::durability_of(from);
  settings.indexing = config::indexing_of(from);
  config::read_sizes(from, settings);
  if (from.has_busy_timeout_ms()) { settings.busy_timeout = std::chrono::milliseconds(from.busy_timeout_ms()); }
  if (from.has_default_user_id()) { settings.default_user_id = from.default_user_id(); }
  if (!from.artifact_directory().empty()) {
    settings.artifact_directory = environment.expand(from.artifact_directory());
  }
  config::read_artifact_content("sqlite", from, settings);
  if (!config.migration().migration_dir().empty()) {
    settings.migration_directory = environment.expand(config.migration().migration_dir());
  }
  settings.secure_delete = from.secure_delete();
  settings.administer_tenants = from.administer_tenants();
  settings.soft_delete = config::soft_delete_of(from.soft_delete());
  settings.query_budget = config::query_budget_of("sqlite", from.query_budget());
  settings.results = config::result_settings_of("sqlite", from.results());
  settings.retention = config::retention_of(from.retention());
  settings.incremental_vacuum = !from.has_incremental_vacuum() || from.incremental_vacuum();
  settings.encrypt = from.encrypt();
  settings.encryption_key = config::key_of(from, environment);
  return settings;
}

}  // namespace heddle
