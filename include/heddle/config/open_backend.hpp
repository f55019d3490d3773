// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/backend.hpp"
#include "heddle/config/postgres_config.hpp"
#include "heddle/config/sqlite_config.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/open.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/sqlite/check_config.hpp"
#include "heddle/sqlite/policy.hpp"

#ifndef HEDDLE_WITH_POSTGRES
#define HEDDLE_WITH_POSTGRES 0
#endif
#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres/policy.hpp"
#endif

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

// How `open` turns a configuration into a backend. A file that calls it defines the backends, or links them compiled.
namespace heddle::config {

/// Makes the folder of the default database, for its owner alone; leaves one that is there as it is.
inline void make_private_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  if (std::filesystem::is_directory(folder, failure)) { return; }
  std::filesystem::create_directories(folder, failure);
  if (!failure) { std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure); }
  if (failure) { throw Error(ErrorCode::permission_denied, "the data folder cannot be made: " + folder.string()); }
}

/// Opens a backend of this policy and migrates it unless the configuration forbids it.
template <class Policy, class TracerType>
[[nodiscard]] AnyBackend open_as(typename Policy::Config settings, const v1::MigrationConfig& migration,
                                 const Context& context, TracerType tracer) {
  auto backend = std::make_unique<Backend<Policy, TracerType>>(std::move(settings), std::move(tracer), context);
  if (!migration.has_auto_migrate() || migration.auto_migrate()) {
    backend->migrator().up(context, migration.target_version());
  }
  return AnyBackend(std::move(backend));
}

template <class TracerType>
[[nodiscard]] AnyBackend open_sqlite(const v1::StorageConfig& config, const OpenOptions& options, TracerType tracer) {
  sqlite::Config settings = sqlite_config(config, options.environment);
  // Before anything is made: a refusal leaves no trace.
  sqlite::check_encryption(settings);
  if (config.sqlite().path().empty()) { make_private_folder(options.environment.data_directory()); }
  return open_as<Sqlite>(std::move(settings), config.migration(), options.context, std::move(tracer));
}

template <class TracerType>
[[nodiscard]] AnyBackend open_postgres(const v1::StorageConfig& config, const OpenOptions& options,
                                       [[maybe_unused]] TracerType tracer) {
  // In every build: what is wrong with a configuration does not depend on who reads it.
  [[maybe_unused]] postgres::Config settings = postgres_config(config, options.environment);
#if HEDDLE_WITH_POSTGRES
  return open_as<Postgres>(std::move(settings), config.migration(), options.context, std::move(tracer));
#else
  throw Error(ErrorCode::failed_precondition,
              "this build of Heddle has no PostgreSQL backend: libpqxx was not there when it was configured");
#endif
}

/// Opens what the configuration describes; see `heddle::open`.
template <class TracerType>
[[nodiscard]] AnyBackend open_backend(const v1::StorageConfig& config, const OpenOptions& options, TracerType tracer) {
  switch (config.backend()) {
    case v1::STORAGE_BACKEND_TYPE_UNSPECIFIED:
      if (config.has_postgres()) {
        throw Error(ErrorCode::invalid_argument,
                    "the configuration has a section `postgres`, but names no backend: SQLite would be opened");
      }
      [[fallthrough]];
    case v1::STORAGE_BACKEND_TYPE_SQLITE: return open_sqlite(config, options, std::move(tracer));
    case v1::STORAGE_BACKEND_TYPE_POSTGRES: return open_postgres(config, options, std::move(tracer));
    default:
      throw Error(ErrorCode::invalid_argument,
                  "the configuration names a backend that is not known: " + std::to_string(config.backend()));
  }
}

}  // namespace heddle::config
