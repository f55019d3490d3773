#pragma once

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace crash {

/// The kinds of requests of SQLite to the operating system.
enum class Request { open, read, write, sync, truncate, remove, size, map_shared_memory };

/// Which request fails, and how.
struct Fault {
  Request request = Request::write;
  int at = 1;               ///< the first of them is 1
  int code = SQLITE_IOERR;  ///< what the request returns
  bool lasting = false;     ///< all later requests of any kind fail as well
  bool done_first = false;  ///< the request is done and reports a failure
};

/// The system's VFS with faults; the default VFS of this process as long as the object exists. Remembers which files
/// have been written to and not synced since.
class FaultyVfs : private sqlite3_vfs {
 public:
  FaultyVfs() : sqlite3_vfs(*sqlite3_vfs_find(nullptr)), system_(sqlite3_vfs_find(nullptr)) {
    the_ = this;
    szOsFile = static_cast<int>(sizeof(File)) + system_->szOsFile;
    zName = "faulty";
    pAppData = this;
    xOpen = [](sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
      return the_->open(path, file, flags, out);
    };
    xDelete = [](sqlite3_vfs*, const char* path, int) {
      return the_->ask(Request::remove, [&] { return the_->system_->xDelete(the_->system_, path, 0); });
    };
    sqlite3_vfs_register(this, 1);
  }
  FaultyVfs(const FaultyVfs&) = delete;
  FaultyVfs& operator=(const FaultyVfs&) = delete;
  FaultyVfs(FaultyVfs&&) = delete;
  FaultyVfs& operator=(FaultyVfs&&) = delete;
  ~FaultyVfs() { sqlite3_vfs_unregister(this); }

  /// From now on counts requests, and fails as `fault` says.
  void inject(const Fault& fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    seen_ = 0;
    struck_ = false;
  }
  /// Ends the faults; returns true if a request has failed.
  bool heal() {
    const std::lock_guard lock(mutex_);
    fault_.reset();
    return struck_;
  }
  [[nodiscard]] bool struck() {
    const std::lock_guard lock(mutex_);
    return struck_;
  }
  /// Calls `watcher` with the path of a file before each of its writes, on the thread that writes.
  void watch_writes(std::function<void(const std::string&)> watcher) { watcher_ = std::move(watcher); }
  /// Calls `watcher` with the path of a file before it is closed, on the thread that closes it.
  void watch_closings(std::function<void(const std::string&)> watcher) { closing_watcher_ = std::move(watcher); }
  /// Returns true if a power failure would lose bytes of this file.
  [[nodiscard]] bool is_unsynced(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return unsynced_.count(path) != 0;
  }

 private:
  struct File {
    sqlite3_file base;
    std::string* path;
    [[nodiscard]] sqlite3_file* real() noexcept { return reinterpret_cast<sqlite3_file*>(this + 1); }
  };

  static File& self(sqlite3_file* file) noexcept { return *reinterpret_cast<File*>(file); }
  static sqlite3_file* real(sqlite3_file* file) noexcept { return self(file).real(); }

  /// Runs the request, or fails, as the fault says.
  template <class Action>
  int ask(Request request, Action&& action) {
    std::optional<Fault> strikes;
    {
      const std::lock_guard lock(mutex_);
      if (fault_ && fault_->request == request) { ++seen_; }
      const bool now = fault_ && fault_->request == request && seen_ == fault_->at;
      if (now || (fault_ && fault_->lasting && struck_)) {
        struck_ = true;
        strikes = fault_;
      }
    }
    if (!strikes) { return action(); }
    if (strikes->done_first) { static_cast<void>(action()); }
    return request == Request::open && strikes->code == SQLITE_IOERR ? SQLITE_CANTOPEN : strikes->code;
  }

  int open(const char* path, sqlite3_file* file, int flags, int* out) {
    File& opened = self(file);
    opened.base.pMethods = nullptr;
    opened.path = nullptr;
    opened.real()->pMethods = nullptr;
    int code = SQLITE_OK;
    const int answer =
        ask(Request::open, [&] { return code = system_->xOpen(system_, path, opened.real(), flags, out); });
    if (answer != SQLITE_OK) {
      if (opened.real()->pMethods != nullptr) { opened.real()->pMethods->xClose(opened.real()); }
      return answer;
    }
    opened.path = new std::string(path == nullptr ? "" : path);
    opened.base.pMethods = methods();
    return SQLITE_OK;
  }

  void note(const File& file, bool synced) {
    const std::lock_guard lock(mutex_);
    if (synced) {
      unsynced_.erase(*file.path);
    } else {
      unsynced_.insert(*file.path);
    }
  }

  static const sqlite3_io_methods* methods() {
    static const sqlite3_io_methods all = [] {
      sqlite3_io_methods made{};
      made.iVersion = 3;
      made.xClose = [](sqlite3_file* f) {
        if (the_->closing_watcher_) { the_->closing_watcher_(*self(f).path); }
        delete self(f).path;
        return real(f)->pMethods->xClose(real(f));
      };
      made.xRead = [](sqlite3_file* f, void* to, int size, sqlite3_int64 at) {
        return the_->ask(Request::read, [&] { return real(f)->pMethods->xRead(real(f), to, size, at); });
      };
      made.xWrite = [](sqlite3_file* f, const void* from, int size, sqlite3_int64 at) {
        return the_->ask(Request::write, [&] {
          the_->note(self(f), false);
          if (the_->watcher_) { the_->watcher_(*self(f).path); }
          return real(f)->pMethods->xWrite(real(f), from, size, at);
        });
      };
      made.xTruncate = [](sqlite3_file* f, sqlite3_int64 size) {
        return the_->ask(Request::truncate, [&] { return real(f)->pMethods->xTruncate(real(f), size); });
      };
      made.xSync = [](sqlite3_file* f, int) {
        return the_->ask(Request::sync, [&] {
          // Nothing here must survive this process, so the disk need not be synced.
          the_->note(self(f), true);
          return SQLITE_OK;
        });
      };
      made.xFileSize = [](sqlite3_file* f, sqlite3_int64* size) {
        return the_->ask(Request::size, [&] { return real(f)->pMethods->xFileSize(real(f), size); });
      };
      made.xLock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xLock(real(f), level); };
      made.xUnlock = [](sqlite3_file* f, int level) { return real(f)->pMethods->xUnlock(real(f), level); };
      made.xCheckReservedLock = [](sqlite3_file* f, int* out) {
        return real(f)->pMethods->xCheckReservedLock(real(f), out);
      };
      made.xFileControl = [](sqlite3_file* f, int op, void* argument) {
        return real(f)->pMethods->xFileControl(real(f), op, argument);
      };
      made.xSectorSize = [](sqlite3_file* f) { return real(f)->pMethods->xSectorSize(real(f)); };
      made.xDeviceCharacteristics = [](sqlite3_file* f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); };
      made.xShmMap = [](sqlite3_file* f, int page, int size, int extend, void volatile** out) {
        return the_->ask(Request::map_shared_memory,
                         [&] { return real(f)->pMethods->xShmMap(real(f), page, size, extend, out); });
      };
      made.xShmLock = [](sqlite3_file* f, int offset, int n, int flags) {
        return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
      };
      made.xShmBarrier = [](sqlite3_file* f) { real(f)->pMethods->xShmBarrier(real(f)); };
      made.xShmUnmap = [](sqlite3_file* f, int remove) { return real(f)->pMethods->xShmUnmap(real(f), remove); };
      made.xFetch = [](sqlite3_file* f, sqlite3_int64 at, int size, void** out) {
        return real(f)->pMethods->xFetch(real(f), at, size, out);
      };
      made.xUnfetch = [](sqlite3_file* f, sqlite3_int64 at, void* page) {
        return real(f)->pMethods->xUnfetch(real(f), at, page);
      };
      return made;
    }();
    return &all;
  }

  // SQLite passes the VFS to its callbacks, but not to those of a file; there is one VFS at a time.
  static inline FaultyVfs* the_ = nullptr;

  sqlite3_vfs* system_;
  std::mutex mutex_;
  std::optional<Fault> fault_;
  int seen_ = 0;
  bool struck_ = false;
  std::set<std::string> unsynced_;
  std::function<void(const std::string&)> watcher_;
  std::function<void(const std::string&)> closing_watcher_;
};

}  // namespace crash
