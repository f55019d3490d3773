#pragma once

#include "heddle/model/table.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/stored_image.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sqlite {

/// Results in SQLite's SQL. A result that has expired is not there for any statement but `store`, which overwrites it,
/// and `expire`, which removes it.
struct ResultStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;

  /// user, metadata, image: replaces the whole result of this id, if there is one.
  Statement<sql::NoRow, Text, sql::Fields<ResultMetadata>, std::span<const std::byte>> store{
      "INSERT INTO sql_results (user_id, " + sql::columns<ResultMetadata>() + ", image) VALUES (?1, " +
      sql::placeholders(2, sql::width<ResultMetadata> + 1) + ") ON CONFLICT (user_id, id) DO UPDATE SET " +
      sql::assignments<ResultMetadata>(1) + ", image = excluded.image"};
  /// user, id, time.
  Statement<ResultMetadata, Text, Text, Timestamp> find{"SELECT " + sql::columns<ResultMetadata>() +
                                                        " FROM sql_results " + unexpired()};
  /// user, id, time.
  Statement<sql::StoredImage, Text, Text, Timestamp> find_image{"SELECT " + sql::columns<sql::StoredImage>() +
                                                                " FROM sql_results " + unexpired()};
  /// user, id, time: the result was used then.
  Statement<sql::NoRow, Text, Text, Timestamp> touch{
      "UPDATE sql_results SET accessed_at = max(accessed_at, ?3) " + unexpired()};
  /// user, id, time.
  Statement<sql::NoRow, Text, Text, Timestamp> remove{"DELETE FROM sql_results " + unexpired()};
  /// user, time, how many at most.
  Statement<sql::NoRow, Text, Timestamp, std::int64_t> expire{
      "DELETE FROM sql_results WHERE rowid IN (SELECT rowid FROM sql_results WHERE user_id = ?1 AND expires_at <= ?2 "
      "LIMIT ?3)"};

 private:
  static std::string unexpired() { return "WHERE user_id = ?1 AND id = ?2 AND expires_at > ?3"; }
};

}  // namespace heddle::sqlite
