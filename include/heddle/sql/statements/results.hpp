// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/table.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/stored_image.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for results. Only `store`, which overwrites a result, and `expire`, which deletes it, affect expired
/// results.
template <class Sql>
struct ResultStatements {
  using Text = std::string_view;

  /// Parameters: user, metadata. Replaces the metadata of the same id.
  Statement<NoRow, Text, Fields<ResultMetadata>> store{
      "INSERT INTO sql_results (user_id, " + columns<ResultMetadata>() + ") VALUES (?1, " +
      placeholders<ResultMetadata>(2) + ") ON CONFLICT (user_id, id) DO UPDATE SET " +
      assignments<Without<All<ResultMetadata>, &ResultMetadata::id>>()};
  /// Parameters: user, id, image. Replaces the image of the same id.
  Statement<NoRow, Text, Text, std::span<const std::byte>> store_image{
      "INSERT INTO sql_result_images (user_id, id, image) VALUES (?1, ?2, ?3) "
      "ON CONFLICT (user_id, id) DO UPDATE SET image = excluded.image"};
  /// Parameters: user, id, time.
  Statement<ResultMetadata, Text, Text, Timestamp> find{"SELECT " + columns<ResultMetadata>() + " FROM sql_results " +
                                                        unexpired()};
  /// Parameters: user, id, time.
  Statement<StoredImage, Text, Text, Timestamp> find_image{
      "SELECT " + columns<StoredImage>() + " FROM sql_results JOIN sql_result_images USING (user_id, id) " +
      unexpired()};
  /// Parameters: user, id, time of the access.
  Statement<NoRow, Text, Text, Timestamp> touch{
      "UPDATE sql_results SET accessed_at = " + Sql::greatest("accessed_at", "?3") + " " + unexpired()};
  /// Parameters: user, id, time.
  Statement<NoRow, Text, Text, Timestamp> remove{"DELETE FROM sql_results " + unexpired()};
  /// Parameters: user, time, maximum number. Tests the time again for each row, because another transaction can have
  /// replaced the result. (The plus keeps SQLite from using the index on the time for that.)
  Statement<NoRow, Text, Timestamp, std::int64_t> expire{
      "DELETE FROM sql_results WHERE user_id = ?1 AND id IN (SELECT id FROM sql_results WHERE user_id = ?1 "
      "AND expires_at <= " +
      Sql::present("?2") + " LIMIT ?3) AND +expires_at <= " + Sql::present("?2")};
  /// Parameters: user, time, window. Newest first.
  Statement<ResultMetadata, Text, Timestamp, Fields<TimeWindow>> list{
      "SELECT " + columns<ResultMetadata>() + " FROM sql_results WHERE user_id = ?1 AND expires_at > " +
      Sql::present("?2") + " AND (stored_at, id) < " + WindowSql(3).start() +
      " ORDER BY stored_at DESC, id DESC LIMIT " + WindowSql(3).rows()};

  /// The statements of a quota.
  struct Quota {
    /// Parameter: user. To be queued before the result is stored.
    Statement<std::int64_t, Text> hold{Sql::hold_sums("?1", " sql_results ")};
    /// Parameters: user, bytes. Returns no row if the results of the tenant have more bytes.
    Statement<std::int64_t, Text, std::int64_t> keeps{
        "SELECT 1 WHERE (SELECT coalesce(sum(size_bytes), 0) FROM sql_results WHERE user_id = ?1) <= ?2"};
  };
  /// The statement of the removal for all tenants. A group of its own, as every file with a backend compiles it.
  struct Purge {
    /// Parameters: time, maximum number. Tests the time again, as `expire` does.
    Statement<NoRow, Timestamp, std::int64_t> expired{
        "WITH expired AS MATERIALIZED (SELECT user_id, id FROM sql_results WHERE expires_at <= " + Sql::present("?1") +
        " ORDER BY expires_at LIMIT ?2" + Sql::skip_held() +
        ") DELETE FROM sql_results WHERE (user_id, id) IN (SELECT user_id, id FROM expired) AND +expires_at <= " +
        Sql::present("?1")};
  };

 private:
  static std::string unexpired() { return "WHERE user_id = ?1 AND id = ?2 AND expires_at > " + Sql::present("?3"); }
};

}  // namespace heddle::sql
