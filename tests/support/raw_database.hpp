#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstdint>
#include <string>

namespace support {

/// A database file, accessed without the library to see its real contents.
class RawDatabase {
 public:
  explicit RawDatabase(const std::string& path) : database_(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, 5000) {}

  void execute(const std::string& sql) { database_.exec(sql); }
  [[nodiscard]] std::int64_t integer(const std::string& sql) { return database_.execAndGet(sql).getInt64(); }
  [[nodiscard]] std::string text(const std::string& sql) { return database_.execAndGet(sql).getString(); }

 private:
  SQLite::Database database_;
};

}  // namespace support
