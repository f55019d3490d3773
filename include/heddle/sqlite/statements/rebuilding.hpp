// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/statements/indexing.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sqlite {

/// What a rebuilt index leaves is removed by so many rows of FTS5, each a page of the file.
inline constexpr std::int64_t former_rows = 256;

/// The statements that make the full-text indexes anew by another analysis; the tables are described in the migration
/// `search`. Comments name the arguments.
struct RebuildingStatements {
  using Statement = sql::StatementText;

  /// The versions of the words of messages and of artifacts, what is owed of erased words, whether a former index is
  /// left; version and position of the index that is made, null if none is.
  Statement state{
      "SELECT s.analysis, s.artifacts, s.erasure, s.former, r.analysis, r.position FROM search_state s "
      "LEFT JOIN search_rebuild r"};

  /// limit, key after which to begin: key, tenant, user, whether the message is queued.
  Statement following{
      "SELECT m.key, t.number, b.user_id, EXISTS (SELECT 1 FROM search_queue q WHERE q.user_id = b.user_id AND "
      "q.key = m.key) FROM messages m CROSS JOIN branches b ON b.number = m.key >> 24 CROSS JOIN tenants t "
      "ON t.user_id = b.user_id WHERE m.key > ?2 ORDER BY m.key LIMIT ?1"};
  /// position, number of messages that were put into the index
  Statement advance{"UPDATE search_rebuild SET position = ?1, done = done + ?2"};

  // Those of `IndexingStatements`, of the index that is made.
  Statement insert{of_next(&IndexingStatements::insert)};
  Statement remove{of_next(&IndexingStatements::remove)};
  Statement indexed{of_next(&IndexingStatements::indexed)};

  /// limit: number, tenant and user of artifacts with words of a former analysis.
  Statement artifacts{
      "SELECT a.number, t.number, a.user_id FROM artifact_words w CROSS JOIN artifacts a ON a.number = w.rowid "
      "CROSS JOIN tenants t ON t.user_id = a.user_id WHERE w.analysis < own_analysis() LIMIT ?1"};
  /// number, tenant
  Statement renew_artifact{
      "UPDATE artifact_words SET analysis = own_analysis(), words = (SELECT index_terms(?2, a.name, "
      "a.searched_purpose, a.searched_tags) FROM artifacts a WHERE a.number = ?1) WHERE rowid = ?1"};
  Statement renewed_artifacts{"UPDATE search_state SET artifacts = own_analysis()"};

  /// limit
  Statement remove_former{
      "DELETE FROM message_words_former WHERE id IN (SELECT id FROM message_words_former LIMIT ?1)"};

  /// The SQL that made the index; SQL that makes another one like it, with the name `message_words_next`.
  Statement definition{"SELECT sql FROM sqlite_schema WHERE name = 'message_words'"};
  static std::string next_like(std::string definition) {
    return definition.replace(definition.find(index), index.size(), next);
  }
  /// The record in which FTS5 counts the rows of the index.
  Statement counts{"SELECT block FROM message_words_data WHERE id = 1"};
  static constexpr const char* drop_next = "DROP TABLE IF EXISTS message_words_next; DELETE FROM search_rebuild;";
  static std::string begin(std::int64_t total) {
    return "INSERT INTO search_rebuild SELECT own_analysis(), -9223372036854775808, 0, " + std::to_string(total);
  }
  /// Puts the index that was made in the place of the other one. To drop a large table takes long: its rows are kept
  /// for `remove_former`, but for the ones which FTS5 reads before it drops the table.
  static constexpr const char* replace =
      "ALTER TABLE message_words_data RENAME TO message_words_former;"
      "CREATE TABLE message_words_data (id INTEGER PRIMARY KEY, block BLOB);"
      "INSERT INTO message_words_data SELECT id, block FROM message_words_former WHERE id <= 10;"
      "DROP TABLE message_words;"
      "ALTER TABLE message_words_next RENAME TO message_words;"
      "UPDATE search_state SET analysis = own_analysis(), former = 1;"
      "DELETE FROM search_rebuild;";
  static constexpr const char* drop_former = "DROP TABLE message_words_former; UPDATE search_state SET former = 0;";
  /// All messages wait for an index anew.
  static constexpr const char* queue_all =
      "INSERT OR IGNORE INTO search_queue SELECT b.user_id, m.key FROM branches b CROSS JOIN messages m "
      "ON m.key BETWEEN b.number * 16777216 AND b.number * 16777216 + 16777215;"
      "DELETE FROM search_removals;"
      "DELETE FROM tenants WHERE number IN (SELECT number FROM empty_tenants);";

 private:
  static constexpr std::string_view index = "message_words";
  static constexpr std::string_view next = "message_words_next";

  static std::string of_next(sql::StatementText IndexingStatements::*statement) {
    std::string text = (sql::statements<IndexingStatements>().*statement).text();
    for (std::size_t at = 0; (at = text.find(index, at)) != std::string::npos; at += next.size()) {
      text.replace(at, index.size(), next);
    }
    return text;
  }
};

}  // namespace heddle::sqlite
