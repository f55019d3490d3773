// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/sealed_query/memory_files.hpp"

#include <sqlite3.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <new>
#include <ratio>
#include <span>
#include <string>

/// Opens an image with a file system of SQLite that has no files but this image and temporary ones in memory.
namespace heddle::sealed_query {

/// What SQLite calls for its file system.
namespace file_system_calls {

/// The image that this thread is opening.
inline thread_local std::span<const std::byte> opening{};

inline int open(sqlite3_vfs* /*system*/, const char* name, sqlite3_file* file, int flags, int* opened_flags) noexcept {
  auto& self = *new (file) MemoryFile();
  if (name == nullptr) {
    self.base.pMethods = &file_calls::temporary_methods;
  } else {
    if (opening.data() == nullptr || (flags & SQLITE_OPEN_MAIN_DB) == 0) { return SQLITE_CANTOPEN; }
    self.base.pMethods = &file_calls::image_methods;
    self.image = opening;
    self.size = static_cast<sqlite3_int64>(opening.size());
  }
  if (opened_flags != nullptr) { *opened_flags = flags; }
  return SQLITE_OK;
}

inline int remove(sqlite3_vfs* /*system*/, const char* /*name*/, int /*sync*/) noexcept { return SQLITE_OK; }

inline int exists(sqlite3_vfs* /*system*/, const char* /*name*/, int /*flags*/, int* result) noexcept {
  *result = 0;
  return SQLITE_OK;
}

inline int full_path(sqlite3_vfs* /*system*/, const char* name, int size, char* path) noexcept {
  sqlite3_snprintf(size, path, "%s", name);
  return SQLITE_OK;
}

/// For the functions of date and time.
inline int current_time(sqlite3_vfs* /*system*/, double* days) noexcept {
  using Days = std::chrono::duration<double, std::ratio<86'400>>;
  constexpr double unix_epoch = 2'440'587.5;  // as a Julian day
  *days = unix_epoch + Days(std::chrono::system_clock::now().time_since_epoch()).count();
  return SQLITE_OK;
}

inline int no_bytes(sqlite3_vfs* /*system*/, int /*size*/, char* /*bytes*/) noexcept { return 0; }
inline int no_sleep(sqlite3_vfs* /*system*/, int /*microseconds*/) noexcept { return 0; }

}  // namespace file_system_calls

/// The file system, registered with SQLite under a name that no other copy of this header has.
class ImageFileSystem {
 public:
  ImageFileSystem() : name_("heddle-image-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))) {
    system_.iVersion = 1;
    system_.szOsFile = static_cast<int>(sizeof(MemoryFile));
    system_.mxPathname = 64;
    system_.zName = name_.c_str();
    system_.xOpen = &file_system_calls::open;
    system_.xDelete = &file_system_calls::remove;
    system_.xAccess = &file_system_calls::exists;
    system_.xFullPathname = &file_system_calls::full_path;
    system_.xRandomness = &file_system_calls::no_bytes;
    system_.xSleep = &file_system_calls::no_sleep;
    system_.xCurrentTime = &file_system_calls::current_time;
    system_.xGetLastError = &file_system_calls::no_bytes;
    if (sqlite3_vfs_register(&system_, 0) != SQLITE_OK) {
      throw Error(ErrorCode::internal, "SQLite could not be given a file system for images");
    }
  }
  ~ImageFileSystem() { sqlite3_vfs_unregister(&system_); }
  ImageFileSystem(const ImageFileSystem&) = delete;
  ImageFileSystem& operator=(const ImageFileSystem&) = delete;

  [[nodiscard]] static const ImageFileSystem& instance() {
    static const ImageFileSystem system;
    return system;
  }

  [[nodiscard]] const char* name() const noexcept { return name_.c_str(); }

 private:
  std::string name_;
  sqlite3_vfs system_{};
};

/// Opens a read-only connection, for one thread, on an image that must outlive it. Returns SQLite's status.
/// A template only so that files that query no result do not compile it.
[[nodiscard]] int open_image(std::span<const std::byte> image,
                             std::same_as<detail::sqlite_c::Connection> auto& connection) {
  const char* const system = ImageFileSystem::instance().name();
  file_system_calls::opening = image;
  sqlite3* raw = nullptr;
  const int status = sqlite3_open_v2("image", &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, system);
  file_system_calls::opening = {};
  connection.reset(raw);
  if (status != SQLITE_OK) { return status; }
  sqlite3_extended_result_codes(raw, 1);
  // Otherwise small allocations pass the meter, and SQLite could work for long without asking it.
  return sqlite3_db_config(raw, SQLITE_DBCONFIG_LOOKASIDE, nullptr, 0, 0);
}

}  // namespace heddle::sealed_query
