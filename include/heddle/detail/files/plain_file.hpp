// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_databases.hpp"

#include <filesystem>
#include <fstream>
#include <ios>
#include <istream>
#include <optional>

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

}  // namespace heddle::detail::files
