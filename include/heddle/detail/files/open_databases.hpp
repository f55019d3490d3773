// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/file_identity.hpp"
#include "heddle/detail/process/forks.hpp"
#include "heddle/error.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace heddle::detail::files {

/// Registers the SQLite databases that this process has open, and the files that it reads by descriptors of its own, so
/// that no file is both: closing any descriptor of a file drops all POSIX locks that the process holds on it, those of
/// SQLite too, and another process could then write to the database or treat it as unused. Safe to use from many
/// threads.
class OpenDatabases {
 private:
  /// The database and the files that SQLite makes beside it.
  struct Files {
    Files() = default;
    explicit Files(const std::filesystem::path& path) {
      // SQLite makes its files beside the one that a link leads to.
      std::error_code unknown;
      const auto canonical = std::filesystem::canonical(path, unknown);
      const std::string& name = unknown ? path.native() : canonical.native();
      names = {name, name + "-wal", name + "-shm", name + "-journal"};
      identity = FileIdentity::of(name);
    }

    [[nodiscard]] bool contain(const FileIdentity& file) const noexcept {
      if (identity == file) { return true; }
      // Not std::any_of: its header is large, and every file that includes a backend includes this one.
      for (const std::string& name : names) {  // NOLINT(readability-use-anyofallof)
        if (FileIdentity::of(name) == file) { return true; }
      }
      return false;
    }

    std::array<std::string, 4> names;
    std::optional<FileIdentity> identity;  ///< of the open file, even if its path now leads to another
  };

 public:
  /// Returns the registry of this process.
  [[nodiscard]] static OpenDatabases& of_process() {
    // Never destroyed: a backend can live longer than other static objects.
    static OpenDatabases& all = *new OpenDatabases;
    return all;
  }

  class Reading;

  /// Registers a database for the time that it is open.
  class Database {
   public:
    Database() = default;
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    ~Database() { close(); }

    /// To be called once, before the database is opened. Waits until none of its files is read; from then on, Reading
    /// throws for them. Throws `failed_precondition` if it was open when the process was forked.
    void open(const std::filesystem::path& path) {
      files_ = Files(path);
      std::unique_lock lock(all_.mutex_);
      if (is_open_in_parent()) {
        throw Error(ErrorCode::failed_precondition,
                    "the SQLite database was open when this process was forked, and SQLite's locks on it do not hold "
                    "in the child: fork before it is opened, or start another program");
      }
      link(all_.databases_, *this);
      is_open_ = true;
      while (is_read()) { all_.read_.wait(lock); }
    }

    /// To be called when the database is closed. Does nothing if it was not open.
    void close() noexcept {
      if (!is_open_) { return; }
      const std::lock_guard lock(all_.mutex_);
      unlink(all_.databases_, *this);
      is_open_ = false;
    }

    /// To be called when the database is open: only now does a new file have an identity.
    void update() {
      Files files(files_.names.front());
      const std::lock_guard lock(all_.mutex_);
      files_ = std::move(files);
    }

   private:
    friend OpenDatabases;

    [[nodiscard]] bool is_read() const noexcept;
    [[nodiscard]] bool is_open_in_parent() const noexcept;

    OpenDatabases& all_ = of_process();
    Files files_{};
    std::uint64_t forks_ = process::Forks::remember();
    bool is_open_ = false;
    Database* next_ = nullptr;
  };

  /// Registers a file for the time that it is read by a descriptor.
  class Reading {
   public:
    /// To be called before the file is opened. Throws `failed_precondition` if it belongs to an open database.
    explicit Reading(const FileIdentity& file) : all_(of_process()), file_(file) {
      const std::lock_guard lock(all_.mutex_);
      for (const Database* each = all_.databases_; each != nullptr; each = each->next_) {
        if (!each->files_.contain(file)) { continue; }
        throw Error(ErrorCode::failed_precondition,
                    "the file belongs to a SQLite database that this process has open: reading it without SQLite would "
                    "drop the locks on the database; close the database first, or read a backup");
      }
      link(all_.readings_, *this);
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;
    Reading(Reading&&) = delete;
    Reading& operator=(Reading&&) = delete;
    ~Reading() {
      const std::lock_guard lock(all_.mutex_);
      unlink(all_.readings_, *this);
      all_.read_.notify_all();
    }

   private:
    friend OpenDatabases;

    OpenDatabases& all_;
    FileIdentity file_;
    Reading* next_ = nullptr;
  };

 private:
  OpenDatabases() = default;

  template <class Entry>
  static void link(Entry*& first, Entry& entry) noexcept {
    entry.next_ = first;
    first = &entry;
  }

  template <class Entry>
  static void unlink(Entry*& first, const Entry& entry) noexcept {
    Entry** place = &first;
    while (*place != &entry) { place = &(*place)->next_; }
    *place = entry.next_;
  }

  std::mutex mutex_;
  std::condition_variable read_;  ///< notified when a file is no longer read
  Database* databases_ = nullptr;
  Reading* readings_ = nullptr;
};

inline bool OpenDatabases::Database::is_read() const noexcept {
  for (const Reading* each = all_.readings_; each != nullptr; each = each->next_) {
    if (files_.contain(each->file_)) { return true; }
  }
  return false;
}

inline bool OpenDatabases::Database::is_open_in_parent() const noexcept {
  for (const Database* each = all_.databases_; each != nullptr; each = each->next_) {
    if (each->forks_ != forks_ && files_.identity && each->files_.contain(*files_.identity)) { return true; }
  }
  return false;
}

}  // namespace heddle::detail::files
