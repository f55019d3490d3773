// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/mapped_file.hpp"

#include <sqlite3.h>

#include <mutex>
#include <shared_mutex>

namespace heddle::sqlite::connection {

/// Keeps threads from locking a database file while another thread closes a descriptor of one.
///
/// Closing a descriptor drops all POSIX locks that the process holds on the file. SQLite closes one only if the process
/// holds none, but looks a moment earlier (seen in 3.40, `unixClose`): a lock that another connection of the process
/// takes in between is lost, and then two processes write at once.
class GuardedClose {
 public:
  /// Makes the connection lock and close its file under the guard. To be called when it is open, before it is used.
  static void install(sqlite3* connection) {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    // An in-memory database has no file.
    if (file != nullptr && file->pMethods != nullptr) { file->pMethods = guarded(file->pMethods); }
  }

  /// Closes a file that was opened without a connection.
  static int close(sqlite3_file* file) noexcept {
    const std::unique_lock alone(mutex());
    return file->pMethods->xClose(file);
  }

 private:
  /// The methods of a VFS, some replaced by those of this class.
  struct Methods : sqlite3_io_methods {
    Methods(const sqlite3_io_methods* of, const Methods* before) : sqlite3_io_methods(*of), original(of), next(before) {
      xLock = [](sqlite3_file* file, int level) {
        const std::shared_lock together(mutex());
        return original_of(file)->xLock(file, level);
      };
      xClose = [](sqlite3_file* file) {
        file->pMethods = original_of(file);
        return close(file);
      };
      xUnfetch = [](sqlite3_file* file, sqlite3_int64 offset, void* page) {
        const sqlite3_io_methods& own = *original_of(file);
        const int code = own.xUnfetch(file, offset, page);
        // Without a page it ends the mapping. SQLite does so when the file has changed, and maps it at its next read.
        if (page == nullptr) { expect_random_reads(own, file); }
        return code;
      };
    }
    const sqlite3_io_methods* original;
    const Methods* next;  ///< in the list of all
  };

  static const sqlite3_io_methods* original_of(sqlite3_file* file) noexcept {
    // Only a file with these methods gets here.
    return static_cast<const Methods*>(file->pMethods)->original;  // NOLINT(*-pro-type-static-cast-downcast)
  }

  static std::shared_mutex& mutex() {
    // Never destroyed: a backend can live longer than other static objects.
    static std::shared_mutex& only = *new std::shared_mutex;
    return only;
  }

  /// Returns the guarded form of a VFS's methods, which are static objects: there are few of them.
  static const sqlite3_io_methods* guarded(const sqlite3_io_methods* methods) {
    static std::mutex& access = *new std::mutex;
    // A list without a container, which every file that includes the backend would compile.
    static const Methods* first = nullptr;
    const std::lock_guard lock(access);
    for (const Methods* each = first; each != nullptr; each = each->next) {
      if (each->original == methods) { return each; }
    }
    first = new Methods(methods, first);
    return first;
  }
};

}  // namespace heddle::sqlite::connection
