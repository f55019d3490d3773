// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace heddle::sqlite::connection {

/// What the file of a write-ahead log begins with (https://www.sqlite.org/fileformat2.html#walformat).
struct LogHeader {
  /// Changes each time that the log starts anew.
  std::array<unsigned char, 8> salt{};
  std::int64_t page_bytes = 0;
  std::int64_t file_bytes = 0;  ///< what earlier logs have left included

  /// The bytes of a log with so many pages.
  [[nodiscard]] std::int64_t bytes_of(std::int64_t pages) const noexcept {
    constexpr std::int64_t header = 32;
    constexpr std::int64_t header_of_page = 24;
    return header + pages * (header_of_page + page_bytes);
  }

  /// Returns the header of the log of a connection; nothing if it has no log, or an empty one.
  [[nodiscard]] static std::optional<LogHeader> read(sqlite3* connection) noexcept {
    sqlite3_file* file = nullptr;
    sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);
    // Without a log this is the file of the rollback journal.
    if (file == nullptr || file->pMethods == nullptr) { return std::nullopt; }
    std::array<unsigned char, 24> bytes{};
    sqlite3_int64 size = 0;
    if (file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0) != SQLITE_OK ||
        file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
      return std::nullopt;
    }
    constexpr std::int64_t magic = 0x377f0682;  // the last bit says how the checksums are stored
    if ((number(std::span(bytes).first<4>()) | 1) != (magic | 1)) { return std::nullopt; }
    LogHeader header;
    std::copy_n(bytes.begin() + 16, header.salt.size(), header.salt.begin());
    header.page_bytes = number(std::span(bytes).subspan<8, 4>());
    header.file_bytes = size;
    return header;
  }

 private:
  [[nodiscard]] static std::int64_t number(std::span<const unsigned char, 4> bytes) noexcept {
    std::int64_t number = 0;
    for (const unsigned char byte : bytes) { number = number << 8U | byte; }
    return number;
  }
};

}  // namespace heddle::sqlite::connection
