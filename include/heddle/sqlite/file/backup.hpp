// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/file/private_file.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <sqlite3.h>

#include <concepts>
#include <filesystem>
#include <string>
#include <system_error>

namespace heddle::sqlite::file {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Removes a file, if it exists, at the end of a scope.
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
/// complete. Throws `already_exists` if a file has the name already, and does not change that file; `unavailable` if
/// the copy cannot be made; and what `Context::check` throws.
void copy_database(std::same_as<connection::Connection> auto& source, const std::filesystem::path& target,
                   const Context& context) {
  const Error exists(ErrorCode::already_exists, "the backup's file exists already");
  const Error failed(ErrorCode::unavailable, "the backup's file cannot be made");
  std::error_code unknown;
  const auto type = std::filesystem::symlink_status(target, unknown).type();
  if (type == std::filesystem::file_type::none) { throw failed; }
  if (type != std::filesystem::file_type::not_found) { throw exists; }
  const TemporaryFile partial(target.string() + ".partial-" + heddle::detail::crypto::random_hex(16));
  connection::translate_errors("copying the database", nullptr, target.string(), [&] {
    const PrivateFile private_file(partial.path().string());
    SQLite::Database copy(partial.path().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    private_file.restrict_mode();
    SQLite::Backup backup(copy, source.database());
    constexpr int pages_between_checks = 256;
    while (backup.executeStep(pages_between_checks) != SQLITE_DONE) { context.check(); }
  });
  // A hard link, unlike a rename, never replaces a file that another process has made meanwhile.
  std::error_code failure;
  std::filesystem::create_hard_link(partial.path(), target, failure);
  if (failure == std::errc::file_exists) { throw exists; }
  if (failure) { throw failed; }
}

}  // namespace heddle::sqlite::file
