// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_databases.hpp"
#include "heddle/error.hpp"

#include <filesystem>
#include <fstream>
#include <ios>
#include <istream>
#include <optional>
#include <system_error>

namespace heddle::detail::files {

/// Reads a file by a descriptor. All files that Heddle reads itself are read by this class, because it never opens one
/// of a SQLite database that the process has open; see OpenDatabases.
class PlainFile {
 public:
  /// Throws `failed_precondition` for a file of an open database. If the file cannot be opened, the stream has failed.
  explicit PlainFile(const std::filesystem::path& path) {
    if (const auto file = FileIdentity::of(path)) {
      reading_.emplace(*file);
      stream_.open(path, std::ios::binary);
    } else {
      stream_.setstate(std::ios::failbit);
    }
  }

  [[nodiscard]] std::istream& stream() noexcept { return stream_; }

 private:
  std::optional<OpenDatabases::Reading> reading_;  ///< must outlive the open stream
  std::ifstream stream_;
};

/// Throws unless a path leads to a regular file: `not_found`, `invalid_argument`, or `permission_denied`.
inline void require_regular_file(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (!std::filesystem::exists(status)) {
    const bool missing = status.type() == std::filesystem::file_type::not_found;
    throw Error(
        missing ? ErrorCode::not_found : ErrorCode::permission_denied,
        missing ? "the file does not exist" : "the file's status cannot be read: check the permissions of its folders");
  }
  // Opening a pipe would block until another process opens its other end.
  if (!std::filesystem::is_regular_file(status)) {
    throw Error(ErrorCode::invalid_argument, "the path does not name a regular file");
  }
}

/// Throws the error for a file that could not be opened.
[[noreturn]] inline void refuse_unreadable_file() {
  throw Error(ErrorCode::permission_denied, "the file cannot be opened for reading: check its permissions");
}

}  // namespace heddle::detail::files
