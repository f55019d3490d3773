// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_databases.hpp"

#include <filesystem>
#include <fstream>
#include <ios>
#include <istream>
#include <optional>

namespace heddle::detail::files {

/// A file that is read by a descriptor of ours, and the only way in which Heddle does so: never one of a SQLite
/// database that the process has open; see OpenDatabases.
class PlainFile {
 public:
  /// Throws `failed_precondition` for a file of an open database. A file that cannot be opened leaves the stream
  /// failed.
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
  std::optional<OpenDatabases::Reading> reading_;  ///< until after the stream is closed
  std::ifstream stream_;
};

}  // namespace heddle::detail::files
