// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>

namespace heddle::sqlite::connection {

/// Returns true if the process may not write to the file, or not make files in its folder. SQLite reports both as a
/// file that cannot be opened.
[[nodiscard]] inline bool is_forbidden(const std::string& path) {
  const auto refuses = [](const std::string& name, int rights) {
    return ::faccessat(AT_FDCWD, name.c_str(), rights, AT_EACCESS) != 0 &&
           (errno == EACCES || errno == EPERM || errno == EROFS);
  };
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return refuses(path, R_OK | W_OK) || refuses(folder.empty() ? "." : folder, W_OK | X_OK);
}

/// Returns true for a failure whose reason is the file, the disk or the system.
[[nodiscard]] inline bool is_of_file(int extended) noexcept {
  switch (extended & 0xFF) {
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return true;
    default: return false;
  }
}

/// Returns what a result code means for a file. `system_error` is the errno that led to it, 0 if it is unknown.
[[nodiscard]] inline ErrorMeaning meaning_of(int extended, int system_error, const std::string& path) {
  const int primary = extended & 0xFF;
  constexpr ErrorMeaning full{ErrorCode::resource_exhausted,
                              "the disk is full, or a limit of disk space or file sizes was reached"};
  constexpr ErrorMeaning forbidden{ErrorCode::permission_denied,
                                   "the system does not permit writing to the file or its folder"};
  // The index of the log grows before anything is written to the log.
  if (primary == SQLITE_FULL || extended == SQLITE_IOERR_SHMSIZE) { return full; }
  if (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN) {
    switch (system_error) {
      case ENOSPC:
      case EDQUOT:
      case EFBIG: return full;
      case EROFS: return forbidden;
      default: break;
    }
  }
  if ((primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY || primary == SQLITE_IOERR) && is_forbidden(path)) {
    return forbidden;
  }
  return meaning_of(extended);
}

/// Returns the exception for a failed call of SQLite that concerns a file: it names the file if the disk or the system
/// is the reason.
[[nodiscard]] inline SqliteError make_file_error(int extended, int system_error, std::string_view doing,
                                                 const std::string& path) {
  const ErrorMeaning meaning = meaning_of(extended, system_error, path);
  std::string message = sentence_of(meaning, extended, doing);
  if (is_of_file(extended)) { message.append(": ").append(path); }
  return {meaning.code, message, extended};
}

/// Returns the errno of the call that has just failed on a connection; 0 if it is unknown.
[[nodiscard]] inline int system_error_of(sqlite3* connection, int extended) noexcept {
  if (extended != SQLITE_IOERR_WRITE) { return sqlite3_system_errno(connection); }
  // The files keep it; what SQLite did to roll back has changed errno meanwhile.
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    int found = 0;
    sqlite3_file_control(connection, "main", which, &file);
    if (file == nullptr || file->pMethods == nullptr) { continue; }
    file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &found);
    if (found != 0) { return found; }
  }
  return 0;
}

/// The same for a call that has just failed on a connection.
[[nodiscard]] inline SqliteError make_error(sqlite3* connection, std::string_view doing) {
  const char* const path = sqlite3_db_filename(connection, "main");
  const int extended = sqlite3_extended_errcode(connection);
  return make_file_error(extended, system_error_of(connection, extended), doing,
                         path == nullptr || *path == '\0' ? ":memory:" : path);
}

}  // namespace heddle::sqlite::connection
