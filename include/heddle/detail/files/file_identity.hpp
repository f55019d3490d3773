// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sys/stat.h>

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
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) { return std::nullopt; }
    return FileIdentity{found.st_dev, found.st_ino};
  }

  /// Returns false if the path leads to no file or to another one; true also if the system does not tell, such as after
  /// the process has given up its rights on the folder.
  [[nodiscard]] bool is_at(const std::string& path) const noexcept {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) { return errno != ENOENT && errno != ENOTDIR; }
    return FileIdentity{found.st_dev, found.st_ino} == *this;
  }
};

}  // namespace heddle::detail::files
