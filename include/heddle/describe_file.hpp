#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <string>
#include <string_view>

namespace heddle {

/// The size and checksum of a file, as an Artifact records them.
struct FileDescription {
  std::int64_t size_bytes = 0;
  std::string checksum{};  ///< SHA-256, lower-case hexadecimal

  friend bool operator==(const FileDescription&, const FileDescription&) = default;
};

/// Reads a file once, in pieces, and returns its size and checksum. If another program writes the file meanwhile, they
/// describe the bytes that were read. Throws `not_found` if the file does not exist, `invalid_argument` if it is not a
/// regular file, `permission_denied` or `unavailable` if it cannot be read, and `failed_precondition` if it belongs to
/// a SQLite database that this process has open through Heddle: reading it would drop the locks on the database. May be
/// called by any thread.
[[nodiscard]] inline FileDescription describe_file(const std::filesystem::path& path) {
  detail::files::require_regular_file(path);
  detail::files::PlainFile plain(path);
  std::istream& file = plain.stream();
  if (!file) { detail::files::refuse_unreadable_file(); }
  FileDescription description;
  detail::crypto::Sha256 digest;
  std::array<char, std::size_t{1} << 16U> piece{};
  while (file) {
    file.read(piece.data(), piece.size());
    const auto size = static_cast<std::size_t>(file.gcount());
    digest.update(std::string_view(piece.data(), size));
    description.size_bytes += static_cast<std::int64_t>(size);
  }
  if (file.bad()) { throw Error(ErrorCode::unavailable, "reading the file failed"); }
  description.checksum = digest.hex();
  return description;
}

}  // namespace heddle
