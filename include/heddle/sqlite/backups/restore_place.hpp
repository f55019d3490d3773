// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/lock_file.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/file/backup.hpp"
#include "heddle/stores/detail/open_folder.hpp"
#include "heddle/validation/text.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace heddle::sqlite::backups {

/// Where a backup is restored to: a name for a database, and a folder for files. A file in that folder, which a restore
/// locks and bears the checksum of the backup, says that the restore has not ended: then the same one goes on with it.
class RestoredPlace {
 public:
  /// What a file is called in the folder until it is complete.
  static constexpr const char* unfinished_file = ".restoring-file";

  /// Looks at the place, and changes nothing. Throws `invalid_argument` without a path, `failed_precondition` if the
  /// folder of the database does not exist, or if there is a database, a file of one, or a file of an artifact.
  RestoredPlace(const RestorePlace& place, std::string_view checksum)
      : database_(plain_path(require_path(place.database))),
        directory_(place.artifact_directory.empty() ? plain_path(database_.string() + "-artifacts")
                                                    : plain_path(place.artifact_directory)),
        marker_(marker_start + std::string(checksum)) {
    if (is_within(database_, directory_)) {
      validation::refuse("place.database", "must not lie in the artifact directory");
    }
    std::error_code unknown;
    if (!std::filesystem::is_directory(database_.parent_path(), unknown)) {
      throw Error(ErrorCode::failed_precondition,
                  "the folder of the new database does not exist: " + database_.parent_path().string());
    }
    is_resumed_ = has_marker();
    if (is_resumed_ && !is_free(database_)) {
      throw Error(ErrorCode::failed_precondition,
                  "this backup has been restored, or another program has made the database meanwhile; both remain as "
                  "they are: " +
                      database_.string());
    }
    for (const char* ending : endings) { require_free(database_.string() + ending); }
    if (!is_resumed_) {
      require_empty_folder();
      for (const char* ending : endings) { require_free(path_of_unfinished_database().string() + ending); }
    }
  }

  /// Makes the folder, and takes the place for this restore. Throws `conflict` if another one has it.
  void take() {
    std::error_code failure;
    std::filesystem::create_directories(directory_.parent_path(), failure);
    files_ = stores::detail::OpenFolder::at(directory_);
    if (!files_) {
      const auto parent = stores::detail::OpenFolder::at(directory_.parent_path());
      if (!parent) { throw Error(ErrorCode::permission_denied, "the artifact directory cannot be made"); }
      files_.emplace(parent->enter_or_make(directory_.filename().string()));
    }
    lock_.emplace(files_->make_lock(marker_));
    if (!lock_->try_to_lock()) {
      throw Error(ErrorCode::conflict, "another call restores a backup to " + database_.string());
    }
    require_unchanged();
    files_->sync();
    folder_ = stores::detail::OpenFolder::at(database_.parent_path());
    if (!folder_) { throw Error(ErrorCode::failed_precondition, "the folder of the new database does not exist"); }
    // What an interrupted restore has left.
    for (const char* ending : endings) { folder_->remove_file(unfinished_database() + ending); }
  }

  /// Gives the database its name, and removes the sign that the restore has not ended. Throws `failed_precondition` if
  /// the name is in use by now.
  void complete() {
    files_->remove_file(unfinished_file);
    files_->sync();
    for (const char* ending : {"-wal", "-journal"}) {
      std::error_code unknown;
      if (!std::filesystem::exists(path_of_unfinished_database().string() + ending, unknown)) { continue; }
      throw Error(ErrorCode::unavailable, "SQLite did not finish a transaction in the restored database");
    }
    if (const auto failure = sqlite::file::rename_to_free_name(path_of_unfinished_database(), database_)) {
      if (failure == std::errc::file_exists) { refuse_used(database_); }
      throw sqlite::file::refusal(failure, database_);
    }
    // It has both names if the file system cannot rename without replacing.
    folder_->remove_file(unfinished_database());
    folder_->sync();
    files_->remove_file(marker_);
    std::error_code in_use;
    std::filesystem::remove(directory_, in_use);  // if nothing is in it
  }

  [[nodiscard]] bool is_resumed() const noexcept { return is_resumed_; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const noexcept { return directory_; }
  /// The name of the database until it is complete, in its folder.
  [[nodiscard]] std::string unfinished_database() const { return database_.filename().string() + ".restoring"; }
  [[nodiscard]] std::filesystem::path path_of_unfinished_database() const {
    return database_.parent_path() / unfinished_database();
  }
  /// The folders; precondition: `take` has returned.
  [[nodiscard]] const stores::detail::OpenFolder& database_folder() const { return *folder_; }
  [[nodiscard]] const stores::detail::OpenFolder& files() const { return *files_; }

 private:
  static constexpr const char* marker_start = ".restoring-";
  static constexpr std::array<const char*, 4> endings{"", "-wal", "-shm", "-journal"};

  static const std::filesystem::path& require_path(const std::filesystem::path& path) {
    if (path.empty()) { validation::refuse("place.database", "must not be empty"); }
    return path;
  }

  [[noreturn]] static void refuse_used(const std::filesystem::path& path) {
    throw Error(ErrorCode::failed_precondition,
                "a backup is restored to a new place only, and this is in use: " + path.string());
  }

  static bool is_free(const std::filesystem::path& path) {
    std::error_code failure;
    return std::filesystem::symlink_status(path, failure).type() == std::filesystem::file_type::not_found;
  }
  static void require_free(const std::filesystem::path& path) {
    if (!is_free(path)) { refuse_used(path); }
  }

  /// Another restore can have ended since the place was looked at.
  void require_unchanged() {
    try {
      require_free(database_);
      if (!is_resumed_ && files_->all_names().size() > 1) { refuse_used(directory_); }
    } catch (...) {
      // Otherwise the next restore would go on here.
      if (!is_resumed_) { files_->remove_file(marker_); }
      throw;
    }
  }

  [[nodiscard]] bool has_marker() const {
    const auto folder = stores::detail::OpenFolder::at(directory_);
    return folder && folder->find_file(marker_).has_value();
  }

  void require_empty_folder() const {
    const auto folder = stores::detail::OpenFolder::at(directory_);
    if (!folder) { return require_free(directory_); }
    if (!folder->all_names().empty()) { refuse_used(directory_); }
  }

  std::filesystem::path database_;
  std::filesystem::path directory_;
  std::string marker_;
  bool is_resumed_ = false;
  std::optional<stores::detail::OpenFolder> folder_{};
  std::optional<stores::detail::OpenFolder> files_{};
  std::optional<detail::files::LockFile> lock_{};
};

}  // namespace heddle::sqlite::backups
