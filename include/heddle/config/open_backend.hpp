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
#include "heddle/tracing.hpp"

#ifndef HEDDLE_WITH_POSTGRES
#define HEDDLE_WITH_POSTGRES 0
#endif
#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres/policy.hpp"
#endif

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

// Opens the backend that a configuration describes. A file that calls it defines the backends, or links their compiled
// instantiations.
namespace heddle::config {

/// Creates the folder of the default database with access for its owner only; does not change an existing folder.
inline void make_private_folder(const std::filesystem::path& folder) {
  std::error_code failure;
  if (std::filesystem::is_directory(folder, failure)) { return; }
  std::filesystem::create_directories(folder, failure);
  if (!failure) { std::filesystem::permissions(folder, std::filesystem::perms::owner_all, failure); }
  if (failure) { throw Error(ErrorCode::permission_denied, "the data folder cannot be created: " + folder.string()); }
}

/// Throws `failed_precondition` if a migration is missing.
template <class SomeBackend>
void require_migrated(SomeBackend& backend, const Context& context, std::int32_t target) {
  const auto pending = backend.pending_migrations(context);
  if (pending.empty() || (target != 0 && pending.front().version > target)) { return; }
  throw Error(ErrorCode::failed_precondition, "the database lacks migration " +
                                                  std::to_string(pending.front().version) +
                                                  ", and it was opened for reading only: migrate it first");
}

/// Opens a backend of this policy and, unless `auto_migrate` is off, migrates it, or verifies that it is migrated.
template <class Policy, class TracerType>
[[nodiscard]] AnyBackend open_as(typename Policy::Config settings, const v1::MigrationConfig& migration,
                                 const Context& context, TracerType tracer) {
  const bool reads_only = settings.read_only;
  auto backend = std::make_unique<Backend<Policy, TracerType>>(std::move(settings), std::move(tracer), context);
  if (!migration.has_auto_migrate() || migration.auto_migrate()) {
    if (reads_only) {
      require_migrated(*backend, context, migration.target_version());
    } else {
      backend->migrator().up(context, migration.target_version());
    }
  }
  return AnyBackend(std::move(backend));
}

template <class TracerType>
[[nodiscard]] AnyBackend open_sqlite(const v1::StorageConfig& config, const OpenOptions& options, TracerType tracer) {
  sqlite::Config settings = sqlite_config(config, options.environment);
  settings.read_only = settings.read_only || options.read_only;
  // Checked before anything is created, so that a refusal changes nothing.
  sqlite::check_encryption(settings);
  if (config.sqlite().path().empty() && !settings.read_only) {
    make_private_folder(options.environment.data_directory());
  }
  return open_as<Sqlite>(std::move(settings), config.migration(), options.context, std::move(tracer));
}

template <class TracerType>
[[nodiscard]] AnyBackend open_postgres(const v1::StorageConfig& config, const OpenOptions& options,
                                       [[maybe_unused]] TracerType tracer) {
  // Validated in every build, so that an invalid configuration is refused with the same error everywhere.
  [[maybe_unused]] postgres::Config settings = postgres_config(config, options.environment);
  settings.read_only = settings.read_only || options.read_only;
#if HEDDLE_WITH_POSTGRES
  return open_as<Postgres>(std::move(settings), config.migration(), options.context, std::move(tracer));
#else
  throw Error(ErrorCode::failed_precondition,
              "this build of Heddle has no PostgreSQL backend: build it with HEDDLE_WITH_POSTGRES=ON and libpqxx");
#endif
}

/// Opens the backend that the configuration describes; see `heddle::open`.
template <class TracerType>
[[nodiscard]] AnyBackend open_backend(const v1::StorageConfig& config, const OpenOptions& options, TracerType tracer) {
  if (config.metrics() && !MeteringTracer<TracerType>) {
    throw Error(ErrorCode::invalid_argument,
                "the configuration turns `metrics` on, and the tracer counts nothing: pass Both<Metered, YourTracer>");
  }
  switch (config.backend()) {
    case v1::STORAGE_BACKEND_TYPE_UNSPECIFIED:
      if (config.has_postgres()) {
        throw Error(ErrorCode::invalid_argument,
                    "the configuration has a section `postgres` but names no backend: set `backend` to "
                    "STORAGE_BACKEND_TYPE_POSTGRES, or remove the section to open SQLite");
      }
      [[fallthrough]];
    case v1::STORAGE_BACKEND_TYPE_SQLITE: return open_sqlite(config, options, std::move(tracer));
    case v1::STORAGE_BACKEND_TYPE_POSTGRES: return open_postgres(config, options, std::move(tracer));
    default:
      throw Error(ErrorCode::invalid_argument,
                  "the configuration names an unknown backend: " + std::to_string(config.backend()));
  }
}

}  // namespace heddle::config
