#pragma once

#include "heddle/sqlite/dialect.ipp"

#include <sqlite3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// The baseline of the comparison: Heddle's statements on Heddle's schema through SQLite's C API alone, with prepared
/// statements.
namespace benchmarks {

inline void require(int code, int wanted, sqlite3* database) {
  if (code == wanted) { return; }
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

/// One connection with the statements that save a message.
class RawSqlite {
 public:
  RawSqlite(const std::string& path, bool full) {
    require(sqlite3_open_v2(path.c_str(), &database_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr), SQLITE_OK,
            database_);
    sqlite3_busy_timeout(database_, 5000);
    for (const char* setting :
         {"PRAGMA foreign_keys = ON", "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -8192",
          "PRAGMA mmap_size = 268435456", full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL"}) {
      require(sqlite3_exec(database_, setting, nullptr, nullptr, nullptr), SQLITE_OK, database_);
    }
    const heddle::sqlite::MessageStatements sql;
    begin_ = prepare("BEGIN IMMEDIATE");
    take_ = prepare(sql.take_sequence.text());
    insert_ = prepare(sql.insert.text());
    commit_ = prepare("COMMIT");
  }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;
  RawSqlite(RawSqlite&&) = delete;
  RawSqlite& operator=(RawSqlite&&) = delete;
  ~RawSqlite() {
    for (sqlite3_stmt* each : {begin_, take_, insert_, commit_}) { sqlite3_finalize(each); }
    sqlite3_close(database_);
  }

  void save(std::string_view user, std::string_view session, std::string_view content, std::int64_t time) {
    step(begin_);
    bind(take_, 1, user);
    bind(take_, 2, session);
    sqlite3_bind_int64(take_, 3, 1);
    sqlite3_bind_int64(take_, 4, time);
    sqlite3_bind_int64(take_, 5, 0);
    sqlite3_bind_double(take_, 6, 0);
    step(take_);
    bind(insert_, 1, user);
    bind(insert_, 2, session);
    sqlite3_bind_int64(insert_, 3, 0);
    bind(insert_, 4, "user");
    bind(insert_, 5, content);
    sqlite3_bind_null(insert_, 6);
    sqlite3_bind_null(insert_, 7);
    bind(insert_, 8, "");
    sqlite3_bind_null(insert_, 9);
    bind(insert_, 10, "direct");
    bind(insert_, 11, "");
    sqlite3_bind_int64(insert_, 12, time);
    sqlite3_bind_int64(insert_, 13, 0);
    sqlite3_bind_double(insert_, 14, 0);
    step(insert_);
    step(commit_);
  }

 private:
  sqlite3_stmt* prepare(std::string_view text) {
    sqlite3_stmt* statement = nullptr;
    require(sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                               &statement, nullptr),
            SQLITE_OK, database_);
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int index, std::string_view text) {
    sqlite3_bind_text(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void step(sqlite3_stmt* statement) {
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) { code = sqlite3_step(statement); }
    require(code, SQLITE_DONE, database_);
    sqlite3_reset(statement);
  }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* take_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
};

}  // namespace benchmarks
