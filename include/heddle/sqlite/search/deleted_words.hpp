// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// Notes which full-text indexes a connection deletes from, so that the deleted words can be removed from the file.
///
/// FTS5 marks words as deleted, and both the words and the marks stay until segments of the index happen to be merged.
/// FTS5's own option `secure-delete` needs SQLite 3.42, and makes the index unreadable for older versions.
class DeletedWords {
 public:
  DeletedWords() = default;
  DeletedWords(const DeletedWords&) = delete;
  DeletedWords& operator=(const DeletedWords&) = delete;
  DeletedWords(DeletedWords&&) = delete;
  DeletedWords& operator=(DeletedWords&&) = delete;
  ~DeletedWords() = default;

  /// The object must live as long as the connection.
  void watch(sqlite3* connection) {
    sqlite3_update_hook(
        connection,
        [](void* self, int operation, const char*, const char* table, sqlite3_int64) {
          if (operation == SQLITE_DELETE) { static_cast<DeletedWords*>(self)->note(table); }
        },
        this);
  }

  [[nodiscard]] bool any() const noexcept { return !sql_.empty(); }

  /// Returns the SQL that removes the deleted words: it merges each of these indexes into one segment. The cost is that
  /// of writing the whole index.
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

  void forget() noexcept { sql_.clear(); }

 private:
  /// FTS5 keeps one row for each text in a table of its own, which is named after the index.
  void note(std::string_view table) {
    constexpr std::string_view suffix = "_docsize";
    if (!table.ends_with(suffix)) { return; }
    table.remove_suffix(suffix.size());
    std::string statement = "INSERT INTO ";
    statement.append(table).append(" (").append(table).append(") VALUES ('optimize');");
    if (sql_.find(statement) == std::string::npos) { sql_ += statement; }
  }

  std::string sql_;
};

}  // namespace heddle::sqlite::search
