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

#include <fcntl.h>

#include <cerrno>
#include <concepts>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <system_error>

namespace heddle::sqlite::file {

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

/// Returns the exception for a backup that cannot get its name.
[[nodiscard]] inline Error refusal(const std::error_code& failure, const std::filesystem::path& target) {
  if (failure == std::errc::file_exists) {
    return {ErrorCode::already_exists, "the backup's file exists already: " + target.string()};
  }
  const bool forbidden = failure == std::errc::permission_denied || failure == std::errc::operation_not_permitted ||
                         failure == std::errc::read_only_file_system;
  return {forbidden ? ErrorCode::permission_denied : ErrorCode::unavailable,
          "the backup's file cannot be made (" + failure.message() + "): " + target.string()};
}

/// Renames a file, unless the new name is in use: never replaces a file that another process has made meanwhile.
[[nodiscard]] inline std::error_code rename_to_free_name(const std::filesystem::path& from,
                                                         const std::filesystem::path& to) {
  std::error_code failure;
#if defined(RENAME_NOREPLACE)
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) { return failure; }
  failure.assign(errno, std::generic_category());
  // What a file system or a kernel without this request returns.
  if (failure != std::errc::invalid_argument && failure != std::errc::function_not_supported) { return failure; }
#endif
  // The file has two names for a moment: if the process is killed then, one has to be removed before it can be opened.
  std::filesystem::create_hard_link(from, to, failure);
  return failure;
}

/// Copies all pages of a database to another one, from `source` to `copy`.
void copy_pages(std::same_as<connection::Connection> auto& source, SQLite::Database& copy, const Context& context,
                auto&& report) {
  const std::int64_t page_bytes = source.read_integer("PRAGMA page_size");
  SQLite::Backup backup(copy, source.database());
  constexpr int pages_between_checks = 256;
  const auto report_state = [&] {
    const std::int64_t total = backup.getTotalPageCount();
    report((total - backup.getRemainingPageCount()) * page_bytes, total * page_bytes);
  };
  while (backup.executeStep(pages_between_checks) != SQLITE_DONE) {
    context.check();
    report_state();
  }
  report_state();
}

/// Copies a database through SQLite's backup API, and calls `report(bytes, total_bytes)` now and then. The copy is made
/// beside `target` and gets its name only when it is complete. Throws `already_exists` if a file has the name already,
/// and does not change that file; `permission_denied` if the system does not permit it, `resource_exhausted` if the
/// disk is full, `failed_precondition` if the folder does not exist, `unavailable` if the copy fails otherwise; and
/// what `report` and `Context::check` throw.
void copy_database(std::same_as<connection::Connection> auto& source, const std::filesystem::path& target,
                   const Context& context, auto&& report) {
  std::error_code failure;
  const auto type = std::filesystem::symlink_status(target, failure).type();
  if (type == std::filesystem::file_type::none) { throw refusal(failure, target); }
  if (type != std::filesystem::file_type::not_found) {
    throw refusal(std::make_error_code(std::errc::file_exists), target);
  }
  if (const auto folder = target.parent_path(); !folder.empty() && !std::filesystem::is_directory(folder, failure)) {
    throw Error(ErrorCode::failed_precondition, "the folder of the backup does not exist: " + folder.string());
  }
  const TemporaryFile partial(target.string() + ".partial-" + heddle::detail::crypto::random_hex(16));
  try {
    const PrivateFile private_file(partial.path().string());
    SQLite::Database copy(partial.path().string(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    private_file.restrict_mode();
    try {
      copy_pages(source, copy, context, report);
    } catch (const SQLite::Exception& error) {
      throw connection::translate(error, "copying the database", copy.getHandle(), target.string());
    }
  } catch (const SQLite::Exception& error) {
    throw connection::translate(error, "copying the database", nullptr, target.string());
  }
  failure = rename_to_free_name(partial.path(), target);
  if (failure) { throw refusal(failure, target); }
}

}  // namespace heddle::sqlite::file
