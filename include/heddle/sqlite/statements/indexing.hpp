// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::sqlite {

/// user: a row if so many of its messages wait for the index that a search has to have some indexed before, because it
/// would split all their texts.
inline constexpr std::string_view many_queued = "SELECT 1 FROM search_queue WHERE user_id = ?1 LIMIT 1 OFFSET 2000";

/// The statements that fill the full-text index of messages; the tables are described in the migration `search`.
/// Comments name the arguments.
struct IndexingStatements {
  using Statement = sql::StatementText;

  /// The version of the analysis, and what is owed of erased words.
  Statement state{"SELECT analysis, erasure FROM search_state"};

  /// limit, key after which to begin: key, tenant, user.
  Statement removals{
      "SELECT r.key, t.number, r.user_id FROM search_removals r CROSS JOIN tenants t ON t.user_id = r.user_id "
      "WHERE r.key > ?2 ORDER BY r.key LIMIT ?1"};
  /// key
  Statement removed_text{"SELECT " + searched() + " FROM search_removals WHERE key = ?1"};
  /// query for the end of the tenant's texts, first and last key: the keys that are in the index, in order.
  Statement indexed{
      "SELECT rowid FROM message_words WHERE message_words MATCH ?1 AND rowid BETWEEN ?2 AND ?3 ORDER BY rowid"};
  /// key, terms of each place: the same terms as when the key was inserted.
  Statement remove{"INSERT INTO message_words (message_words, rowid, " + places() +
                   ") VALUES ('delete', ?1, ?2, ?3, ?4, ?5)"};
  /// key
  Statement forget{"DELETE FROM search_removals WHERE key = ?1"};
  /// tenant: the same if that was its last row.
  Statement forget_tenant{"DELETE FROM tenants WHERE number = (SELECT number FROM empty_tenants WHERE number = ?1)"};

  /// limit, user and key after which to begin: key, tenant, user.
  Statement queued{
      "SELECT q.key, t.number, q.user_id FROM search_queue q CROSS JOIN tenants t ON t.user_id = q.user_id "
      "WHERE (q.user_id, q.key) > (?2, ?3) ORDER BY q.user_id, q.key LIMIT ?1"};
  /// limit, user: the same of one user. Not what is still to be removed: that must be done before.
  Statement queued_of_user{
      "SELECT q.key, t.number, q.user_id FROM search_queue q CROSS JOIN tenants t ON t.user_id = q.user_id "
      "WHERE q.user_id = ?2 AND NOT EXISTS (SELECT 1 FROM search_removals r WHERE r.key = q.key) "
      "ORDER BY q.key LIMIT ?1"};
  Statement many_queued{std::string(sqlite::many_queued)};
  /// key
  Statement text{"SELECT " + searched() + " FROM messages WHERE key = ?1"};
  /// key, terms of each place: outside of savepoints and with VALUES, or else FTS5 writes a segment for each message.
  Statement insert{"INSERT INTO message_words (rowid, " + places() + ") VALUES (?1, ?2, ?3, ?4, ?5)"};
  /// user, key
  Statement dequeue{"DELETE FROM search_queue WHERE user_id = ?1 AND key = ?2"};

 private:
  /// The columns that sql::StoredTexts reads.
  static std::string searched() { return "content, content_blocks, tool_calls, tool_result, parts"; }
  static std::string places() { return "text, thinking, arguments, results"; }
};

}  // namespace heddle::sqlite
