// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/detail/files/lock_file.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// Whether a file got a name in another folder.
enum class Moved { yes, no, name_is_in_use };

/// An open folder: names are resolved in this folder even if its path leads elsewhere by now, and links are not
/// followed. If a path were checked first and used afterwards, a folder could be replaced by a link in between.
/// Precondition: a name is one component, and not `.` or `..`. A template for the same reason as ArtifactFiles.
template <class Descriptor>
class BasicOpenFolder {
 public:
  /// Opens the folder at a trusted path and follows links; returns nothing if it does not exist.
  [[nodiscard]] static std::optional<BasicOpenFolder> at(const std::filesystem::path& path) {
    return wrap(::open(path.c_str(), folder_flags));
  }

  BasicOpenFolder(BasicOpenFolder&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  BasicOpenFolder& operator=(BasicOpenFolder&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  BasicOpenFolder(const BasicOpenFolder&) = delete;
  BasicOpenFolder& operator=(const BasicOpenFolder&) = delete;
  ~BasicOpenFolder() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }

  /// Opens the folder with this name in it; returns nothing if it does not exist or is not a folder, such as a link.
  [[nodiscard]] std::optional<BasicOpenFolder> enter(const std::string& name) const {
    return wrap(::openat(descriptor_, name.c_str(), folder_flags | O_NOFOLLOW));
  }

  /// Opens the folder with this name in it, or makes it, which only its owner may read. Throws if the name is that of
  /// something else, and `unavailable` if others go on removing it.
  [[nodiscard]] BasicOpenFolder enter_or_make(const std::string& name) const {
    constexpr int attempts = 100;
    for (int attempt = 0; attempt < attempts; ++attempt) {
      if (::mkdirat(descriptor_, name.c_str(), 0700) == 0) {
        sync();
      } else if (errno != EEXIST) {
        heddle::detail::files::refuse_file(errno, "a folder for artifact files cannot be made");
      }
      if (auto folder = enter(name)) { return std::move(*folder); }
      struct stat found {};
      if (::fstatat(descriptor_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISDIR(found.st_mode)) {
        throw Error(ErrorCode::permission_denied, "a folder for artifact files is a link or a file");
      }
    }
    throw Error(ErrorCode::unavailable, "a folder for artifact files was removed while it was made");
  }

  /// Makes a file in it.
  [[nodiscard]] heddle::detail::files::OpenFile make_file(const std::string& name) const {
    return heddle::detail::files::OpenFile::make(descriptor_, name);
  }
  /// Opens a regular file in it for reading; returns nothing if there is none.
  [[nodiscard]] std::optional<heddle::detail::files::OpenFile> find_file(const std::string& name) const {
    return heddle::detail::files::OpenFile::find(descriptor_, name);
  }
  /// Gives a file in it another name.
  void rename(const std::string& from, const std::string& to) const {
    if (::renameat(descriptor_, from.c_str(), descriptor_, to.c_str()) != 0) {
      heddle::detail::files::refuse_file(errno, "an artifact file cannot get its name");
    }
  }
  /// Gives a file in it, or a folder if `is_folder`, a name in another folder, unless that is in use.
  [[nodiscard]] Moved move(const std::string& name, bool is_folder, const BasicOpenFolder& target,
                           const std::string& new_name) const noexcept {
    struct stat found {};
    if (::fstatat(descriptor_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) { return Moved::no; }
    const bool found_folder = S_ISDIR(found.st_mode);
    if (found_folder != is_folder) { return Moved::no; }
#if defined(RENAME_NOREPLACE)
    if (::renameat2(descriptor_, name.c_str(), target.descriptor_, new_name.c_str(), RENAME_NOREPLACE) == 0) {
      return Moved::yes;
    }
    // What a file system or a kernel without this request returns.
    if (errno != EINVAL && errno != ENOSYS) { return errno == EEXIST ? Moved::name_is_in_use : Moved::no; }
#endif
    // Between the two calls, another process can take the name.
    if (::fstatat(target.descriptor_, new_name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0) {
      return Moved::name_is_in_use;
    }
    const int status = ::renameat(descriptor_, name.c_str(), target.descriptor_, new_name.c_str());
    return status == 0 ? Moved::yes : Moved::no;
  }
  /// Opens a lock in it, which is made if it does not exist.
  [[nodiscard]] heddle::detail::files::LockFile make_lock(const std::string& name) const {
    return heddle::detail::files::LockFile::make(descriptor_, name);
  }
  /// Opens a lock in it; returns nothing if it does not exist.
  [[nodiscard]] std::optional<heddle::detail::files::LockFile> find_lock(const std::string& name) const {
    return heddle::detail::files::LockFile::find(descriptor_, name);
  }
  /// Returns when the names in it are on the disk.
  void sync() const {
    if (::fsync(descriptor_) != 0) {
      heddle::detail::files::refuse_file(errno, "a folder for artifact files cannot be brought to the disk");
    }
  }

  /// Returns all names in it. They are in memory at once.
  [[nodiscard]] std::vector<std::string> all_names() const { return names(std::numeric_limits<std::size_t>::max()); }

  /// Removes the file or link (not its target) with this name; returns false if it does not exist or is a folder.
  bool remove_file(const std::string& name) const {
    struct stat found {};
    if (::fstatat(descriptor_, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      require_missing(errno);
      return false;
    }
    return !S_ISDIR(found.st_mode) && check_removal(::unlinkat(descriptor_, name.c_str(), 0));
  }

  /// Removes the folder with this name and everything in it; links in it are removed, but not their targets.
  void remove_tree(const std::string& name) const {
    if (const auto folder = enter(name)) {
      folder->clear();
      check_removal(::unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR));
    }
  }

 private:
  static constexpr int folder_flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  static constexpr std::size_t names_at_once = 1024;

  explicit BasicOpenFolder(int descriptor) noexcept : descriptor_(descriptor) {}

  [[noreturn]] static void fail(int code) {
    const bool forbidden = code == EACCES || code == EPERM || code == EROFS;
    throw Error(forbidden ? ErrorCode::permission_denied : ErrorCode::unavailable,
                "artifact files cannot be opened or removed");
  }

  /// Throws unless the failure is that the name does not exist.
  static void require_missing(int code) {
    if (code != ENOENT && code != ENAMETOOLONG) { fail(code); }
  }

  /// Returns true if a removal succeeded, false if the name no longer exists; throws for other failures.
  static bool check_removal(int status) {
    if (status != 0) { require_missing(errno); }
    return status == 0;
  }

  static std::optional<BasicOpenFolder> wrap(int descriptor) {
    if (descriptor >= 0) { return BasicOpenFolder(descriptor); }
    // With O_NOFOLLOW a link is ELOOP, or ENOTDIR together with O_DIRECTORY.
    if (errno != ENOTDIR && errno != ELOOP) { require_missing(errno); }
    return std::nullopt;
  }

  /// Returns some of the names in the folder; none if it is empty.
  [[nodiscard]] std::vector<std::string> names(std::size_t most = names_at_once) const {
    struct Close {
      void operator()(DIR* stream) const noexcept { ::closedir(stream); }
    };
    // Opened again, because a stream owns its descriptor and its position.
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
      if (found.size() == most) { return found; }
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
          check_removal(::unlinkat(descriptor_, name.c_str(), AT_REMOVEDIR));
        }
      }
    }
  }

  /// Removes the files in it and moves its folders to `target`, so that a tree of any depth needs only two open
  /// folders.
  void lift(const BasicOpenFolder& target) const {
    for (auto found = names(); !found.empty(); found = names()) {
      for (const auto& name : found) {
        if (remove_file(name)) { continue; }
        const std::string free_name = heddle::detail::crypto::random_hex(32);
        check_removal(::renameat(descriptor_, name.c_str(), target.descriptor_, free_name.c_str()));
      }
    }
  }

  Descriptor descriptor_;
};

using OpenFolder = BasicOpenFolder<int>;

}  // namespace heddle::stores::detail
