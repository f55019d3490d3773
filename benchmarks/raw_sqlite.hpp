#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/search.hpp"
#include "heddle/sqlite/dialect.ipp"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

/// The baseline of the comparison: Heddle's statements on Heddle's schema through SQLite's C API alone, with prepared
/// statements.
namespace benchmarks {

inline void require(int code, int wanted, sqlite3* database) {
  if (code == wanted) { return; }
  std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database));
  std::exit(1);
}

/// One connection with the statements that save a message and load a session that has no other branch.
class RawSqlite {
 public:
  /// If it queues no messages, they get into no full-text index.
  RawSqlite(const std::string& path, bool full, bool queues = true) : queues_(queues) {
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
    if (sqlite3_bind_parameter_count(insert_) != 24) {
      std::fprintf(stderr, "the statement has other parameters than RawSqlite binds\n");
      std::exit(1);
    }
    queue_ = prepare(sql.queue.text());
    commit_ = prepare("COMMIT");
    const std::string columns =
        "SELECT m.key & 16777215, m.role, m.content, m.tool_use_id, m.session_context, m.agent_id, m.timestamp, "
        "m.token_count, m.cost_usd FROM sessions s JOIN messages m ";
    load_ = prepare(columns +
                    "ON m.key BETWEEN s.number * 16777216 AND s.number * 16777216 + 16777215 "
                    "WHERE s.user_id = ? AND s.id = ? ORDER BY m.key");
    load_one_ = prepare(columns + "ON m.key = s.number * 16777216 + ? WHERE s.user_id = ? AND s.id = ?");
  }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;
  RawSqlite(RawSqlite&&) = delete;
  RawSqlite& operator=(RawSqlite&&) = delete;
  ~RawSqlite() {
    for (sqlite3_stmt* each : {begin_, take_, insert_, queue_, commit_, load_, load_one_}) { sqlite3_finalize(each); }
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
    bind(insert_, 4, content);
    bind(insert_, 7, "");         // the call that it is the result of
    bind(insert_, 10, "user");    // its role
    bind(insert_, 11, "direct");  // its context
    bind(insert_, 12, "");        // its agent
    sqlite3_bind_int64(insert_, 22, time);
    sqlite3_bind_int64(insert_, 23, 0);
    sqlite3_bind_double(insert_, 24, 0);
    // All others are null.
    step(insert_);
    if (queues_) {
      bind(queue_, 1, user);
      step(queue_);
    }
    step(commit_);
  }

  [[nodiscard]] std::vector<heddle::Message> load(std::string_view user, std::string_view session) {
    bind(load_, 1, user);
    bind(load_, 2, session);
    std::vector<heddle::Message> messages;
    read(load_, messages);
    return messages;
  }

  /// Loads messages by their session and sequence.
  [[nodiscard]] std::vector<heddle::Message> load_each(std::string_view user,
                                                       const std::vector<heddle::FoundMessage>& which) {
    std::vector<heddle::Message> messages;
    for (const heddle::FoundMessage& each : which) {
      sqlite3_bind_int64(load_one_, 1, each.sequence);
      bind(load_one_, 2, user);
      bind(load_one_, 3, each.session_id);
      read(load_one_, messages);
    }
    return messages;
  }

 private:
  void read(sqlite3_stmt* statement, std::vector<heddle::Message>& messages) {
    int code = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      heddle::Message& message = messages.emplace_back();
      message.sequence = sqlite3_column_int64(statement, 0);
      message.role = heddle::parse_enum<heddle::Role>(text(statement, 1)).value();
      message.content = text(statement, 2);
      message.tool_use_id = text(statement, 3);
      message.session_context = heddle::parse_enum<heddle::SessionContext>(text(statement, 4)).value();
      message.agent_id = text(statement, 5);
      message.timestamp = heddle::Timestamp(std::chrono::microseconds(sqlite3_column_int64(statement, 6)));
      message.token_count = sqlite3_column_int64(statement, 7);
      message.cost_usd = sqlite3_column_double(statement, 8);
    }
    require(code, SQLITE_DONE, database_);
    sqlite3_reset(statement);
  }

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
  static std::string_view text(sqlite3_stmt* statement, int column) {
    return {reinterpret_cast<const char*>(sqlite3_column_text(statement, column)),
            static_cast<std::size_t>(sqlite3_column_bytes(statement, column))};
  }
  void step(sqlite3_stmt* statement) {
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) { code = sqlite3_step(statement); }
    require(code, SQLITE_DONE, database_);
    sqlite3_reset(statement);
  }

  bool queues_;
  sqlite3* database_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* take_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
  sqlite3_stmt* queue_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* load_ = nullptr;
  sqlite3_stmt* load_one_ = nullptr;
};

}  // namespace benchmarks
