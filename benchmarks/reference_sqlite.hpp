#pragma once

#include "corpus.hpp"
#include "heddle/model/message.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace benchmarks {

/// The other baseline: the schema and the statements of the server that Heddle was written for, through SQLite's C API.
/// As there, a statement is prepared at each call, and a save is one INSERT that commits by itself. Of many threads one
/// at a time may use it.
class ReferenceSqlite {
 public:
  ReferenceSqlite(const std::string& path, bool full) {
    check(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA foreign_keys = ON");
    execute(full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    execute(schema);
  }
  ReferenceSqlite(const ReferenceSqlite&) = delete;
  ReferenceSqlite& operator=(const ReferenceSqlite&) = delete;
  ReferenceSqlite(ReferenceSqlite&&) = delete;
  ReferenceSqlite& operator=(ReferenceSqlite&&) = delete;
  ~ReferenceSqlite() { sqlite3_close(database_); }

  void execute(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }

  void save_session(const std::string& id) {
    run("INSERT INTO sessions (id, created_at, updated_at) VALUES (?, 1, 1)", {id});
  }
  void save(const std::string& session, const std::string& content, std::int64_t seconds) {
    run("INSERT INTO messages (session_id, role, content, session_context, timestamp, token_count, cost_usd) "
        "VALUES (?, 'user', ?, 'direct', ?, 0, 0)",
        {session, content, seconds});
  }
  /// Refers to this object and to the time of the last message.
  [[nodiscard]] SessionWriter writer(std::int64_t& second) {
    return {[this](const std::string& session) { save_session(session); },
            [this, &second](const std::string& session, const std::vector<std::string>& texts) {
              execute("BEGIN");
              for (const std::string& text : texts) { save(session, text, ++second); }
              execute("COMMIT");
            }};
  }
  [[nodiscard]] std::vector<heddle::Message> load(const std::string& session) {
    return run(std::string(columns) + "FROM messages m WHERE m.session_id = ? ORDER BY m.timestamp", {session});
  }
  [[nodiscard]] std::vector<heddle::Message> last(const std::string& session, std::int64_t count) {
    return run(std::string("SELECT * FROM (") + columns +
                   ", m.timestamp FROM messages m WHERE m.session_id = ? ORDER BY m.timestamp DESC, m.id DESC LIMIT ?) "
                   "ORDER BY timestamp, id",
               {session, count});
  }
  [[nodiscard]] std::vector<heddle::Message> search(const std::string& word, std::int64_t count) {
    return run(std::string(columns) + found + "ORDER BY bm25(messages_fts5) LIMIT ?", {word, count});
  }
  [[nodiscard]] std::vector<heddle::Message> search_in(const std::string& session, const std::string& word,
                                                       std::int64_t count) {
    return run(std::string(columns) + found + "AND messages_fts5.session_id = ? ORDER BY bm25(messages_fts5) LIMIT ?",
               {word, session, count});
  }
  void delete_session(const std::string& session) { run("DELETE FROM sessions WHERE id = ?", {session}); }

 private:
  static constexpr const char* columns =
      "SELECT m.role, m.content, m.tool_calls_json, m.tool_use_id, m.tool_result_json, m.timestamp, m.token_count, "
      "m.cost_usd, m.id ";
  static constexpr const char* found =
      "FROM messages_fts5 JOIN messages m ON messages_fts5.message_id = m.id WHERE messages_fts5.content MATCH ? ";
  static constexpr const char* schema = R"sql(
    CREATE TABLE IF NOT EXISTS sessions (
      id TEXT PRIMARY KEY, name TEXT, agent_id TEXT, parent_session_id TEXT REFERENCES sessions (id) ON DELETE SET NULL,
      context_json TEXT, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, total_cost_usd REAL DEFAULT 0,
      total_tokens INTEGER DEFAULT 0);
    CREATE INDEX IF NOT EXISTS sessions_agent ON sessions (agent_id);
    CREATE INDEX IF NOT EXISTS sessions_parent ON sessions (parent_session_id);
    CREATE INDEX IF NOT EXISTS sessions_updated ON sessions (updated_at);
    CREATE TABLE IF NOT EXISTS messages (
      id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
      role TEXT NOT NULL, content TEXT, tool_calls_json TEXT, tool_use_id TEXT, tool_result_json TEXT,
      session_context TEXT DEFAULT 'direct', agent_id TEXT, timestamp INTEGER NOT NULL, token_count INTEGER DEFAULT 0,
      cost_usd REAL DEFAULT 0);
    CREATE INDEX IF NOT EXISTS messages_session ON messages (session_id);
    CREATE INDEX IF NOT EXISTS messages_context ON messages (session_context);
    CREATE INDEX IF NOT EXISTS messages_agent ON messages (agent_id);
    CREATE INDEX IF NOT EXISTS messages_time ON messages (session_id, timestamp);
    CREATE VIRTUAL TABLE IF NOT EXISTS messages_fts5 USING fts5 (
      message_id UNINDEXED, session_id UNINDEXED, role UNINDEXED, content, timestamp UNINDEXED,
      tokenize = 'porter unicode61');
    CREATE TRIGGER IF NOT EXISTS messages_inserted AFTER INSERT ON messages BEGIN
      INSERT INTO messages_fts5 (message_id, session_id, role, content, timestamp)
        VALUES (NEW.id, NEW.session_id, NEW.role, NEW.content, NEW.timestamp);
    END;
    CREATE TRIGGER IF NOT EXISTS messages_deleted AFTER DELETE ON messages BEGIN
      DELETE FROM messages_fts5 WHERE message_id = OLD.id;
    END)sql";

  void check(bool holds) const {
    if (holds) { return; }
    std::fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(database_));
    std::exit(1);
  }

  /// Prepares, binds, reads messages if there are any, and finalizes.
  std::vector<heddle::Message> run(const std::string& sql,
                                   std::initializer_list<std::variant<std::string, std::int64_t>> values) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(database_, sql.c_str(), static_cast<int>(sql.size()), &statement, nullptr) == SQLITE_OK);
    int at = 0;
    for (const auto& value : values) {
      ++at;
      if (const auto* text = std::get_if<std::string>(&value)) {
        sqlite3_bind_text(statement, at, text->c_str(), static_cast<int>(text->size()), SQLITE_STATIC);
      } else {
        sqlite3_bind_int64(statement, at, std::get<std::int64_t>(value));
      }
    }
    std::vector<heddle::Message> messages;
    int code = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
      heddle::Message message;
      message.role = heddle::parse_enum<heddle::Role>(text(statement, 0)).value_or(heddle::Role::user);
      message.content = text(statement, 1);
      message.tool_use_id = text(statement, 3);
      message.timestamp = heddle::Timestamp(std::chrono::seconds(sqlite3_column_int64(statement, 5)));
      message.token_count = sqlite3_column_int64(statement, 6);
      message.cost_usd = sqlite3_column_double(statement, 7);
      message.sequence = sqlite3_column_int64(statement, 8);
      messages.push_back(std::move(message));
    }
    check(code == SQLITE_DONE);
    sqlite3_finalize(statement);
    return messages;
  }
  static std::string text(sqlite3_stmt* statement, int column) {
    const auto* const value = sqlite3_column_text(statement, column);
    return value == nullptr ? std::string()
                            : std::string(reinterpret_cast<const char*>(value),
                                          static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
  }

  sqlite3* database_ = nullptr;
};

}  // namespace benchmarks
