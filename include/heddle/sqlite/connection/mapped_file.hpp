// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sqlite3.h>
#include <sys/mman.h>

#include <cstddef>

namespace heddle::sqlite::connection {

/// Tells the system that a database file is not read in the order of its pages, if SQLite has mapped it, or maps it
/// now.
///
/// For each page of a mapped file that it does not have in memory, the system reads all of its neighbours, 128 KiB. The
/// pages of a session lie far from each other, so loading one read 20 times as many bytes as it needed. To be called
/// each time that SQLite has given up a mapping: the advice ends with it.
inline void expect_random_reads(const sqlite3_io_methods& methods, sqlite3_file* file) noexcept {
  constexpr int version_with_mappings = 3;
  if (methods.iVersion < version_with_mappings || methods.xFetch == nullptr) { return; }
  sqlite3_int64 most = -1;  // a question; SQLite maps no more than that
  sqlite3_int64 size = 0;
  void* start = nullptr;
  if (methods.xFileControl(file, SQLITE_FCNTL_MMAP_SIZE, &most) != SQLITE_OK || most <= 0) { return; }
  // Pages have at least 512 bytes, so this is within a file that has any.
  if (methods.xFetch(file, 0, 512, &start) != SQLITE_OK || start == nullptr) { return; }
  if (methods.xFileSize(file, &size) == SQLITE_OK && size > 0) {
    // Advice; without it reading is slower, not wrong.
    static_cast<void>(posix_madvise(start, static_cast<std::size_t>(size < most ? size : most), POSIX_MADV_RANDOM));
  }
  static_cast<void>(methods.xUnfetch(file, 0, start));
}

/// The same for the file of a connection.
inline void expect_random_reads(sqlite3* connection) noexcept {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file != nullptr && file->pMethods != nullptr) { expect_random_reads(*file->pMethods, file); }
}

}  // namespace heddle::sqlite::connection
