#pragma once

#include "raw_sqlite.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

namespace benchmarks {

/// What another connection sees of a database of Heddle, which exists.
class Observer {
 public:
  explicit Observer(const std::string& path) {
    require(sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK, database_);
    sqlite3_busy_timeout(database_, 5000);
  }
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  Observer(Observer&&) = delete;
  Observer& operator=(Observer&&) = delete;
  ~Observer() { sqlite3_close(database_); }

  void execute(const char* sql) const {
    require(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr), SQLITE_OK, database_);
  }
  /// Waits until all messages are in the full-text index. The thread of a backend that has saved or searched fills it.
  void wait_for_index() const {
    while (has_row("SELECT 1 FROM search_queue LIMIT 1")) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  }

 private:
  [[nodiscard]] bool has_row(const char* sql) const {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr), SQLITE_OK, database_);
    const int code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW;
  }

  sqlite3* database_ = nullptr;
};

/// Counts the commits of all connections to SQLite that are opened after `count`.
class Commits {
 public:
  static void count() { require(sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch)), SQLITE_OK, nullptr); }
  static std::int64_t so_far() { return all_.load(); }

 private:
  static int watch(sqlite3* connection, const char** /*error*/, const void* /*functions*/) {
    sqlite3_commit_hook(
        connection,
        [](void* /*context*/) {
          ++all_;
          return 0;
        },
        nullptr);
    return SQLITE_OK;
  }

  static inline std::atomic<std::int64_t> all_{0};
};

/// Lets the system forget what it keeps of a file in memory. Precondition: no connection to the database is open, as a
/// mapped page stays, and as closing the file would drop SQLite's locks.
inline void drop_from_memory(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) { throw std::system_error(errno, std::generic_category(), path); }
  // A page that is not on the disk yet stays.
  ::fsync(file);
  const int code = ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  ::close(file);
  if (code != 0) { throw std::system_error(code, std::generic_category(), path); }
}

}  // namespace benchmarks
