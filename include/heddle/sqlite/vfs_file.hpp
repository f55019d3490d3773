// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace heddle::sqlite {

/// A database file that is read through SQLite's VFS, without a connection: nothing is locked, recovered or written.
///
/// A descriptor of our own would do harm: closing any descriptor of a file drops all POSIX locks that the process holds
/// on it. SQLite knows which files it has locked, and keeps such a descriptor until the locks are gone. See
/// https://www.sqlite.org/howtocorrupt.html, section 2.2.
class VfsFile {
 public:
  /// Throws `permission_denied` if the file cannot be opened.
  explicit VfsFile(const std::string& path) {
    sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    if (vfs == nullptr) { throw Error(ErrorCode::internal, "SQLite has no VFS"); }
    name_ = name_of(*vfs, path);
    // The VFS makes its own object here.
    memory_.resize(static_cast<std::size_t>(vfs->szOsFile));
    int granted = 0;
    const int code = vfs->xOpen(vfs, name_.get(), file(), SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB, &granted);
    if (code != SQLITE_OK) {
      close();
      refuse(code);
    }
  }
  VfsFile(const VfsFile&) = delete;
  VfsFile& operator=(const VfsFile&) = delete;
  VfsFile(VfsFile&&) = delete;
  VfsFile& operator=(VfsFile&&) = delete;
  ~VfsFile() { close(); }

  /// Fills `bytes` from the start of the file; false if the file is shorter. Throws `unavailable` if reading fails.
  [[nodiscard]] bool read_start(std::span<unsigned char> bytes) {
    const int code = file()->pMethods->xRead(file(), bytes.data(), static_cast<int>(bytes.size()), 0);
    if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) {
      throw connection::make_error(code, "reading the database file");
    }
    return code == SQLITE_OK;
  }

 private:
  // The type of such a name has changed between versions of SQLite.
  using RawName = decltype(sqlite3_create_filename("", "", "", 0, nullptr));
  struct FreeName {
    void operator()(RawName name) const noexcept { sqlite3_free_filename(name); }
  };
  using Name = std::unique_ptr<std::remove_pointer_t<RawName>, FreeName>;

  /// The path as a VFS asks for it: made whole by itself, in memory of SQLite's own layout.
  static Name name_of(sqlite3_vfs& vfs, const std::string& path) {
    std::vector<char> whole(static_cast<std::size_t>(vfs.mxPathname) + 1);
    const int code = vfs.xFullPathname(&vfs, path.c_str(), static_cast<int>(whole.size()), whole.data());
    // A path through a symbolic link has an extended code of success.
    if ((code & 0xFF) != SQLITE_OK) { refuse(code); }
    const std::string main(whole.data());
    Name name(sqlite3_create_filename(main.c_str(), (main + "-journal").c_str(), (main + "-wal").c_str(), 0, nullptr));
    if (!name) { throw connection::make_error(SQLITE_NOMEM, "opening the database"); }
    return name;
  }

  [[noreturn]] static void refuse(int code) {
    if ((code & 0xFF) == SQLITE_NOMEM) { throw connection::make_error(code, "opening the database"); }
    throw Error(ErrorCode::permission_denied, "the database file cannot be read");
  }

  [[nodiscard]] sqlite3_file* file() noexcept { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

  /// A VFS says by the methods whether there is something to close, also after an open that failed.
  void close() noexcept {
    if (file()->pMethods != nullptr) { file()->pMethods->xClose(file()); }
    file()->pMethods = nullptr;
  }

  Name name_;  ///< must outlive the open file
  std::vector<std::byte> memory_;
};

}  // namespace heddle::sqlite
