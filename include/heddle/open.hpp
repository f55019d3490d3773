#pragma once

/// The backend chosen at run time, by a configuration: `heddle::open(heddle::load_config("storage.json"))`. Needs
/// protobuf; link heddle::open, which says by HEDDLE_WITH_POSTGRES whether there is a PostgreSQL backend to choose.

#include "heddle/any_backend.hpp"
#include "heddle/backend.hpp"
#include "heddle/config/conversions.hpp"
#include "heddle/config/environment.hpp"
#include "heddle/config/health.hpp"
#include "heddle/config/parse.hpp"
#include "heddle/config/postgres_config.hpp"
#include "heddle/config/sqlite_config.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/sqlite.hpp"
#include "heddle/tracing.hpp"

#ifndef HEDDLE_WITH_POSTGRES
#define HEDDLE_WITH_POSTGRES 0
#endif
#if HEDDLE_WITH_POSTGRES
#include "heddle/postgres.hpp"
#endif

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace heddle {

/// What `open` needs beyond the configuration.
struct OpenOptions {
  /// For the time of opening and migrating: deadline and stop token.
  Context context{};
  Environment environment{};
};

namespace detail {

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

}  // namespace detail

/// Opens the storage that a configuration describes and, unless `migration.auto_migrate` is off, brings its schema to
/// `migration.target_version`. Without a backend, or without anything, that is SQLite at `$LOOM_DATA_DIR/loom.db`.
///
/// Throws `invalid_argument` for a configuration that can have no meaning, or that describes PostgreSQL and names no
/// backend; `failed_precondition` if it asks for what this build has not (Supabase, encryption, PostgreSQL without
/// libpqxx) or for a database that is not Heddle's, which is left as it is, a loom.db of the Go server too;
/// `deadline_exceeded` and `cancelled` as `options.context` says; otherwise as the backend does. `tracer` watches the
/// operations of the backend.
template <Tracer TracerType = NoTracing>
[[nodiscard]] AnyBackend open(const v1::StorageConfig& config = {}, const OpenOptions& options = {},
                              TracerType tracer = {}) {
  switch (config.backend()) {
    case v1::STORAGE_BACKEND_TYPE_UNSPECIFIED:
      if (config.has_postgres()) {
        throw Error(ErrorCode::invalid_argument,
                    "the configuration has a section `postgres`, but names no backend: SQLite would be opened");
      }
      [[fallthrough]];
    case v1::STORAGE_BACKEND_TYPE_SQLITE: return detail::open_sqlite(config, options, std::move(tracer));
    case v1::STORAGE_BACKEND_TYPE_POSTGRES: return detail::open_postgres(config, options, std::move(tracer));
    default:
      throw Error(ErrorCode::invalid_argument,
                  "the configuration names a backend that is not known: " + std::to_string(config.backend()));
  }
}

}  // namespace heddle
