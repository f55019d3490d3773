// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/connection/connection.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace heddle::sqlite {

/// A file that is removed at the end of a scope, whatever happens.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  TemporaryFile(TemporaryFile&&) = delete;
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// Copies a database through SQLite's backup API. The copy is made beside `target` and gets its name only when it is
/// complete; a file that has the name already is left as it is, and the call fails with `already_exists`.
inline void copy_database(connection::Connection& source, const std::filesystem::path& target, const Context& context) {
  const auto taken = [] { return Error(ErrorCode::already_exists, "the backup's file exists already"); };
  std::error_code unknown;
  const auto there = std::filesystem::symlink_status(target, unknown).type();
  if (there != std::filesystem::file_type::not_found && there != std::filesystem::file_type::none) { throw taken(); }
  if (there == std::filesystem::file_type::none) {
    throw Error(ErrorCode::unavailable, "the backup's file cannot be made");
  }
  const TemporaryFile partial(target.string() + ".partial-" + heddle::detail::crypto::random_hex(16));
  connection::translated("copying the database", [&] {
    SQLite::Database copy(partial.path().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    SQLite::Backup backup(copy, source.database());
    constexpr int pages_between_looks = 256;
    while (backup.executeStep(pages_between_looks) != SQLITE_DONE) { context.check(); }
  });
  // A hard link, unlike a rename, never replaces what somebody else has put there meanwhile.
  std::error_code failure;
  std::filesystem::create_hard_link(partial.path(), target, failure);
  if (failure == std::errc::file_exists) { throw taken(); }
  if (failure) { throw Error(ErrorCode::unavailable, "the backup's file cannot be made"); }
}

}  // namespace heddle::sqlite
