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

/// Which file it is, whatever names it has.
struct FileIdentity {
  dev_t device{};
  ino_t number{};

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;

  /// The file that a path leads to, through links; nothing if there is none. Opens nothing.
  [[nodiscard]] static std::optional<FileIdentity> of(const std::filesystem::path& path) noexcept {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) { return std::nullopt; }
    return FileIdentity{found.st_dev, found.st_ino};
  }
};

/// The SQLite databases that this process has open, and the files that it reads by descriptors of its own. The two must
/// not be the same: closing any descriptor of a file drops all POSIX locks that the process holds on it, those of
/// SQLite too, and another process may then write to the database, or take it for unused. Safe to use from many
/// threads.
class OpenDatabases {
 private:
  struct Entry {
    explicit Entry(const std::filesystem::path& path) {
      // SQLite makes its files beside the one that a link leads to.
      std::error_code unknown;
      const auto whole = std::filesystem::canonical(path, unknown);
      names = {unknown ? path : whole};
      for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
        auto name = names.front();
        names.push_back(name += suffix);
      }
      identity = FileIdentity::of(names.front());
    }

    /// True for the database and for the files beside it, which come and go.
    [[nodiscard]] bool owns(const FileIdentity& file) const noexcept {
      return identity == file ||
             std::any_of(names.begin(), names.end(), [&](const auto& name) { return FileIdentity::of(name) == file; });
    }

    std::vector<std::filesystem::path> names;
    std::optional<FileIdentity> identity;  ///< the open file's, also when its path has come to lead elsewhere
  };

 public:
  /// Those of this process.
  [[nodiscard]] static OpenDatabases& of_process() {
    // Never destroyed: a backend may outlive whatever is destroyed at the end of the program.
    static OpenDatabases& all = *new OpenDatabases;
    return all;
  }

  /// A database that is about to be opened, until it is closed.
  class Database {
   public:
    /// Waits for those who read one of its files; from now on, reading one is refused.
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

    /// To be called when it is open: a new file exists only now.
    void opened() {
      Entry entry(entry_->names.front());
      const std::lock_guard lock(all_.mutex_);
      *entry_ = std::move(entry);
    }

   private:
    OpenDatabases& all_;
    std::list<Entry>::iterator entry_;
  };

  /// The right to open a file and to close it again.
  class Reading {
   public:
    /// Throws `failed_precondition` if the file belongs to a database that is open.
    explicit Reading(const FileIdentity& file) : all_(of_process()) {
      const std::lock_guard lock(all_.mutex_);
      if (std::any_of(all_.databases_.begin(), all_.databases_.end(),
                      [&](const Entry& each) { return each.owns(file); })) {
        throw Error(ErrorCode::failed_precondition,
                    "the file belongs to a SQLite database that this process has open: reading it past SQLite would "
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
  std::condition_variable read_;  ///< a file is no longer read
  std::list<Entry> databases_;
  std::list<FileIdentity> reading_;
};

}  // namespace heddle::detail::files
