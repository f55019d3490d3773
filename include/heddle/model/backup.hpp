#pragma once

#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

/// @file
/// What `heddle/backup.hpp` takes and returns.
namespace heddle {

/// How much of a backup is read in order to verify it.
enum class BackupCheck {
  full,  ///< every byte: `PRAGMA integrity_check`, and the SHA-256 of every file
  quick  ///< `PRAGMA quick_check`, and the sizes only of files of artifacts that were not copied just now
};

template <>
struct EnumNames<BackupCheck> {
  static constexpr std::array<std::string_view, 2> values{"full", "quick"};
};

/// What a backup or a restore does at the moment.
enum class BackupStage {
  database,      ///< it copies the database
  files,         ///< it copies files of artifacts
  verification,  ///< it verifies the database, or, before a restore, all of the backup
};

template <>
struct EnumNames<BackupStage> {
  static constexpr std::array<std::string_view, 3> values{"database", "files", "verification"};
};

/// How far a backup or a restore has come. In a stage, neither number ever decreases.
struct BackupProgress {
  BackupStage stage = BackupStage::database;
  std::int64_t bytes = 0;        ///< of this stage
  std::int64_t total_bytes = 0;  ///< those of the stage, as far as they are known; never less than `bytes`
};

/// Takes the progress, in the thread of the call. What it throws leaves the call, which can be repeated.
using BackupObserver = std::function<void(const BackupProgress& progress)>;

/// Options of `backup`.
struct BackupOptions {
  BackupCheck check = BackupCheck::full;
  /// Goes on if the bytes of an artifact's content are missing in the source, or are not those that were stored: the
  /// backup lacks them then, and says how many. Off: the backup throws `data_loss`.
  bool leave_out_damaged = false;
  BackupObserver on_progress{};
};

/// What a backup contains, and what it took to make it.
struct BackupReport {
  Timestamp time{};         ///< when it was begun
  std::int32_t schema = 0;  ///< the last migration of the database; 0: it has none
  std::string checksum{};   ///< SHA-256 of its description, and so of all of it; lower-case hexadecimal
  std::int64_t database_bytes = 0;
  std::int64_t files = 0;       ///< files of artifacts, stored contents among them
  std::int64_t file_bytes = 0;  ///< all of these
  std::int64_t left_out = 0;    ///< contents whose bytes were missing or damaged; see BackupOptions
  /// Artifacts whose path leads to no file, or out of the tenant's folder: such files are not in the backup.
  std::int64_t not_found = 0;
  std::int64_t copied_files = 0;  ///< those that the folder did not have from an earlier backup
  std::int64_t copied_bytes = 0;  ///< all of these

  friend bool operator==(const BackupReport&, const BackupReport&) = default;
};

/// Where a backup is restored to.
struct RestorePlace {
  std::filesystem::path database{};            ///< the new file; its folder must exist
  std::filesystem::path artifact_directory{};  ///< empty: `database` followed by `-artifacts`, as in sqlite::Config
};

/// Options of `restore`.
struct RestoreOptions {
  BackupCheck check = BackupCheck::full;  ///< how the backup is verified before anything is written
  BackupObserver on_progress{};
};

/// What was restored.
struct RestoreReport {
  BackupReport backup{};
  std::int64_t moved_paths = 0;  ///< paths of artifacts that now lead to the new artifact directory
  bool resumed = false;          ///< an earlier restore of this backup to this place had begun

  friend bool operator==(const RestoreReport&, const RestoreReport&) = default;
};

}  // namespace heddle
