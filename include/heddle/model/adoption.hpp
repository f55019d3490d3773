#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// How far an adoption has come, in the tenant that is stored at present.
struct AdoptionProgress {
  std::string_view tenant{};   ///< valid during the call
  std::int64_t tenant_at = 0;  ///< its place, from 1
  std::int64_t tenants = 0;    ///< of the source
  std::int64_t stored = 0;     ///< records of the tenant that are committed
  std::int64_t records = 0;    ///< records of the tenant
};

/// Takes the progress of an adoption, in its thread, between two transactions. What it throws leaves the adoption,
/// which can go on later.
using AdoptionObserver = std::function<void(const AdoptionProgress& progress)>;

/// Options of `adopt_loom_file` and `adopt_loom_schema`.
struct AdoptionOptions {
  /// The folder with the files of the source's artifacts. Not set: `artifacts` beside a `loom.db`, and none for a
  /// PostgreSQL schema. A file is taken along only if it lies in this folder, whatever path the source names.
  std::filesystem::path artifact_directory{};
  /// Where a temporary file is made that holds one tenant of the source, with its files. Not set: the system's folder.
  std::filesystem::path temporary_directory{};
  std::string schema = "public";  ///< of PostgreSQL, in which the source has its tables
  AdoptionObserver on_progress{};
};

/// Rows of one table of the source that became something else than rows of the same meaning.
struct AdoptionNote {
  std::string table{};
  std::string column{};   ///< empty: the rows themselves
  std::int64_t rows = 0;  ///< that have it; -1: they could not be counted
  std::string what{};     ///< what has become of them, as a sentence

  friend bool operator==(const AdoptionNote&, const AdoptionNote&) = default;
};

/// What an adoption has read and stored.
struct AdoptionReport {
  std::int64_t schema = 0;                       ///< the version of the source's schema
  std::vector<std::string> tenants{};            ///< of the source, in order
  std::int64_t tenants_before = 0;               ///< those that an earlier call had stored completely
  std::map<std::string, std::int64_t> counts{};  ///< records by type, as in the stream of a tenant
  std::int64_t files = 0;                        ///< of artifacts, that became contents
  std::vector<AdoptionNote> left_out{};          ///< what Heddle has no place for, and what could not be stored
  std::vector<AdoptionNote> changed{};           ///< what was stored, but not as it was
};

}  // namespace heddle
