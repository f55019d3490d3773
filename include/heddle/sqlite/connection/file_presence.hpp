// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/file_identity.hpp"
#include "heddle/error.hpp"

#include <sqlite3.h>

#include <array>
#include <optional>
#include <string>

namespace heddle::sqlite::connection {

/// Whether the files of an open database still have their names. SQLite goes on writing to files that were removed or
/// replaced, and what it writes then is lost.
class FilePresence {
 public:
  /// Remembers the files of the database that a connection has open. Throws `failed_precondition` if the database has
  /// lost its name meanwhile. An in-memory database has no files.
  void remember(sqlite3* connection) {
    const char* const path = sqlite3_db_filename(connection, "main");
    if (path == nullptr || *path == '\0') { return; }
    // The log and its index exist as long as a connection to a database with a write-ahead log is open.
    files_[0].name = path;
    files_[1].name.assign(path).append("-wal");
    files_[2].name.assign(path).append("-shm");
    for (File& file : files_) { file.identity = detail::files::FileIdentity::of(file.name); }
    int has_moved = 0;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
    if (has_moved != 0) { fail(files_.front()); }
  }

  /// Throws `failed_precondition` if one of the files was removed or replaced.
  void check() const {
    for (const File& file : files_) {
      if (file.identity && !file.identity->is_at(file.name)) { fail(file); }
    }
  }

 private:
  struct File {
    std::string name{};
    std::optional<detail::files::FileIdentity> identity{};  ///< nothing if there is no such file
  };

  [[noreturn]] static void fail(const File& file) {
    throw Error(ErrorCode::failed_precondition,
                "a file of the database was removed or replaced while it was open, and what is written to the open "
                "one would be lost: " +
                    file.name + "; nothing was stored; close the backend and open it again");
  }

  std::array<File, 3> files_;
};

}  // namespace heddle::sqlite::connection
