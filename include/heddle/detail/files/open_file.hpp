// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_databases.hpp"
#include "heddle/error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail::files {

/// Throws the error for a failed call on a file.
[[noreturn]] void refuse_file(std::same_as<int> auto code, const char* what) {
  const bool forbidden = code == EACCES || code == EPERM || code == EROFS;
  const bool full = code == ENOSPC || code == EDQUOT || code == EMFILE || code == ENFILE || code == EFBIG;
  throw Error(forbidden ? ErrorCode::permission_denied
              : full    ? ErrorCode::resource_exhausted
                        : ErrorCode::unavailable,
              what);
}

/// A file of an open folder, found by its name in it; links are not followed. Like PlainFile it never opens a file of a
/// SQLite database that the process has open. One thread at a time. A template only so that files that do not use it do
/// not compile it.
template <class Descriptor>
class BasicOpenFile {
 public:
  /// Makes a file, which only its owner may read. Throws if it exists or cannot be made.
  [[nodiscard]] static BasicOpenFile make(Descriptor folder, const std::string& name) {
    const int descriptor = ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (descriptor < 0) { refuse_file(errno, "an artifact file cannot be made"); }
    return BasicOpenFile(descriptor);
  }
  /// Opens a regular file for reading; returns nothing if it does not exist or is something else, such as a link.
  [[nodiscard]] static std::optional<BasicOpenFile> find(Descriptor folder, const std::string& name) {
    struct stat found {};
    if (::fstatat(folder, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT || errno == ENAMETOOLONG) { return std::nullopt; }
      refuse_file(errno, "an artifact file cannot be found");
    }
    // Opening a pipe would wait for its other end.
    if (!S_ISREG(found.st_mode)) { return std::nullopt; }
    auto reading = std::make_unique<OpenDatabases::Reading>(FileIdentity{found.st_dev, found.st_ino});
    const int descriptor = ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
      if (errno == ENOENT || errno == ELOOP) { return std::nullopt; }
      refuse_file(errno, "an artifact file cannot be opened");
    }
    BasicOpenFile file(descriptor);
    file.reading_ = std::move(reading);
    return file;
  }

  BasicOpenFile(BasicOpenFile&& other) noexcept
      : reading_(std::move(other.reading_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
  BasicOpenFile& operator=(BasicOpenFile&& other) noexcept {
    std::swap(reading_, other.reading_);
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  BasicOpenFile(const BasicOpenFile&) = delete;
  BasicOpenFile& operator=(const BasicOpenFile&) = delete;
  ~BasicOpenFile() { close(); }

  /// Appends all bytes.
  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
      if (count < 0 && errno == EINTR) { continue; }
      if (count <= 0) { refuse_file(count == 0 ? EIO : errno, "an artifact file cannot be written"); }
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  /// Returns when all bytes are on the disk.
  void sync() {
    if (::fsync(descriptor_) != 0) { refuse_file(errno, "an artifact file cannot be brought to the disk"); }
  }
  /// Returns how many bytes the file has.
  [[nodiscard]] std::int64_t size() const {
    struct stat found {};
    if (::fstat(descriptor_, &found) != 0) { refuse_file(errno, "an artifact file cannot be read"); }
    return found.st_size;
  }
  /// Reads the next bytes; returns how many, 0 at the end.
  std::size_t read(std::span<char> buffer) {
    for (;;) {
      const ssize_t count = ::read(descriptor_, buffer.data(), buffer.size());
      if (count >= 0) { return static_cast<std::size_t>(count); }
      if (errno != EINTR) { refuse_file(errno, "an artifact file cannot be read"); }
    }
  }
  /// Closes the file before it is destroyed.
  void close() noexcept {
    if (descriptor_ >= 0) { ::close(std::exchange(descriptor_, -1)); }
  }

 private:
  explicit BasicOpenFile(Descriptor descriptor) noexcept : descriptor_(descriptor) {}

  std::unique_ptr<OpenDatabases::Reading> reading_;  ///< must outlive the descriptor
  Descriptor descriptor_;
};

using OpenFile = BasicOpenFile<int>;

}  // namespace heddle::detail::files
