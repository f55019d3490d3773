// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace heddle::sqlite::backups {

/// A stored content whose bytes lie in a file.
struct ContentInFile {
  std::string user_id{};
  std::int64_t number = 0;
  std::int64_t bytes = 0;
  std::string checksum{};
};

/// Throws `failed_precondition` for a schema of a later version of Heddle, of which this one does not know which files
/// it names.
inline void require_known_schema(std::int32_t schema) {
  constexpr auto latest = static_cast<std::int32_t>(embedded_migrations.size());
  if (schema <= latest) { return; }
  throw Error(ErrorCode::failed_precondition, "the database has schema version " + std::to_string(schema) +
                                                  ", and this program knows no version after " +
                                                  std::to_string(latest) +
                                                  ": use the version of Heddle that has migrated it");
}

/// The database in a backup, which no process changes: SQLite takes no lock and makes no file beside it.
class DatabaseCopy {
 public:
  /// `path` is absolute; `context` must outlive it. Throws `data_loss` for what is no database.
  DatabaseCopy(const std::filesystem::path& path, const Context& context)
      : path_(path.string()), context_(context), database_(open(path_)) {
    // Called between instructions of SQLite: a check of a large database takes long.
    constexpr int instructions = 100'000;
    sqlite3_progress_handler(database_.getHandle(), instructions, &DatabaseCopy::must_end, this);
  }
  DatabaseCopy(const DatabaseCopy&) = delete;
  DatabaseCopy& operator=(const DatabaseCopy&) = delete;
  DatabaseCopy(DatabaseCopy&&) = delete;
  DatabaseCopy& operator=(DatabaseCopy&&) = delete;
  ~DatabaseCopy() = default;

  /// Throws `data_loss` unless SQLite finds the database whole, and each row that another one refers to.
  void verify(BackupCheck check) {
    each(check == BackupCheck::full ? "PRAGMA integrity_check(1)" : "PRAGMA quick_check(1)",
         [](SQLite::Statement& row) {
           if (row.getColumn(0).getString() != "ok") { refuse_damaged("SQLite's check of the database fails"); }
         });
    each("PRAGMA foreign_key_check", [](SQLite::Statement& /*row*/) {
      refuse_damaged("a row of the database refers to another one that is missing");
    });
  }

  /// Returns the number of the last migration; 0 if there is none.
  [[nodiscard]] std::int32_t schema() {
    std::int32_t version = 0;
    if (!has_table("heddle_migrations")) { return version; }
    each("SELECT coalesce(max(version), 0) FROM heddle_migrations",
         [&](SQLite::Statement& row) { version = row.getColumn(0).getInt(); });
    return version;
  }

  /// Returns how many bytes the contents have whose bytes lie in files.
  [[nodiscard]] std::int64_t bytes_in_files() {
    std::int64_t bytes = 0;
    if (!has_table("contents")) { return bytes; }
    each("SELECT coalesce(sum(size_bytes), 0) FROM contents WHERE in_database = 0",
         [&](SQLite::Statement& row) { bytes = row.getColumn(0).getInt64(); });
    return bytes;
  }

  /// Calls `use(content)` for each content whose bytes lie in a file, by tenant and number.
  void each_content(const std::function<void(const ContentInFile& content)>& use) {
    if (!has_table("contents")) { return; }
    each("SELECT user_id, number, size_bytes, checksum FROM contents WHERE in_database = 0 ORDER BY user_id, number",
         [&](SQLite::Statement& row) {
           use({row.getColumn(0).getString(), row.getColumn(1).getInt64(), row.getColumn(2).getInt64(),
                row.getColumn(3).getString()});
         });
  }

  /// Calls `use(user_id, path)` for each path that artifacts of a tenant have, once.
  void each_path(const std::function<void(const std::string& user_id, const std::string& path)>& use) {
    if (!has_table("artifacts")) { return; }
    each("SELECT DISTINCT user_id, path FROM artifacts WHERE path <> '' ORDER BY user_id, path",
         [&](SQLite::Statement& row) { use(row.getColumn(0).getString(), row.getColumn(1).getString()); });
  }

 private:
  static SQLite::Database open(const std::string& path) {
    try {
      return SQLite::Database("file:" + detail::files::percent_encode(path) + "?immutable=1",
                              SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    } catch (const SQLite::Exception& error) {
      throw sqlite::connection::translate(error, "opening the database of a backup", nullptr, path);
    }
  }

  static int must_end(void* self) noexcept {
    try {
      static_cast<DatabaseCopy*>(self)->context_.check();
      return 0;
    } catch (...) { return 1; }
  }

  [[nodiscard]] bool has_table(const std::string& name) {
    bool found = false;
    each("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '" + name + "'",
         [&](SQLite::Statement& /*row*/) { found = true; });
    return found;
  }

  template <class Use>
  void each(const std::string& sql, Use&& use) {
    context_.check();
    try {
      SQLite::Statement statement(database_, sql);
      while (statement.executeStep()) { use(statement); }
    } catch (const SQLite::Exception& error) {
      context_.check();
      const int code = error.getErrorCode() & 0xFF;  // without what an extended code adds
      if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) { refuse_damaged("SQLite cannot read the database"); }
      throw sqlite::connection::translate(error, "reading the database of a backup", database_.getHandle(), path_);
    }
  }

  std::string path_;
  const Context& context_;
  SQLite::Database database_;
};

}  // namespace heddle::sqlite::backups
