// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// The small full-text indexes a connection deletes from, so that the deleted words can be removed from the file.
///
/// FTS5 marks words as deleted, and both the words and the marks stay until segments of the index happen to be merged.
/// FTS5's own option `secure-delete` needs SQLite 3.42, and makes the index unreadable for older versions.
class DeletedWords {
 public:
  [[nodiscard]] bool any() const noexcept { return !sql_.empty(); }

  /// Returns the SQL that removes the deleted words: it merges each of these indexes into one segment. The cost is that
  /// of writing the whole index.
  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

  void forget() noexcept { sql_.clear(); }

  /// Notes an index from which words are deleted.
  void note(std::string_view index) {
    std::string statement = "INSERT INTO ";
    statement.append(index).append(" (").append(index).append(") VALUES ('optimize');");
    if (sql_.find(statement) == std::string::npos) { sql_ += statement; }
  }

 private:
  std::string sql_;
};

}  // namespace heddle::sqlite::search
