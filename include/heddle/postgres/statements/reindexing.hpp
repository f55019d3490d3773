// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/former_rows.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// The statements that index rows anew whose words were made by a former analysis. Only those are touched: a program
/// of an earlier version writes such rows beside this one, and one of a later version makes rows that this one leaves
/// alone.
struct ReindexingStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;

  /// Parameters: user, number of rows, bytes. The first rows of a user, at least one if there is one, until their texts
  /// have that many bytes.
  Statement<sql::FormerMessage, Text, std::int64_t, std::int64_t> messages{messages_of("user_id = ?1 AND ", 2)};
  Statement<sql::FormerArtifact, Text, std::int64_t, std::int64_t> artifacts{artifacts_of("user_id = ?1 AND ", 2)};
  /// The same of all users.
  Statement<sql::FormerMessage, std::int64_t, std::int64_t> all_messages{messages_of("", 1)};
  Statement<sql::FormerArtifact, std::int64_t, std::int64_t> all_artifacts{artifacts_of("", 1)};

  /// Parameters: user, branch, sequence, text. Redaction, the only change of such a row, takes it out of the search.
  Statement<sql::NoRow, Text, std::int64_t, std::int64_t, sql::SearchText> renew_message{
      "UPDATE messages SET search = " + Sql::search_vector("?4", "?1") +
      ", words = ?5 WHERE user_id = ?1 AND branch_number = ?2 AND sequence = ?3 AND " + is_former()};
  /// Parameters: user, id, digest, texts. Changes nothing if the artifact has other texts now.
  Statement<sql::NoRow, Text, Text, Text, sql::SearchText> renew_artifact{
      "UPDATE artifacts SET search = " + Sql::search_vector("?4", "?1") +
      ", words = ?5 WHERE user_id = ?1 AND id = ?2 AND " + digest() + " = ?3 AND " + is_former()};

 private:
  /// The condition of the partial indexes.
  static std::string is_former() { return "search @@ '''~u'':*'::tsquery"; }
  static std::string digest() { return "md5(md5(name) || md5(purpose) || coalesce(tags, ''))"; }
  /// Before the migration that makes the index, nothing is indexed anew: the search functions would not find it.
  static std::string is_migrated() { return "to_regclass('messages_of_former_analysis') IS NOT NULL AND "; }

  /// No more characters than bytes that are searched: content can be longer than an answer should be. Parts need the
  /// whole of it.
  static std::string messages_of(const std::string& condition, int rows) {
    return first("user_id, branch_number, sequence",
                 "CASE WHEN parts IS NULL THEN left(content, " + std::to_string(sql::searched_bytes) +
                     ") ELSE content END, content_blocks, tool_calls, tool_result, parts",
                 "octet_length(content) + coalesce(octet_length(tool_calls), 0) + coalesce(octet_length(tool_result), "
                 "0) + coalesce(octet_length(parts), 0)",
                 "messages", condition, rows);
  }
  static std::string artifacts_of(const std::string& condition, int rows) {
    return first("user_id, id", "name, purpose, coalesce(tags, '[]'), " + digest(),
                 "octet_length(name) + octet_length(purpose) + octet_length(coalesce(tags, ''))", "artifacts",
                 condition, rows);
  }
  static std::string first(const std::string& key, const std::string& columns, const std::string& bytes,
                           const std::string& table, const std::string& condition, int rows) {
    return "SELECT " + key + ", " + columns + " FROM (SELECT *, sum(" + bytes + ") OVER (ORDER BY " + key +
           " ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before FROM (SELECT * FROM " + table + " WHERE " +
           is_migrated() + condition + is_former() + " ORDER BY " + key + " LIMIT ?" + std::to_string(rows) +
           ") f) g WHERE coalesce(before, 0) < ?" + std::to_string(rows + 1) + " ORDER BY " + key;
  }
};

}  // namespace heddle::postgres
