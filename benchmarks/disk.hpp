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

/// Measures the disk alone, as a control: it can be many times slower for minutes.
class Disk {
 public:
  Disk()
      : path_((std::filesystem::temp_directory_path() / "heddle-disk.XXXXXX").string()),
        file_(::mkstemp(path_.data())) {
    if (file_ < 0) { throw std::system_error(errno, std::generic_category()); }
  }
  Disk(const Disk&) = delete;
  Disk& operator=(const Disk&) = delete;
  Disk(Disk&&) = delete;
  Disk& operator=(Disk&&) = delete;
  ~Disk() {
    ::close(file_);
    ::unlink(path_.c_str());
  }

  /// Overwrites a block and waits until the disk has stored it.
  void write() const {
    const std::array<char, 8192> block{};
    if (::pwrite(file_, block.data(), block.size(), 0) < 0 || ::fdatasync(file_) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
  }

 private:
  std::string path_;
  int file_;
};

}  // namespace benchmarks
