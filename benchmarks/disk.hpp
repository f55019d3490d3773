#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include <unistd.h>

namespace benchmarks {

/// Measures the disk alone, as a control, because it can be many times slower for minutes, and as the limit of a
/// commit.
class Disk {
 public:
  Disk()
      : path_((std::filesystem::temp_directory_path() / "heddle-disk.XXXXXX").string()),
        file_(::mkstemp(path_.data())) {
    if (file_ < 0) { throw std::system_error(errno, std::generic_category()); }
    // As in a log that is written again and again, the blocks belong to the file before they are measured.
    for (std::size_t at = 0; at < size; at += block_.size()) { write(block_.size()); }
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  Disk(Disk&&) = delete;
  Disk& operator=(Disk&&) = delete;
  ~Disk() {
    ::close(file_);
    ::unlink(path_.c_str());
  }

  /// Writes so many bytes behind those of the last call, 64 KiB at most, and waits until the disk has stored them; at
  /// the end of 4 MiB begins anew.
  void write(std::size_t bytes) {
    if (at_ + bytes > size) { at_ = 0; }
    if (::pwrite(file_, block_.data(), bytes, static_cast<off_t>(at_)) != static_cast<ssize_t>(bytes) ||
        ::fdatasync(file_) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    at_ += bytes;
  }

 private:
  static constexpr std::size_t size = std::size_t{4} << 20U;

  std::array<char, 65536> block_{};
  std::size_t at_ = 0;
  std::string path_;
  int file_;
};

}  // namespace benchmarks
