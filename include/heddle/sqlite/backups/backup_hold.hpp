// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/files/lock_file.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/kept_files.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace heddle::sqlite::backups {

/// Keeps the files of an artifact directory findable, from before a backup copies the database to the end of its life.
/// Waits until no other backup of this directory runs.
class BackupHold {
 public:
  /// `root` is absolute, or empty: then there are no files. Throws `permission_denied` if the process may not write
  /// into it, and what `Context::check` throws.
  BackupHold(const std::filesystem::path& root, const Context& context) {
    if (root.empty()) { return; }
    std::error_code ignored;
    std::filesystem::create_directories(root, ignored);
    root_ = stores::detail::OpenFolder::at(root);
    // It does not exist, and this process may not make it: no process that works with the database has made it.
    if (!root_) { return; }
    make_lock(root);
    while (!lock_->try_to_lock()) {
      context.check();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    folder_->remove_tree(stores::detail::backup_hold_files);
    held_.emplace(folder_->enter_or_make(stores::detail::backup_hold_files));
  }
  BackupHold(const BackupHold&) = delete;
  BackupHold& operator=(const BackupHold&) = delete;
  BackupHold(BackupHold&&) = delete;
  BackupHold& operator=(BackupHold&&) = delete;
  ~BackupHold() {
    held_.reset();
    // A call can move one more file to it meanwhile. What stays is removed by the next removal, or the next backup.
    constexpr int attempts = 3;
    for (int attempt = 0; folder_ && attempt < attempts; ++attempt) {
      try {
        folder_->remove_tree(stores::detail::backup_hold_files);
        return;
      } catch (...) { continue; }
    }
  }

  /// Opens the file to which these names lead from the artifact directory; returns nothing if there is none.
  [[nodiscard]] std::optional<detail::files::OpenFile> find_file(const std::vector<std::string>& names) const {
    if (!root_) { return std::nullopt; }
    auto file = find_below(*root_, names);
    for (int tree = 0; !file && tree < stores::detail::backup_hold_trees; ++tree) {
      const auto start = held_->enter(std::to_string(tree));
      if (!start) { break; }
      file = find_below(*start, names);
    }
    return file;
  }

 private:
  void make_lock(const std::filesystem::path& root) {
    try {
      folder_.emplace(root_->enter_or_make(stores::detail::backup_hold_folder));
      lock_.emplace(folder_->make_lock(stores::detail::backup_hold_lock));
    } catch (const Error& error) {
      throw Error(error.code(),
                  "a backup tells others that it runs by a file in the artifact directory, which it cannot make: " +
                      (root / stores::detail::backup_hold_folder / stores::detail::backup_hold_lock).string());
    }
  }

  static std::optional<detail::files::OpenFile> find_below(const stores::detail::OpenFolder& start,
                                                           const std::vector<std::string>& names) {
    std::optional<stores::detail::OpenFolder> entered;
    for (std::size_t index = 0; index + 1 < names.size(); ++index) {
      auto next = (entered ? *entered : start).enter(names[index]);
      if (!next) { return std::nullopt; }
      entered.emplace(std::move(*next));
    }
    return (entered ? *entered : start).find_file(names.back());
  }

  // In this order: the lock is given up after the files were removed.
  std::optional<detail::files::LockFile> lock_{};
  std::optional<stores::detail::OpenFolder> root_{};
  std::optional<stores::detail::OpenFolder> folder_{};
  std::optional<stores::detail::OpenFolder> held_{};
};

}  // namespace heddle::sqlite::backups
