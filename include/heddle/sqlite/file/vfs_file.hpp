// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"
#include "heddle/sqlite/connection/file_errors.hpp"
#include "heddle/sqlite/connection/guarded_close.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <span>
#include <string>

namespace heddle::sqlite::file {

/// A database file that is read through SQLite's VFS without a connection: nothing is locked, recovered or written.
///
/// Reading it by a descriptor of our own would be wrong: closing any descriptor of a file drops all POSIX locks that
/// the process holds on the file. SQLite knows which files it has locked, and closes its descriptors only when the
/// locks are gone. See https://www.sqlite.org/howtocorrupt.html, section 2.2.
class VfsFile {
 public:
  /// Throws `permission_denied` if the system does not permit opening the file, `unavailable` if it fails otherwise.
  explicit VfsFile(const std::string& path) : name_(full_name(vfs(), path)), memory_(vfs()) {
    int granted = 0;
    const int code = vfs().xOpen(&vfs(), name_.text, file(), SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &granted);
    if (code != SQLITE_OK) {
      close();
      throw connection::make_file_error(code, 0, "opening the database", path);
    }
  }
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;
  VfsFile(VfsFile&&) = delete;
  VfsFile& operator=(VfsFile&&) = delete;
  ~VfsFile() { close(); }

  /// Fills `bytes` from the start of the file; returns false if the file is shorter. Throws `unavailable` if reading
  /// fails.
  [[nodiscard]] bool read_start(std::span<unsigned char> bytes) {
    const int code = file()->pMethods->xRead(file(), bytes.data(), static_cast<int>(bytes.size()), 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) {
      throw connection::make_file_error(code, 0, "reading the database", name_.text);
    }
    return code == SQLITE_OK;
  }

 private:
  // The type of such a name has changed between versions of SQLite.
  using RawName = decltype(sqlite3_create_filename("", "", "", 0, nullptr));
  struct Name {
    explicit Name(RawName created) noexcept : text(created) {}
    Name(const Name&) = delete;
    Name& operator=(const Name&) = delete;
    Name(Name&&) = delete;
    Name& operator=(Name&&) = delete;
    ~Name() { sqlite3_free_filename(text); }

    RawName text;
  };

  /// Memory in which the VFS constructs its own object. Zeros: there is nothing to close.
  struct Memory {
    explicit Memory(const sqlite3_vfs& system) : bytes(new std::byte[static_cast<std::size_t>(system.szOsFile)]{}) {}
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    Memory(Memory&&) = delete;
    Memory& operator=(Memory&&) = delete;
    ~Memory() { delete[] bytes; }

    std::byte* bytes;
  };

  /// Returns the VFS that SQLite uses if it is not told another one.
  static sqlite3_vfs& vfs() {
    sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
    if (found == nullptr) { throw Error(ErrorCode::internal, "SQLite has no VFS"); }
    return *found;
  }

  /// The path in the form that xOpen requires: full, and in memory of SQLite's own layout.
  static Name full_name(sqlite3_vfs& system, const std::string& path) {
    std::string full(static_cast<std::size_t>(system.mxPathname) + 1, '\0');
    const int code = system.xFullPathname(&system, path.c_str(), static_cast<int>(full.size()), full.data());
    // For a path through a symbolic link the code is SQLITE_OK_SYMLINK.
    if ((code & 0xFF) != SQLITE_OK) { throw connection::make_file_error(code, 0, "opening the database", path); }
    const std::string main = full.substr(0, full.find('\0'));
    const RawName name =
        sqlite3_create_filename(main.c_str(), (main + "-journal").c_str(), (main + "-wal").c_str(), 0, nullptr);
    if (name == nullptr) { throw connection::make_error(SQLITE_NOMEM, "opening the database"); }
    return Name(name);
  }

  [[nodiscard]] sqlite3_file* file() const noexcept { return reinterpret_cast<sqlite3_file*>(memory_.bytes); }

  /// A VFS sets the methods if there is something to close, also when opening failed.
  void close() noexcept {
    if (file()->pMethods != nullptr) { static_cast<void>(connection::GuardedClose::close(file())); }
    file()->pMethods = nullptr;
  }

  Name name_;  ///< must outlive the open file
  Memory memory_;
};

}  // namespace heddle::sqlite::file
