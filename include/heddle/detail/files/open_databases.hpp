// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <list>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::detail::files {

/// Identifies a file, whatever path leads to it.
struct FileIdentity {
  dev_t device{};
  ino_t number{};

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;

  /// Returns the identity of the file that a path leads to, through links; nothing if there is no file. Does not open
  /// the file.
  [[nodiscard]] static std::optional<FileIdentity> of(const std::filesystem::path& path) noexcept {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) { return std::nullopt; }
    return FileIdentity{found.st_dev, found.st_ino};
  }
};

/// Registers the SQLite databases that this process has open, and the files that it reads by descriptors of its own, so
/// that no file is both: closing any descriptor of a file drops all POSIX locks that the process holds on it, those of
/// SQLite too, and another process could then write to the database or treat it as unused. Safe to use from many
/// threads.
class OpenDatabases {
 private:
  struct Entry {
    explicit Entry(const std::filesystem::path& path) {
      // SQLite makes its files beside the one that a link leads to.
      std::error_code unknown;
      const auto canonical = std::filesystem::canonical(path, unknown);
      names = {unknown ? path : canonical};
      for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
        auto name = names.front();
        names.push_back(name += suffix);
      }
      identity = FileIdentity::of(names.front());
    }

    /// True for the database and for the files that SQLite makes beside it.
    [[nodiscard]] bool owns(const FileIdentity& file) const noexcept {
      return identity == file ||
             std::any_of(names.begin(), names.end(), [&](const auto& name) { return FileIdentity::of(name) == file; });
    }

    std::vector<std::filesystem::path> names;
    std::optional<FileIdentity> identity;  ///< of the open file, even if its path now leads to another
  };

 public:
  /// Returns the registry of this process.
  [[nodiscard]] static OpenDatabases& of_process() {
    // Never destroyed: a backend can live longer than other static objects.
    static OpenDatabases& all = *new OpenDatabases;
    return all;
  }

  /// Registers a database for the time that it is open.
  class Database {
   public:
    /// To be called before the database is opened. Waits until none of its files is read; from then on, Reading throws
    /// for them.
    explicit Database(const std::filesystem::path& path) : all_(of_process()) {
      Entry entry(path);
      std::unique_lock lock(all_.mutex_);
      entry_ = all_.databases_.insert(all_.databases_.end(), std::move(entry));
      all_.read_.wait(lock, [&] {
        return std::none_of(all_.reading_.begin(), all_.reading_.end(),
                            [&](const FileIdentity& file) { return entry_->owns(file); });
      });
    }
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database() {
      const std::lock_guard lock(all_.mutex_);
      all_.databases_.erase(entry_);
    }

    /// To be called when the database is open: only now does a new file have an identity.
    void update() {
      Entry entry(entry_->names.front());
      const std::lock_guard lock(all_.mutex_);
      *entry_ = std::move(entry);
    }

   private:
    OpenDatabases& all_;
    std::list<Entry>::iterator entry_;
  };

  /// Registers a file for the time that it is read by a descriptor.
  class Reading {
   public:
    /// To be called before the file is opened. Throws `failed_precondition` if it belongs to an open database.
    explicit Reading(const FileIdentity& file) : all_(of_process()) {
      const std::lock_guard lock(all_.mutex_);
      if (std::any_of(all_.databases_.begin(), all_.databases_.end(),
                      [&](const Entry& each) { return each.owns(file); })) {
        throw Error(ErrorCode::failed_precondition,
                    "the file belongs to a SQLite database that this process has open: reading it without SQLite would "
                    "drop the locks on the database; close the database first, or read a backup");
      }
      entry_ = all_.reading_.insert(all_.reading_.end(), file);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    Reading(Reading&&) = delete;
    Reading& operator=(Reading&&) = delete;
    ~Reading() {
      const std::lock_guard lock(all_.mutex_);
      all_.reading_.erase(entry_);
      all_.read_.notify_all();
    }

   private:
    OpenDatabases& all_;
    std::list<FileIdentity>::iterator entry_;
  };

 private:
  OpenDatabases() = default;

  std::mutex mutex_;
  std::condition_variable read_;  ///< notified when a file is no longer read
  std::list<Entry> databases_;
  std::list<FileIdentity> reading_;
};

}  // namespace heddle::detail::files
