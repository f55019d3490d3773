// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/detail/files/lock_file.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/stores/detail/open_folder.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace heddle::sqlite::backups {

/// Returns an absolute path without `.`, `..` and a separator at the end; an empty one for an empty path.
[[nodiscard]] inline std::filesystem::path plain_path(const std::filesystem::path& path) {
  if (path.empty()) { return path; }
  auto plain = detail::files::absolute_path(path).lexically_normal();
  return plain.has_filename() || !plain.has_relative_path() ? plain : plain.parent_path();
}

/// Returns true if a path is a folder, or leads to something in it. Both are plain.
[[nodiscard]] inline bool is_within(const std::filesystem::path& path, const std::filesystem::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

/// The open folder of a backup. One call at a time changes it, and no call reads it meanwhile: it is locked.
class BackupFolder {
 public:
  /// Opens a folder in order to make a backup in it, or makes it; one with a backup gets a newer one. Throws
  /// `failed_precondition` if it contains anything else or its parent does not exist, `already_exists` if a file has
  /// its name, `invalid_argument` if it lies in the artifact directory or contains that, `conflict` if another call
  /// uses it.
  static BackupFolder make(const std::filesystem::path& path, const std::filesystem::path& artifact_directory) {
    require_path(path);
    const auto place = plain_path(path);
    require_apart(place, artifact_directory);
    BackupFolder made(place, open_or_make(place));
    const auto names = made.folder_.all_names();
    const auto has = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
    if (!names.empty() && !has(lock_name) && !has(description_name)) {
      throw Error(ErrorCode::failed_precondition,
                  "the folder for the backup contains something else, and no backup: " + place.string());
    }
    made.lock_.emplace(made.folder_.make_lock(lock_name));
    if (!made.lock_->try_to_lock()) { refuse_used(place); }
    return made;
  }

  /// Opens a folder in order to read the backup in it. Throws `failed_precondition` if there is none, or none that is
  /// complete, `conflict` if one is being made in it.
  static BackupFolder open(const std::filesystem::path& path) {
    require_path(path);
    const auto place = plain_path(path);
    auto folder = stores::detail::OpenFolder::at(place);
    if (!folder) { throw Error(ErrorCode::failed_precondition, "there is no folder with a backup: " + place.string()); }
    BackupFolder opened(place, std::move(*folder));
    // A copy of a backup need not have it.
    opened.lock_ = opened.folder_.find_lock(lock_name);
    if (opened.lock_ && !opened.lock_->try_to_share()) { refuse_used(place); }
    return opened;
  }

  /// Returns the description of the backup. Throws `failed_precondition` if there is no backup, or none that is
  /// complete, and what `read_description` throws.
  [[nodiscard]] Description description() const {
    auto found = find_description(folder_);
    if (found) { return std::move(*found); }
    throw Error(ErrorCode::failed_precondition,
                lock_ ? "the backup was not completed: back up again, into the same folder: " + place_.string()
                      : "the folder is no backup: " + place_.string());
  }

  [[nodiscard]] const stores::detail::OpenFolder& folder() const noexcept { return folder_; }
  /// Returns the path of a file in it.
  [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return place_ / name; }

 private:
  BackupFolder(std::filesystem::path place, stores::detail::OpenFolder&& folder)
      : place_(std::move(place)), folder_(std::move(folder)) {}

  static void require_path(const std::filesystem::path& path) {
    if (path.empty()) { validation::refuse("folder", "must not be empty"); }
  }

  static void require_apart(const std::filesystem::path& place, const std::filesystem::path& artifact_directory) {
    if (artifact_directory.empty()) { return; }
    std::error_code unknown;
    const auto real_place = std::filesystem::weakly_canonical(place, unknown);
    const auto real_directory = std::filesystem::weakly_canonical(artifact_directory, unknown);
    const auto overlap = [](const std::filesystem::path& one, const std::filesystem::path& other) {
      return is_within(one, other) || is_within(other, one);
    };
    if (overlap(place, artifact_directory) || (!unknown && overlap(real_place, real_directory))) {
      validation::refuse("folder", "must not be the artifact directory, nor lie in it, nor contain it");
    }
  }

  [[noreturn]] static void refuse_used(const std::filesystem::path& place) {
    throw Error(ErrorCode::conflict, "another call makes, verifies or restores the backup in " + place.string());
  }

  static stores::detail::OpenFolder open_or_make(const std::filesystem::path& place) {
    if (auto folder = stores::detail::OpenFolder::at(place)) { return std::move(*folder); }
    std::error_code unknown;
    if (std::filesystem::exists(std::filesystem::symlink_status(place, unknown))) {
      throw Error(ErrorCode::already_exists, "the folder for the backup is a file: " + place.string());
    }
    const auto parent = stores::detail::OpenFolder::at(place.parent_path());
    if (!parent) {
      throw Error(ErrorCode::failed_precondition,
                  "the folder of the backup does not exist: " + place.parent_path().string());
    }
    return parent->enter_or_make(place.filename().string());
  }

  std::filesystem::path place_;
  stores::detail::OpenFolder folder_;
  std::optional<detail::files::LockFile> lock_{};
};

}  // namespace heddle::sqlite::backups
