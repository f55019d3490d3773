// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/kept_files.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace heddle::erasure {

/// How many files there are, and how many bytes they have.
struct FileSums {
  std::int64_t files = 0;
  std::int64_t bytes = 0;
};

/// Locks an artifact directory against other erasures, of all processes, for as long as this object exists. Else one
/// that is late could remove files of a tenant that another call has erased and that has begun anew. There is nothing
/// to lock if the directory does not exist; and no lock where the file system has none for directories, as some of
/// networks: there two erasures of one tenant must not run at once.
template <class Path>
class DirectoryLock {
 public:
  /// Waits for others as long as the context allows.
  DirectoryLock(const Path& root, const Context& context) {
    if (root.empty()) { return; }
    descriptor_ = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor_ < 0) {
      if (errno == ENOENT) { return; }
      throw Error(ErrorCode::unavailable, "the artifact directory cannot be opened");
    }
    while (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) { return; }
      try {
        context.check();
      } catch (...) {
        ::close(descriptor_);
        throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  /// False if there was no directory, so that nothing in it can be of the erased tenant.
  [[nodiscard]] bool has_directory() const noexcept { return descriptor_ >= 0; }

  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  DirectoryLock(DirectoryLock&&) = delete;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }

 private:
  int descriptor_ = -1;
};

/// Everything that a tenant has in the artifact directory: contents of artifacts, and files that programs have written
/// into its folders. A template only so that files that erase nothing do not compile it.
template <class Path>
class BasicTenantFiles {
 public:
  BasicTenantFiles(const Path& root, std::string_view user_id)
      : root_(root), files_(root), has_root_(!root.empty()), user_(user_id) {}

  /// Keeps other erasures from removing files.
  [[nodiscard]] DirectoryLock<Path> lock(const Context& context) const { return DirectoryLock<Path>(root_, context); }

  /// Throws `failed_precondition` without an artifact directory.
  void require_root() const {
    if (has_root_) { return; }
    throw Error(ErrorCode::failed_precondition,
                "contents of the tenant lie in files: set artifact_directory in the configuration to remove them");
  }

  /// Returns what there is. A link is a file without bytes; it is not followed.
  [[nodiscard]] FileSums count() const {
    FileSums sums;
    std::error_code failure;
    const Path folder = has_root_ ? files_.user_folder(user_) : Path();
    if (!has_root_ ||
        std::filesystem::symlink_status(folder, failure).type() != std::filesystem::file_type::directory) {
      return sums;
    }
    std::filesystem::recursive_directory_iterator each(folder, failure);
    for (const std::filesystem::recursive_directory_iterator end; !failure && each != end; each.increment(failure)) {
      const auto type = each->symlink_status(failure).type();
      if (failure || type == std::filesystem::file_type::directory) { continue; }
      ++sums.files;
      if (type == std::filesystem::file_type::regular) {
        std::error_code gone;
        const auto size = each->file_size(gone);
        if (!gone) { sums.bytes += static_cast<std::int64_t>(size); }
      }
    }
    if (failure) { throw Error(ErrorCode::unavailable, "the artifact files of the tenant cannot be counted"); }
    return sums;
  }

  /// Removes all of it. What a backup may need that runs meanwhile is kept until its end: see `is_kept_by_backup`.
  void remove() const { files_.remove_user(user_); }

  /// Returns true while a backup keeps files of the tenant that were removed since it began, and while it removes what
  /// it has kept. Removes those of a backup that was killed. If it returns false, all of them have left the disk.
  [[nodiscard]] bool is_kept_by_backup() const {
    if (!has_root_) { return false; }
    const auto root = stores::detail::OpenFolder::at(root_);
    const auto backups = root ? root->enter(stores::detail::backup_hold_folder) : std::nullopt;
    if (!backups) { return false; }
    if (has_kept_files(*backups)) {
      auto lock = backups->find_lock(stores::detail::backup_hold_lock);
      if (lock && !lock->try_to_share()) { return true; }
      backups->remove_tree(stores::detail::backup_hold_files);
    }
    backups->sync();
    return false;
  }

 private:
  [[nodiscard]] bool has_kept_files(const stores::detail::OpenFolder& backups) const {
    const auto kept = backups.enter(stores::detail::backup_hold_files);
    if (!kept) { return false; }
    const std::string user = stores::detail::path_component(user_);
    for (const std::string& name : kept->all_names()) {
      const auto tree = kept->enter(name);
      if (tree && tree->enter(user)) { return true; }
    }
    // A removal of all of it that is under way, or was killed, has moved folders out of the trees, to names that do not
    // tell whose they are: see OpenFolder::remove_tree. After the trees, so that what moves meanwhile is seen.
    const std::size_t longest = std::to_string(stores::detail::backup_hold_trees - 1).size();
    const auto names = kept->all_names();
    return std::any_of(names.begin(), names.end(), [&](const std::string& name) { return name.size() > longest; });
  }

  const Path& root_;
  stores::detail::BasicArtifactFiles<Path> files_;
  bool has_root_;
  std::string_view user_;
};

using TenantFiles = BasicTenantFiles<std::filesystem::path>;

}  // namespace heddle::erasure
