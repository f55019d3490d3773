#pragma once

/// @file
/// Opens a backend that a configuration chooses at run time. Link heddle::open, the compiled library that contains the
/// backends of the build. This header needs no driver and no protobuf: pass the configuration as JSON text or as a
/// file.
///
///     heddle::AnyBackend storage = heddle::open_json(R"({"sqlite": {"path": "agents.db"}})");
///
/// Include `heddle/config/parse.hpp` to build the message StorageConfig yourself, and `heddle/open_traced.hpp` to use
/// your own tracer.

#include "heddle/needs_cxx20.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/config/environment.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"

#include <concepts>
#include <filesystem>
#include <string_view>

namespace heddle {

namespace v1 {
class StorageConfig;
}  // namespace v1

/// Options of `open` that are not part of the configuration.
struct OpenOptions {
  /// Its deadline and stop token apply to opening and migrating.
  Context context{};
  Environment environment{};
  /// Open it for reading only, whatever the configuration says.
  bool read_only = false;
};

/// Opens the storage that a configuration describes and, unless `migration.auto_migrate` is off, migrates its schema to
/// `migration.target_version`. A storage for reading only is not migrated; unless `migration.auto_migrate` is off, it
/// throws `failed_precondition` for a schema that is older. A configuration that names no backend, or is empty, opens
/// SQLite at
/// `$LOOM_DATA_DIR/loom.db`.
///
/// Throws `invalid_argument` for an invalid configuration, and for one that has a section `postgres` but names no
/// backend. Throws `failed_precondition` if the configuration needs a feature that this build lacks (Supabase,
/// encryption, PostgreSQL without libpqxx), and if the database is not Heddle's, such as a loom.db of the Go server;
/// that database is not changed. Throws `deadline_exceeded` and `cancelled` as `options.context` says, and what the
/// constructor of the backend throws.
[[nodiscard]] AnyBackend open(const v1::StorageConfig& config, const OpenOptions& options = {});

/// The same for the empty configuration: SQLite at its default path.
[[nodiscard]] AnyBackend open(const OpenOptions& options = {});

/// For text: a call does not compile and the error says which function takes it.
template <class Text>
[[nodiscard]] AnyBackend open(
    const Text& /*text*/, const OpenOptions& options = {}) requires std::convertible_to<const Text&, std::string_view> {
  static_assert(!std::convertible_to<const Text&, std::string_view>,
                "heddle: open takes a StorageConfig: open_json(R\"({\"sqlite\": {\"path\": \"agents.db\"}})\") takes a "
                "configuration as text, open_file(path) as a file");
  return open(options);
}

/// The same for a configuration in JSON; see `parse_config_json`.
[[nodiscard]] AnyBackend open_json(std::string_view json, const OpenOptions& options = {});

/// The same for a configuration file in JSON or in protobuf's binary format; see `load_config`.
[[nodiscard]] AnyBackend open_file(const std::filesystem::path& path, const OpenOptions& options = {});

}  // namespace heddle
