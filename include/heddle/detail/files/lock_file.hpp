// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace heddle::detail::files {

/// An empty file of an open folder that processes lock, in order to know of each other. The system gives the lock up
/// when its process ends, however it ends. Never a file of a SQLite database: see OpenDatabases. A template only so
/// that files that do not use it do not compile it.
template <class Descriptor>
class BasicLockFile {
 public:
  /// Opens the file, or makes it.
  [[nodiscard]] static BasicLockFile make(Descriptor folder, const std::string& name) {
    const int descriptor = ::openat(folder, name.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) { refuse_file(errno, "a lock file cannot be made"); }
    return BasicLockFile(descriptor);
  }
  /// Opens the file; returns nothing if it does not exist.
  [[nodiscard]] static std::optional<BasicLockFile> find(Descriptor folder, const std::string& name) {
    const int descriptor = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor >= 0) { return BasicLockFile(descriptor); }
    if (errno != ENOENT) { refuse_file(errno, "a lock file cannot be opened"); }
    return std::nullopt;
  }

  BasicLockFile(BasicLockFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  BasicLockFile& operator=(BasicLockFile&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  BasicLockFile(const BasicLockFile&) = delete;
  BasicLockFile& operator=(const BasicLockFile&) = delete;
  ~BasicLockFile() {
    if (descriptor_ >= 0) { ::close(descriptor_); }
  }

  /// Locks it until it is destroyed; returns false if another one, of this process or of another, has locked it.
  [[nodiscard]] bool try_to_lock() { return lock(LOCK_EX); }
  /// The same for a lock that several can have at once.
  [[nodiscard]] bool try_to_share() { return lock(LOCK_SH); }

 private:
  explicit BasicLockFile(Descriptor descriptor) noexcept : descriptor_(descriptor) {}

  [[nodiscard]] bool lock(int kind) {
    while (::flock(descriptor_, kind | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) { return false; }
      if (errno != EINTR) { refuse_file(errno, "a file cannot be locked: its file system must support flock"); }
    }
    return true;
  }

  Descriptor descriptor_;
};

using LockFile = BasicLockFile<int>;

}  // namespace heddle::detail::files
