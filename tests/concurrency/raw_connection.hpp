#pragma once

#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

namespace concurrency {

/// A connection to a database file without Heddle: to hold locks and to check for damage.
class RawConnection {
 public:
  explicit RawConnection(const std::filesystem::path& path) {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open(path.c_str(), &raw);
    handle_.reset(raw);
    if (code != SQLITE_OK) { throw std::runtime_error("cannot open a raw connection"); }
    sqlite3_busy_timeout(raw, 60000);
  }

  /// Runs a statement; returns the first column of its first row as text, empty if there is no row.
  std::string run(const std::string& sql) {
    std::string answer;
    bool first = true;
    sqlite3_stmt* raw = nullptr;
    require(sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr));
    const std::unique_ptr<sqlite3_stmt, Finalize> statement(raw);
    int code = SQLITE_ROW;
    while ((code = sqlite3_step(raw)) == SQLITE_ROW) {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(raw, 0));
      if (first && text != nullptr) { answer = text; }
      first = false;
    }
    require(code == SQLITE_DONE ? SQLITE_OK : code);
    return answer;
  }

  /// Returns what is wrong with the file; empty if nothing is wrong.
  std::string damage() {
    if (const std::string answer = run("PRAGMA integrity_check"); answer != "ok") { return answer; }
    if (const std::string table = run("PRAGMA foreign_key_check"); !table.empty()) {
      return "a foreign key of " + table;
    }
    if (run("SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM segments g WHERE g.source_number = m.key "
            ">> 24 AND g.last_sequence >= (m.key & 16777215))") != "0") {
      return "messages that no session has";
    }
    if (const std::string session =
            run("SELECT id FROM sessions s WHERE last_sequence <> (SELECT count(*) FROM segments g JOIN messages m ON "
                "m.key BETWEEN g.source_number * 16777216 + g.first_sequence AND g.source_number * 16777216 + "
                "g.last_sequence WHERE g.branch_number = s.branch_number)");
        !session.empty()) {
      return "a gap, or too many messages, in session " + session;
    }
    if (run("SELECT count(*) FROM (SELECT user_id FROM sessions UNION SELECT user_id FROM artifacts UNION SELECT "
            "user_id "
            "FROM search_queue UNION SELECT user_id FROM search_removals EXCEPT SELECT user_id FROM tenants)") != "0") {
      return "a tenant without a number";
    }
    if (run("SELECT count(*) FROM empty_tenants") != "0") { return "the number of a tenant that has nothing"; }
    try {
      run("INSERT INTO message_words (message_words) VALUES ('integrity-check')");
    } catch (const std::runtime_error& error) { return std::string("full-text search: ") + error.what(); }
    run("CREATE VIRTUAL TABLE IF NOT EXISTS temp.indexed_words USING fts5vocab (main, message_words, instance)");
    run("CREATE TEMP TABLE IF NOT EXISTS indexed (key INTEGER, is_end INTEGER)");
    // The index can be filled meanwhile.
    run("BEGIN");
    const std::string damage = damage_of_index();
    run("COMMIT");
    return damage;
  }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close(connection); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  /// A message is in the queue or once in the index; what is in the index and not its present text is to be removed.
  std::string damage_of_index() {
    run("DELETE FROM temp.indexed");
    // The other places of a message have an end only if they have a text.
    run("INSERT INTO temp.indexed SELECT doc, col = 'text' AND substr(hex(CAST(term AS BLOB)), -2) = 'FF' FROM "
        "temp.indexed_words");
    if (run("SELECT count(*) FROM (SELECT 1 FROM temp.indexed GROUP BY key HAVING sum(is_end) <> 1)") != "0") {
      return "a text that is in the index twice, or in part";
    }
    if (run("SELECT count(*) FROM search_queue q WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = q.key)") !=
        "0") {
      return "a message in the queue that is gone";
    }
    const std::string present = "(SELECT key FROM temp.indexed EXCEPT SELECT key FROM search_removals)";
    if (run("SELECT count(*) FROM (SELECT key FROM search_queue INTERSECT SELECT key FROM " + present + ")") != "0") {
      return "a message that is both in the queue and in the index";
    }
    if (run("SELECT count(*) FROM (SELECT key FROM messages EXCEPT SELECT key FROM search_queue EXCEPT SELECT key "
            "FROM " +
            present + ")") != "0") {
      return "a message that is neither in the queue nor in the index";
    }
    if (run("SELECT count(*) FROM (SELECT key FROM " + present + " EXCEPT SELECT key FROM messages)") != "0") {
      return "a deleted message in the index";
    }
    return {};
  }

  void require(int code) {
    if (code != SQLITE_OK) { throw std::runtime_error(sqlite3_errmsg(handle_.get())); }
  }

  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace concurrency
