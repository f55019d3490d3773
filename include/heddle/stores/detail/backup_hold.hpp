// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/files/lock_file.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

/// What lets a backup find each file of an artifact that its copy of the database knows, although calls of any process
/// remove artifacts meanwhile. The backup locks a file in the artifact directory before it copies the database. A call
/// removes a file after the commit in which its row ended. If it finds the lock free then, a backup that begins later
/// does not know the row. If the lock is taken, it moves the file to where the backup looks as well.
namespace heddle::stores::detail {

/// A folder in the artifact directory. No tenant has it: a dot is encoded in the names of their folders.
inline constexpr const char* backup_hold_folder = ".backup";
inline constexpr const char* backup_hold_lock = "lock";
inline constexpr const char* backup_hold_files = "held";

/// To be called instead of the removal of a file, or of a folder if `is_folder`, that lies in `folder`, to which `way`
/// leads from `root`. Returns true if a backup runs and it has been moved out of the way; false if it is to be removed.
/// A template only so that files that remove nothing do not compile it.
template <std::same_as<OpenFolder> Folder>
[[nodiscard]] bool keep_for_backup(const Folder& root, const std::vector<std::string>& way, const Folder& folder,
                                   const std::string& name, bool is_folder) {
  try {
    const auto backups = root.enter(backup_hold_folder);
    if (!backups) { return false; }
    auto lock = backups->find_lock(backup_hold_lock);
    if (!lock) { return false; }
    if (lock->try_to_share()) {
      // No backup runs. One that was killed may have left what was removed meanwhile.
      backups->remove_tree(backup_hold_files);
      return false;
    }
    auto held = backups->enter(backup_hold_files);
    if (!held) { return false; }
    for (const std::string& each : way) { held = held->enter_or_make(each); }
    return folder.move(name, is_folder, *held, name);
  } catch (const Error&) {
    // A removal must not fail because of a backup, which does if it misses the file.
    return false;
  }
}

/// Keeps the files of an artifact directory findable, from before a backup copies the database to the end of its life.
/// Waits until no other backup of this directory runs.
template <class Path>
class BasicBackupHold {
 public:
  /// `root` is absolute, or empty: then there are no files. Throws `permission_denied` if the folder cannot be made, and
  /// what `Context::check` throws.
  BasicBackupHold(const Path& root, const Context& context) {
    if (root.empty()) { return; }
    std::error_code ignored;
    std::filesystem::create_directories(root, ignored);
    root_ = OpenFolder::at(root);
    if (!root_) { throw Error(ErrorCode::permission_denied, "the artifact directory cannot be made"); }
    folder_.emplace(root_->enter_or_make(backup_hold_folder));
    lock_.emplace(folder_->make_lock(backup_hold_lock));
    while (!lock_->try_to_lock()) {
      context.check();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    folder_->remove_tree(backup_hold_files);
    held_.emplace(folder_->enter_or_make(backup_hold_files));
  }
  BasicBackupHold(const BasicBackupHold&) = delete;
  BasicBackupHold& operator=(const BasicBackupHold&) = delete;
  BasicBackupHold(BasicBackupHold&&) = delete;
  BasicBackupHold& operator=(BasicBackupHold&&) = delete;
  ~BasicBackupHold() {
    held_.reset();
    // A call can move one more file to it meanwhile. What stays is removed by the next removal, or the next backup.
    constexpr int attempts = 3;
    for (int attempt = 0; folder_ && attempt < attempts; ++attempt) {
      try {
        folder_->remove_tree(backup_hold_files);
        return;
      } catch (...) { continue; }
    }
  }

  /// Opens the file to which these names lead from the artifact directory; returns nothing if there is none.
  [[nodiscard]] std::optional<heddle::detail::files::OpenFile> find_file(const std::vector<std::string>& names) const {
    for (const auto* start : {&root_, &held_}) {
      if (!*start) { continue; }
      if (auto file = find_below(**start, names)) { return file; }
    }
    return std::nullopt;
  }

 private:
  static std::optional<heddle::detail::files::OpenFile> find_below(const OpenFolder& start,
                                                                   const std::vector<std::string>& names) {
    std::optional<OpenFolder> entered;
    for (std::size_t index = 0; index + 1 < names.size(); ++index) {
      auto next = (entered ? *entered : start).enter(names[index]);
      if (!next) { return std::nullopt; }
      entered.emplace(std::move(*next));
    }
    return (entered ? *entered : start).find_file(names.back());
  }

  // In this order: the lock is given up after the files were removed.
  std::optional<heddle::detail::files::LockFile> lock_{};
  std::optional<OpenFolder> root_{};
  std::optional<OpenFolder> folder_{};
  std::optional<OpenFolder> held_{};
};

using BackupHold = BasicBackupHold<std::filesystem::path>;

}  // namespace heddle::stores::detail
