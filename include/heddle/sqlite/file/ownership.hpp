// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/check_config.hpp"
#include "heddle/sqlite/file/vfs_file.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

/// Whether a file is a database of Heddle. It is only read: a foreign database stays byte for byte as it is, its
/// journal and its modification time included.
namespace heddle::sqlite::file {

/// Marks our files in the SQLite header ("HEDL").
inline constexpr std::int32_t application_id = 0x4845444C;

[[nodiscard]] inline bool is_missing_or_empty(const std::string& path) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  return unknown || size == 0;
}

/// Reads the application id in the first page of a SQLite file, see https://www.sqlite.org/fileformat.html,
/// section 1.3. Throws `failed_precondition` if the file is not a SQLite database.
[[nodiscard]] inline std::int32_t read_application_id(const std::string& path) {
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  constexpr std::size_t id_offset = 68;
  std::array<unsigned char, 100> header{};
  VfsFile file(path);
  if (!file.read_start(header) || !std::equal(magic.begin(), magic.end(), header.begin())) {
    throw Error(ErrorCode::failed_precondition, "the file is not a SQLite database, or it is encrypted");
  }
  std::uint32_t id = 0;
  for (std::size_t at = id_offset; at < id_offset + 4; ++at) { id = id << 8U | header[at]; }  // big-endian
  return static_cast<std::int32_t>(id);
}

/// True for a database of the Go server that Heddle's model comes from.
[[nodiscard]] inline bool is_loom(const std::string& path) {
  try {
    // Immutable: SQLite takes no lock and makes no file beside this one.
    const std::string uri = "file:" + detail::files::percent_encode(path) + "?immutable=1";
    SQLite::Database database(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    SQLite::Statement tables(database,
                             "SELECT count(*) FROM sqlite_schema WHERE name IN ('sessions', 'messages', "
                             "'tool_executions', 'memory_snapshots', 'messages_fts5')");
    return tables.executeStep() && tables.getColumn(0).getInt() == 5;
  } catch (const SQLite::Exception&) { return false; }
}

/// Throws `failed_precondition` if the file has more than one name (hard links). SQLite names the log and the journal
/// after the database: two names would have two logs, and what is written through one would be lost.
inline void check_single_name(const std::string& path) {
  std::error_code unknown;
  const auto names = std::filesystem::hard_link_count(path, unknown);
  if (unknown || names <= 1) { return; }
  throw Error(ErrorCode::failed_precondition,
              "the database file has " + std::to_string(names) +
                  " names (hard links), and writes through one of them can be lost: remove the others: " + path);
}

/// Throws `failed_precondition` unless the path is free, or its file is empty or a database of Heddle.
inline void check_ownership(const std::string& path) {
  if (is_in_memory(path) || is_missing_or_empty(path)) { return; }
  if (read_application_id(path) == application_id) { return; }
  throw Error(
      ErrorCode::failed_precondition,
      is_loom(path)
          ? "this is a loom.db of the Go server, not a database of Heddle: give Heddle a file of its own, and adopt "
            "this "
            "one into it by `heddle adopt` or heddle::adopt_loom_file; nothing was changed"
          // One that the server has open can have all of its tables in the log.
          : "this SQLite database is not Heddle's, it belongs to another application: give Heddle a file of its own, "
            "and "
            "if this one is a loom.db of the Go server, adopt it into that by `heddle adopt`; nothing was changed");
}

}  // namespace heddle::sqlite::file
