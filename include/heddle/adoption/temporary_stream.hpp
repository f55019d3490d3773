// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace heddle::adoption {

/// A file of one stream that only its owner can read. It has no name while it is used, where the system gives a path to
/// open files: what a process that is killed leaves has no content then. Else the destructor removes it.
class TemporaryStream {
 public:
  explicit TemporaryStream(const std::filesystem::path& folder) {
    std::error_code unknown;
    const auto place = folder.empty() ? std::filesystem::temp_directory_path(unknown) : folder;
    name_ = place / ("heddle-adoption-" + heddle::detail::crypto::random_hex(32));
    const int descriptor = ::open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (descriptor >= 0) { file_.reset(::fdopen(descriptor, "w+b")); }
    if (!file_) { refuse(); }
    path_ = "/proc/self/fd/" + std::to_string(descriptor);
    if (std::filesystem::exists(path_, unknown)) {
      std::filesystem::remove(name_, unknown);
    } else {
      path_ = name_;
    }
  }
  TemporaryStream(const TemporaryStream&) = delete;
  TemporaryStream& operator=(const TemporaryStream&) = delete;
  TemporaryStream(TemporaryStream&&) = delete;
  TemporaryStream& operator=(TemporaryStream&&) = delete;
  ~TemporaryStream() {
    std::error_code ignored;
    if (path_ == name_) { std::filesystem::remove(name_, ignored); }
  }

  void write(std::string_view bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) { refuse(); }
  }
  /// Returns a path of the whole stream, for this process and as long as this object lives.
  [[nodiscard]] const std::filesystem::path& finish() {
    if (std::fflush(file_.get()) != 0) { refuse(); }
    return path_;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  [[noreturn]] void refuse() const {
    throw Error(ErrorCode::unavailable,
                "the temporary file for the records of a tenant cannot be made or written "
                "(is the disk full?): " +
                    name_.string());
  }

  std::filesystem::path name_{};
  std::filesystem::path path_{};
  std::unique_ptr<std::FILE, Close> file_{};
};

}  // namespace heddle::adoption
