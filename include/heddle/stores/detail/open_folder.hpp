// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// A folder that is held open: a name is looked up in this very folder, whatever its path has come to mean meanwhile,
/// and no link is followed. Checking a path first and then using it would leave time to swap a folder for a link. A
/// name is one component; `.` and `..` must not be given.
class OpenFolder {
 public:
  /// The folder at a trusted path, through links; nothing if there is none.
  [[nodiscard]] static std::optional<OpenFolder> at(const std::filesystem::path& path) {
    return opened(::open(path.c_str(), folder_flags));
  }

  OpenFolder(OpenFolder&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  OpenFolder& operator=(OpenFolder&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  OpenFolder(const OpenFolder&) = delete;
  OpenFolder& operator=(const OpenFolder&) = delete;
  ~OpenFolder() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }

  /// The folder of this name in it; nothing if there is none, or something else, a link included.
  [[nodiscard]] std::optional<OpenFolder> enter(const std::string& name) const {
    return opened(::openat(descriptor_, name.c_str(), folder_flags | O_NOFOLLOW));
  }

  /// Removes what has this name, a link and not its target; false if there is nothing, or a folder.
  bool remove_file(const std::string& name) const {
    struct stat found {};
    if (::fstatat(descriptor_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      require_missing(errno);
      return false;
    }
    return !S_ISDIR(found.st_mode) && removed(::unlinkat(descriptor_, name.c_str(), 0));
  }

  /// Removes the folder of this name with everything in it. Links in it go, what they lead to stays.
  void remove_tree(const std::string& name) const {
    if (const auto folder = enter(name)) {
      folder->clear();
      removed(::unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR));
    }
  }

 private:
  static constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  static constexpr std::size_t names_at_once = 1024;

  explicit OpenFolder(int descriptor) noexcept : descriptor_(descriptor) {}

  [[noreturn]] static void fail(int code) {
    const bool forbidden = code == EACCES || code == EPERM || code == EROFS;
    throw Error(forbidden ? ErrorCode::permission_denied : ErrorCode::unavailable,
                "artifact files could not be removed");
  }

  /// Throws unless the failure is that there is nothing of this name.
  static void require_missing(int code) {
    if (code != ENOENT && code != ENAMETOOLONG) { fail(code); }
  }

  /// The outcome of a removal: true if it happened, false if somebody else was faster.
  static bool removed(int status) {
    if (status != 0) { require_missing(errno); }
    return status == 0;
  }

  static std::optional<OpenFolder> opened(int descriptor) {
    if (descriptor >= 0) { return OpenFolder(descriptor); }
    // With O_NOFOLLOW a link is ELOOP, or ENOTDIR together with O_DIRECTORY.
    if (errno != ENOTDIR && errno != ELOOP) { require_missing(errno); }
    return std::nullopt;
  }

  /// Some of the names in it; none if it is empty.
  [[nodiscard]] std::vector<std::string> names() const {
    struct Close {
      void operator()(DIR* stream) const noexcept { ::closedir(stream); }
    };
    // Opened again: a stream owns its descriptor, and its position.
    const int own = ::openat(descriptor_, ".", folder_flags);
    if (own < 0) { fail(errno); }
    const std::unique_ptr<DIR, Close> stream(::fdopendir(own));
    if (!stream) {
      const int code = errno;
      ::close(own);
      fail(code);
    }
    std::vector<std::string> found;
    errno = 0;
    while (const auto* entry = ::readdir(stream.get())) {
      const std::string_view name(static_cast<const char*>(entry->d_name));
      if (name != "." && name != "..") { found.emplace_back(name); }
      if (found.size() == names_at_once) { return found; }
      errno = 0;
    }
    if (errno != 0) { fail(errno); }
    return found;
  }

  void clear() const {
    for (auto found = names(); !found.empty(); found = names()) {
      for (const auto& name : found) {
        if (remove_file(name)) { continue; }
        if (const auto inner = enter(name)) {
          inner->lift(*this);
          removed(::unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR));
        }
      }
    }
  }

  /// Removes the files in it and moves its folders to `target`: however deep a tree is, two open folders are enough.
  void lift(const OpenFolder& target) const {
    for (auto found = names(); !found.empty(); found = names()) {
      for (const auto& name : found) {
        if (remove_file(name)) { continue; }
        const std::string free_name = heddle::detail::crypto::random_hex(32);
        removed(::renameat(descriptor_, name.c_str(), target.descriptor_, free_name.c_str()));
      }
    }
  }

  int descriptor_;
};

}  // namespace heddle::stores::detail
