// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#if defined(__linux__)
#include <sys/sysmacros.h>
#endif

#include <cerrno>
#include <optional>
#include <string>

namespace heddle::detail::files {

/// Identifies a file, whatever path leads to it.
struct FileIdentity {
  dev_t device{};
  ino_t number{};

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;

  /// Returns the identity of the file that a path leads to, through links; nothing if there is no file. Does not open
  /// the file.
  [[nodiscard]] static std::optional<FileIdentity> of(const std::string& path) noexcept {
    FileIdentity found;
    if (!look(path, found)) { return std::nullopt; }
    return found;
  }

  /// Returns false if the path leads to no file or to another one; true also if the system does not tell, such as after
  /// the process has given up its rights on the folder.
  [[nodiscard]] bool is_at(const std::string& path) const noexcept {
    FileIdentity found;
    if (!look(path, found)) { return errno != ENOENT && errno != ENOTDIR; }
    return found == *this;
  }

 private:
  /// Sets `found`, or returns false with the reason in `errno`.
  static bool look(const std::string& path, FileIdentity& found) noexcept {
#ifdef STATX_INO
    // Without the times: since version 6.13 the kernel of Linux gives a file whose times were asked for new ones with
    // every write, and file systems without a journal write them to the disk with every fdatasync.
    struct statx asked {};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO, &asked) == 0) {
      found = {makedev(asked.stx_dev_major, asked.stx_dev_minor), asked.stx_ino};
      return true;
    }
    if (errno == ENOENT || errno == ENOTDIR) { return false; }
#endif
    struct stat all {};
    if (::stat(path.c_str(), &all) != 0) { return false; }
    found = {all.st_dev, all.st_ino};
    return true;
  }
};

}  // namespace heddle::detail::files
