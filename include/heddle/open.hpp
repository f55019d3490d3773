#pragma once

/// The backend chosen at run time, by a configuration. Link heddle::open, the compiled library that opens the backends
/// of the build. This header needs no driver and no protobuf: a configuration can be given as JSON text or as a file.
///
///     heddle::AnyBackend storage = heddle::open_json(R"({"sqlite": {"path": "agents.db"}})");
///
/// Include `heddle/config/parse.hpp` to make the message StorageConfig yourself, and `heddle/open_traced.hpp` for a
/// tracer of your own.

#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/config/environment.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"

#include <filesystem>
#include <string_view>

namespace heddle {

namespace v1 {
class StorageConfig;
}  // namespace v1

/// What `open` needs beyond the configuration.
struct OpenOptions {
  /// For the time of opening and migrating: deadline and stop token.
  Context context{};
  Environment environment{};
};

/// Opens the storage that a configuration describes and, unless `migration.auto_migrate` is off, brings its schema to
/// `migration.target_version`. Without a backend, or without anything, that is SQLite at `$LOOM_DATA_DIR/loom.db`.
///
/// Throws `invalid_argument` for a configuration that can have no meaning, or that describes PostgreSQL and names no
/// backend; `failed_precondition` if it asks for what this build has not (Supabase, encryption, PostgreSQL without
/// libpqxx) or for a database that is not Heddle's, which is left as it is, a loom.db of the Go server too;
/// `deadline_exceeded` and `cancelled` as `options.context` says; otherwise as the backend does.
[[nodiscard]] AnyBackend open(const v1::StorageConfig& config, const OpenOptions& options = {});

/// The same for the empty configuration: SQLite at its default place.
[[nodiscard]] AnyBackend open(const OpenOptions& options = {});

/// The same for a configuration in its JSON form; see `parse_config_json`.
[[nodiscard]] AnyBackend open_json(std::string_view json, const OpenOptions& options = {});

/// The same for a configuration in a file, in JSON or binary; see `load_config`.
[[nodiscard]] AnyBackend open_file(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace heddle
