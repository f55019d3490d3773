// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sealed_query/memory_meter.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <span>

/// The files of a query, all of them in memory: the image, which is read where it lies, and SQLite's temporary files,
/// whose memory the meter counts.
///
/// SQLite sorts in one opcode, which calls nothing that could stop it. But rows beyond the size of its cache are sorted
/// in parts, written to temporary files and merged from there, and reading a table reads pages. So each access to a
/// file asks whether the query has to stop.
namespace heddle::sealed_query {

/// SQLite allocates and copies a file as plain bytes; `base` must be the first member.
struct MemoryFile {
  static constexpr sqlite3_int64 chunk = 32'768;

  sqlite3_file base{};
  std::span<const std::byte> image{};
  std::byte** chunks = nullptr;  ///< of a temporary file
  sqlite3_int64 chunk_count = 0;
  sqlite3_int64 size = 0;

  [[nodiscard]] static MemoryFile& of(sqlite3_file* file) noexcept { return *reinterpret_cast<MemoryFile*>(file); }

  /// Allocates the chunks of the first `bytes`. False if memory ran out or the query has to stop.
  [[nodiscard]] bool reserve(sqlite3_int64 bytes) noexcept {
    const auto needed = (bytes + chunk - 1) / chunk;
    if (needed <= chunk_count) { return true; }
    auto* const grown =
        static_cast<std::byte**>(sqlite3_realloc64(chunks, static_cast<sqlite3_uint64>(needed) * sizeof(std::byte*)));
    if (grown == nullptr) { return false; }
    chunks = grown;
    for (; chunk_count < needed; ++chunk_count) {
      auto* const block = static_cast<std::byte*>(sqlite3_malloc64(chunk));
      if (block == nullptr) { return false; }
      std::memset(block, 0, chunk);
      chunks[chunk_count] = block;
    }
    return true;
  }

  void free_from(sqlite3_int64 first) noexcept {
    while (chunk_count > first) { sqlite3_free(chunks[--chunk_count]); }
  }

  /// Calls `use(part of the file, offset in the range)` for each part of the range that lies in one chunk.
  template <class Use>
  void each_part(sqlite3_int64 offset, sqlite3_int64 bytes, Use use) const noexcept {
    for (sqlite3_int64 done = 0; done < bytes;) {
      const auto at = offset + done;
      const auto part = std::min(bytes - done, chunk - at % chunk);
      use(std::span(chunks[at / chunk] + at % chunk, static_cast<std::size_t>(part)), done);
      done += part;
    }
  }
};

/// What SQLite calls for a file. Nothing is locked: no other connection has these files.
namespace file_calls {

[[nodiscard]] inline bool must_stop() noexcept {
  return MemoryMeter::current == nullptr || MemoryMeter::current->must_stop();
}

inline int close(sqlite3_file* file) noexcept {
  auto& self = MemoryFile::of(file);
  self.free_from(0);
  sqlite3_free(self.chunks);
  self.chunks = nullptr;
  return SQLITE_OK;
}

/// Reads what there is; SQLite expects zeros for the rest.
inline int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 offset) noexcept {
  if (must_stop()) { return SQLITE_INTERRUPT; }
  const auto& self = MemoryFile::of(file);
  const auto there = std::clamp<sqlite3_int64>(self.size - offset, 0, bytes);
  auto* const out = static_cast<std::byte*>(to);
  if (self.image.data() != nullptr) {
    if (there > 0) { std::memcpy(out, self.image.data() + offset, static_cast<std::size_t>(there)); }
  } else {
    self.each_part(offset, there, [out](auto part, auto at) { std::memcpy(out + at, part.data(), part.size()); });
  }
  if (there == bytes) { return SQLITE_OK; }
  std::memset(out + there, 0, static_cast<std::size_t>(bytes - there));
  return SQLITE_IOERR_SHORT_READ;
}

inline int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) noexcept {
  if (must_stop()) { return SQLITE_INTERRUPT; }
  auto& self = MemoryFile::of(file);
  if (self.image.data() != nullptr) { return SQLITE_READONLY; }
  if (!self.reserve(offset + bytes)) { return SQLITE_NOMEM; }
  const auto* const in = static_cast<const std::byte*>(from);
  self.each_part(offset, bytes, [in](auto part, auto at) { std::memcpy(part.data(), in + at, part.size()); });
  self.size = std::max(self.size, offset + bytes);
  return SQLITE_OK;
}

inline int truncate(sqlite3_file* file, sqlite3_int64 size) noexcept {
  auto& self = MemoryFile::of(file);
  self.size = std::min(self.size, size);
  self.free_from((self.size + MemoryFile::chunk - 1) / MemoryFile::chunk);
  return SQLITE_OK;
}

inline int file_size(sqlite3_file* file, sqlite3_int64* size) noexcept {
  *size = MemoryFile::of(file).size;
  return SQLITE_OK;
}

inline int nothing(sqlite3_file* /*file*/, int /*argument*/) noexcept { return SQLITE_OK; }

inline int not_reserved(sqlite3_file* /*file*/, int* reserved) noexcept {
  *reserved = 0;
  return SQLITE_OK;
}

inline int unknown_control(sqlite3_file* /*file*/, int /*what*/, void* /*argument*/) noexcept {
  return SQLITE_NOTFOUND;
}

inline int default_sector(sqlite3_file* /*file*/) noexcept { return 0; }

/// An image cannot change, so SQLite looks for no journal beside it.
inline int immutable(sqlite3_file* /*file*/) noexcept { return SQLITE_IOCAP_IMMUTABLE; }
inline int no_promises(sqlite3_file* /*file*/) noexcept { return 0; }

[[nodiscard]] constexpr sqlite3_io_methods methods(int (*characteristics)(sqlite3_file*)) noexcept {
  sqlite3_io_methods all{};
  all.iVersion = 1;
  all.xClose = &close;
  all.xRead = &read;
  all.xWrite = &write;
  all.xTruncate = &truncate;
  all.xSync = &nothing;
  all.xFileSize = &file_size;
  all.xLock = &nothing;
  all.xUnlock = &nothing;
  all.xCheckReservedLock = &not_reserved;
  all.xFileControl = &unknown_control;
  all.xSectorSize = &default_sector;
  all.xDeviceCharacteristics = characteristics;
  return all;
}

inline constexpr sqlite3_io_methods image_methods = methods(&immutable);
inline constexpr sqlite3_io_methods temporary_methods = methods(&no_promises);

}  // namespace file_calls

}  // namespace heddle::sealed_query
