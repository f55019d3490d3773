// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/erasure/tables.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/marks.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::erasure {

/// An erasure that has not ended; the table is described in the migration `erasures`.
struct ErasureRow {
  std::string key{};
  std::optional<std::int64_t> files{};
};

/// The rows of one table.
struct TableCount {
  std::string name{};
  std::int64_t removed = 0;
};

/// A receipt. Without a digest it is not complete.
struct ReceiptRow {
  std::string counts{};
  std::int64_t files = 0;
  std::int64_t bytes = 0;
  Timestamp started_at{};
  Timestamp verified_at{};
  std::optional<std::string> digest{};
};

}  // namespace heddle::erasure

HEDDLE_ADAPT_STRUCT(heddle::erasure::ErasureRow, key, files);
HEDDLE_ADAPT_STRUCT(heddle::erasure::TableCount, name, removed);
HEDDLE_ADAPT_STRUCT(heddle::erasure::ReceiptRow, counts, files, bytes, started_at, verified_at, digest);

namespace heddle::erasure {

/// The statements that begin and end erasures. The first parameter is the user, or the digest of the tenant.
template <class Sql>
struct ControlStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, std::string_view, Arguments...>;
  template <class... Arguments>
  using Check = sql::Statement<std::int64_t, std::string_view, Arguments...>;
  using Text = std::string_view;

  sql::Statement<ErasureRow, Text> find{"SELECT " + sql::columns<ErasureRow>() + " FROM erasures WHERE user_id = ?1"};
  sql::Statement<TableCount, Text> counts{"SELECT " + sql::columns<TableCount>() +
                                          " FROM erasure_counts WHERE user_id = ?1 ORDER BY name"};
  /// A row if contents of the tenant lie in files.
  Check<> has_files{"SELECT 1 FROM contents WHERE user_id = ?1 AND NOT in_database LIMIT 1"};
  /// key, now, tenant. Not if one with the key has ended.
  Statement<Text, Timestamp, Text> begin{
      "INSERT INTO erasures (user_id, key, batch, started_at) SELECT ?1, ?2, 0, " + Sql::present("?3") +
      " WHERE NOT EXISTS (SELECT 1 FROM erasure_receipts WHERE tenant = ?4 AND key = ?2) ON CONFLICT DO NOTHING"};
  /// Ends an import that has not ended. Before `close_gate`, which waits on PostgreSQL for what is being inserted: a
  /// batch of the import has locked the row first, and inserts then.
  Statement<> end_import{"UPDATE imports SET digest = '" + mark() +
                         "', line = 0, writing = 0, aborting = 0 WHERE user_id = ?1"};
  /// now
  Statement<Timestamp> close_gate{
      "INSERT INTO imports (user_id, digest, line, writing, aborting, started_at) VALUES (?1, '" + mark() +
      "', 0, 0, 0, " + Sql::present("?2") +
      ") ON CONFLICT (user_id) DO UPDATE SET digest = excluded.digest, line = 0, writing = 0, aborting = 0"};
  /// key. Keeps other calls with the key out until the end of the transaction; no row if the erasure has ended.
  Check<Text> hold{"UPDATE erasures SET batch = batch + 1 WHERE user_id = ?1 AND key = ?2 RETURNING 1"};
  /// key, files, their bytes
  Statement<Text, std::int64_t, std::int64_t> note_files{
      "UPDATE erasures SET files = ?3, bytes = ?4 WHERE user_id = ?1 AND key = ?2 AND files IS NULL"};

  // The end.

  /// tenant, key, counts, now, sum of the counts. Stores the receipt; no row if anything of the tenant is left, or
  /// another call has removed and counted more. One statement, so that it sees one moment, which is not before the time
  /// that it stores.
  Check<Text, Text, Text, Timestamp, std::int64_t> seal{
      "INSERT INTO erasure_receipts (tenant, key, counts, files, bytes, started_at, verified_at) SELECT ?2, ?3, ?4, "
      "coalesce(e.files, 0), coalesce(e.bytes, 0), e.started_at, " +
      Sql::present("?5") +
      " FROM erasures e WHERE e.user_id = ?1 AND e.key = ?3 AND (SELECT CAST(coalesce(sum(c.removed), 0) AS bigint) "
      "FROM erasure_counts c WHERE c.user_id = ?1) = ?6" +
      nothing_left() + " ON CONFLICT DO NOTHING RETURNING 1"};
  /// tenant, key. If the receipt is stored.
  Statement<Text, Text> forget_counts{forget("erasure_counts")};
  Statement<Text, Text> open_gate{forget("imports") + " AND digest = '" + mark() + "'"};
  Statement<Text, Text> forget_erasure{forget("erasures")};

  // Receipts: tenant, key.

  sql::Statement<ReceiptRow, Text, Text> receipt{"SELECT " + sql::columns<ReceiptRow>() +
                                                 " FROM erasure_receipts WHERE tenant = ?1 AND key = ?2"};
  /// And the digest.
  Statement<Text, Text> complete{
      "UPDATE erasure_receipts SET digest = ?3 WHERE tenant = ?1 AND key = ?2 AND digest IS NULL"};

 private:
  static std::string mark() { return std::string(transfer::erasure_mark); }
  static std::string forget(const std::string& table) {
    return "DELETE FROM " + table +
           " WHERE user_id = ?1 AND EXISTS (SELECT 1 FROM erasure_receipts WHERE tenant = ?2 AND key = ?3)";
  }
  static void append_empty(std::string& condition, std::string_view table) {
    condition.append(" AND NOT EXISTS (SELECT 1 FROM ").append(table).append(" WHERE user_id = ?1)");
  }
  static std::string nothing_left() {
    std::string condition;
    for (const auto table : named_tables) { append_empty(condition, table); }
    // Where these name no user, nothing of them is left without a branch.
    if (!Sql::of_user("segments", "?1").empty()) {
      for (const auto table : keyed_tables) { append_empty(condition, table); }
    }
    if constexpr (Sql::queues_messages) {
      for (const auto table : index_tables) { append_empty(condition, table); }
    }
    return condition;
  }
};

/// The statements for the full-text indexes of SQLite. The first parameter is the user.
template <class Sql>
struct IndexStatements {
  template <class Row>
  using Statement = sql::Statement<Row, std::string_view>;

  /// A row if messages that were removed wait to leave the index.
  Statement<std::int64_t> owes{"SELECT 1 FROM search_removals WHERE user_id = ?1 LIMIT 1"};
  /// A row if no turn can take them out of it, as only damage does.
  Statement<std::int64_t> is_lost{
      "SELECT 1 FROM search_removals r WHERE r.user_id = ?1 AND NOT EXISTS "
      "(SELECT 1 FROM tenants t WHERE t.user_id = ?1) LIMIT 1"};
  /// The newest version of the analysis that has made words in the index.
  sql::Statement<std::int64_t> analysis{
      "SELECT max(analysis, coalesce((SELECT max(analysis) FROM search_rebuild), 0)) FROM search_state"};
  Statement<sql::NoRow> forget_tenant{
      "DELETE FROM tenants WHERE number = (SELECT number FROM empty_tenants WHERE user_id = ?1)"};
  /// The next scrub writes the file anew.
  sql::Statement<sql::NoRow> rewrite{"UPDATE search_state SET rewrite = 1"};
};

}  // namespace heddle::erasure
