// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/validation/artifact_content.hpp"
#include "heddle/validation/query_budget.hpp"
#include "heddle/validation/read_only.hpp"
#include "heddle/validation/result_settings.hpp"
#include "heddle/validation/retention.hpp"
#include "heddle/validation/search_candidates.hpp"
#include "heddle/validation/soft_delete_config.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace heddle::sqlite {

/// True for the path of a database that lives in memory only.
[[nodiscard]] inline bool is_in_memory(std::string_view path) noexcept { return path == ":memory:"; }

/// Throws unless encryption is off: `invalid_argument` if key and switch contradict each other, `failed_precondition`
/// if encryption is asked for. SQLite without encryption accepts a key silently and writes plain text; a SQLite with it
/// is not supported.
inline void check_encryption(const Config& config) {
  if (config.encrypt == config.encryption_key.empty()) {
    throw Error(ErrorCode::invalid_argument, config.encrypt ? "encryption is on but no encryption key is configured"
                                                            : "an encryption key is configured but encryption is off");
  }
  if (!config.encrypt) { return; }
  throw Error(ErrorCode::failed_precondition,
              "encryption was asked for, but this build of Heddle cannot encrypt: turn `encrypt` off and encrypt the "
              "disk instead");
}

/// Throws `failed_precondition` if the configuration does not let this backend administer.
inline void require_admin(const Config& config) {
  if (!config.administer_tenants) {
    throw Error(ErrorCode::failed_precondition,
                "operations on all tenants need administer_tenants: set it in the configuration "
                "of a backend that may see every tenant of the file");
  }
}

/// Throws `failed_precondition` if the configuration is one for reading only.
inline void require_writable(const Config& config) { validation::require_writable(config); }

/// Throws `invalid_argument` if the members for reading only contradict others.
inline void check_read_only(const Config& config) {
  if (config.immutable && !config.read_only) {
    throw Error(ErrorCode::invalid_argument, "immutable is on but read_only is off: turn it on, too");
  }
  if (config.read_only && is_in_memory(config.path)) {
    throw Error(ErrorCode::invalid_argument, "a new database in memory has nothing to read: turn read_only off");
  }
}

/// Throws `not_found` if there is no file to read, `failed_precondition` if it is to be read as immutable and has a log
/// or journal beside it.
inline void check_readable(const Config& config) {
  std::error_code unknown;
  if (!std::filesystem::exists(config.path, unknown)) {
    throw Error(ErrorCode::not_found, "there is no database to read: " + config.path);
  }
  for (const char* const kind : {"-wal", "-journal"}) {
    const auto size = std::filesystem::file_size(config.path + kind, unknown);
    if (config.immutable && !unknown && size > 0) {
      throw Error(ErrorCode::failed_precondition,
                  "the database has a log that would not be read: open it without `immutable`: " + config.path + kind);
    }
  }
}

/// Throws `invalid_argument` if a number is out of range.
inline void check_numbers(const Config& config) {
  const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
  if (config.readers < 1 || config.readers > 1000) { refuse("the number of readers is not between 1 and 1000"); }
  if (config.cache_kib < 1 || config.cache_kib > std::numeric_limits<std::int32_t>::max()) {
    refuse("the size of the cache is out of range");
  }
  if (config.visitor_log_bytes < 0) { refuse("visitor_log_bytes is negative"); }
  validation::check_search_candidates("sqlite", config.search_candidates);
  if (config.page_bytes < 1) { refuse("page_bytes is less than 1"); }
  if (config.mmap_bytes < 0) { refuse("the size of the mapping is negative"); }
}

/// Returns the path of the file that a path leads to; the path itself if there is no file. SQLite names the log and the
/// journal after that file, and so are the artifacts.
[[nodiscard]] inline std::filesystem::path without_links(const std::filesystem::path& path) {
  std::error_code unknown;
  auto resolved = std::filesystem::canonical(path, unknown);
  return unknown ? path : resolved;
}

/// Throws `failed_precondition` if no database can be at this path.
inline void check_path(const std::string& path) {
  if (is_in_memory(path)) { return; }
  const std::filesystem::path file(path);
  std::error_code unknown;
  if (std::filesystem::is_directory(file, unknown)) {
    throw Error(ErrorCode::failed_precondition, "the database path is a folder: " + path);
  }
  if (file.has_parent_path() && !std::filesystem::is_directory(file.parent_path(), unknown)) {
    throw Error(ErrorCode::failed_precondition,
                "the folder of the database does not exist: " + file.parent_path().string());
  }
}

/// Returns the configuration with absolute paths, all defaults filled in and the timeout within its bounds. Throws
/// `invalid_argument` for a setting that can have no meaning, `failed_precondition` if no database can be at the path
/// or encryption is asked for, and what `check_readable` throws.
[[nodiscard]] inline Config validate(Config config) {
  if (config.path.empty()) { throw Error(ErrorCode::invalid_argument, "the configuration names no database file"); }
  check_read_only(config);
  check_numbers(config);
  validation::check_query_budget("sqlite", config.query_budget);
  validation::check_soft_delete(
      "sqlite", config.soft_delete,
      config.administer_tenants ? "" : "needs administer_tenants: deleted sessions of all tenants are removed");
  validation::check_result_settings("sqlite", config.results);
  validation::check_retention(
      "sqlite", config.retention,
      config.administer_tenants ? "" : "needs administer_tenants: old records of all tenants are removed");
  validation::check_text("sqlite: default_user_id", config.default_user_id, limits::id);
  constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
  config.busy_timeout = std::clamp(config.busy_timeout, std::chrono::milliseconds(0), longest);
  check_encryption(config);

  // Connections are opened later too, when the process may have another working folder; and SQLite reads a path that
  // starts with `file:` as a URI.
  using detail::files::absolute_path;
  if (!is_in_memory(config.path)) { config.path = without_links(absolute_path(config.path)).string(); }
  if (!config.artifact_directory.empty()) { config.artifact_directory = absolute_path(config.artifact_directory); }
  if (!config.migration_directory.empty()) { config.migration_directory = absolute_path(config.migration_directory); }
  check_path(config.path);
  if (config.read_only) { check_readable(config); }

  if (config.artifact_directory.empty() && !is_in_memory(config.path)) {
    // Named after the file: two databases in one folder must not remove each other's files.
    config.artifact_directory = config.path + "-artifacts";
  }
  validation::check_artifact_content("sqlite", config);
  return config;
}

}  // namespace heddle::sqlite
