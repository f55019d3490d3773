#pragma once

#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace heddle {

/// Takes the next bytes of a stream, which are valid during the call only. What it throws leaves the export.
using ExportSink = std::function<void(std::string_view bytes)>;

/// Options of `export_user`.
struct ExportOptions {
  Timestamp time{};  ///< what the header says; not set: the time of the call
};

/// What an export has written; without a sink no bytes, and no checksum of them.
struct ExportReport {
  std::map<std::string, std::int64_t> counts{};  ///< records by type
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::string checksum{};          ///< SHA-256 of all before the trailer, lower-case hexadecimal
  std::string records_checksum{};  ///< the same of the lines of records: equal for equal data of any tenant and time
};

/// What an import does with a tenant that has data.
enum class OnConflict {
  fail,  ///< it throws `already_exists`
  skip   ///< what is there stays: of what has the same id, the stream's is left out, with all that hangs on it
};

template <>
struct EnumNames<OnConflict> {
  static constexpr std::array<std::string_view, 2> values{"fail", "skip"};
};

/// How far an import has come.
struct ImportProgress {
  std::int64_t stored = 0;   ///< records that are committed, also by an earlier call
  std::int64_t records = 0;  ///< records of the stream
};

/// Takes the progress of an import, in its thread, between two transactions. What it throws leaves the import, which
/// can go on later.
using ImportObserver = std::function<void(const ImportProgress& progress)>;

/// Options of `import_user`.
struct ImportOptions {
  OnConflict on_conflict = OnConflict::fail;
  bool into_other_tenant = false;  ///< else the stream must be of the tenant of the context
  /// The tenant gets the quota of artifacts that the stream has, or none; with `skip` only if it has none. Only for a
  /// stream that no tenant can change.
  bool artifact_quota = false;
  /// An import of another stream into this tenant that has not ended is undone first; else it is refused.
  bool replace_unfinished = false;
  ImportObserver on_progress{};  ///< called after each batch
};

/// What an import has read.
struct ImportReport {
  std::map<std::string, std::int64_t> counts{};  ///< records by type, also those that were left out
  std::int64_t records = 0;
  std::string checksum{};          ///< as of the export
  std::string records_checksum{};  ///< as of the export
  bool resumed = false;            ///< an earlier call had begun
};

}  // namespace heddle
