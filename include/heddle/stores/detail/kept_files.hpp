// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <concepts>
#include <string>
#include <vector>

/// What lets a backup find each file of an artifact that its copy of the database knows, although calls of any process
/// remove artifacts meanwhile. The backup locks a file in the artifact directory before it copies the database. A call
/// removes a file after the commit in which its row ended. If it finds the lock free then, a backup that begins later
/// does not know the row. If the lock is taken, it moves the file to where the backup looks as well.
/// `sqlite::backups::BackupHold` is the side of the backup.
namespace heddle::stores::detail {

/// A folder in the artifact directory. No tenant has it: a dot is encoded in the names of their folders.
inline constexpr const char* backup_hold_folder = ".backup";
inline constexpr const char* backup_hold_lock = "lock";
inline constexpr const char* backup_hold_files = "held";
/// Where the files are, below these folders `0`, `1` and so on, as they were below the artifact directory.
inline constexpr int backup_hold_trees = 1000;

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
    const auto held = backups->enter(backup_hold_files);
    if (!held) { return false; }
    // A name is in use if something at the same place was removed before, or something in this folder.
    for (int tree = 0; tree < backup_hold_trees; ++tree) {
      auto target = held->enter_or_make(std::to_string(tree));
      for (const std::string& each : way) { target = target.enter_or_make(each); }
      const Moved moved = folder.move(name, is_folder, target, name);
      if (moved != Moved::name_is_in_use) { return moved == Moved::yes; }
    }
    return false;
  } catch (const Error&) {
    // A removal must not fail because of a backup, which does if it misses the file.
    return false;
  }
}

}  // namespace heddle::stores::detail
