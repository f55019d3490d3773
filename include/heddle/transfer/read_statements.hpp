// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::transfer {

/// A content with one of its chunks, if it has any in the database.
struct ContentPiece {
  std::string checksum{};
  std::int64_t size_bytes = 0;
  std::int64_t number = 0;
  bool in_database = false;
  std::int64_t position = 0;
  std::vector<std::byte> bytes{};
};

}  // namespace heddle::transfer

HEDDLE_ADAPT_STRUCT(heddle::transfer::ContentPiece, checksum, size_bytes, number, in_database, position, bytes);

namespace heddle::transfer {

/// The statements that read a tenant for an export: parameter: user. Their order is one that an import keeps, although
/// it gives new numbers: first branches of sessions by session, then further ones by session, then those without a
/// session; all else by key, or in the order in which it was stored.
template <class Sql>
struct ReadStatements {
  template <class Row, std::size_t Numbers>
  using Lines = sql::Statement<Line<Row, Numbers>, std::string_view>;

  /// No row while an import has not ended.
  sql::Statement<std::int64_t, std::string_view> is_whole{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM imports WHERE user_id = ?1)"};
  sql::Statement<std::int64_t> schema{"SELECT coalesce(max(version), 0) FROM heddle_migrations"};

  /// The first branch may be gone, see RetentionConfig, or have lost its session.
  Lines<SessionRow, 0> sessions{
      "SELECT " +
      sql::columns<SessionRow>("s.", {sql::computed<&SessionRow::first_sequence>("coalesce(b.first_sequence, 1)")}) +
      " FROM sessions s LEFT JOIN branches b ON b.number = s.number AND b.session_number = s.number" +
      Sql::same_user("b", "s") + " WHERE s.user_id = ?1 ORDER BY s.number"};
  /// The number.
  Lines<BranchRow, 1> branches{"SELECT b.number, " +
                               sql::columns<BranchRow>("b.", {sql::computed<&BranchRow::session_id>("s.id")}) +
                               " FROM branches b LEFT JOIN sessions s ON s.number = b.session_number" +
                               Sql::same_user("s", "b") + " WHERE b.user_id = ?1 ORDER BY " + order_of_branches()};
  /// The numbers of the branch and of the source.
  Lines<SegmentRow, 2> segments{"SELECT g.branch_number, g.source_number, " + sql::columns<SegmentRow>("g.") +
                                of_branches("segments", "g") + ", g.first_sequence"};
  /// The number.
  Lines<SummaryRow, 1> summaries{"SELECT u.number, " + sql::columns<SummaryRow>("u.") + " FROM summaries u WHERE " +
                                 Sql::of_user("u", "?1") +
                                 "u.number IN (SELECT f.summary_number FROM branches b JOIN folds f ON "
                                 "f.branch_number = b.number" +
                                 Sql::same_user("f", "b") + " WHERE b.user_id = ?1) ORDER BY u.number"};
  /// The numbers of the branch and of the summary, which may be null.
  Lines<FoldRow, 2> folds{"SELECT f.branch_number, f.summary_number, " + sql::columns<FoldRow>("f.") +
                          of_branches("folds", "f") + ", f.outer_last, f.last_sequence, f.first_sequence"};

  // The number of the branch and the sequence. Two statements each, so that the first, which has most rows, need not
  // sort them.
  Lines<MessageRow, 2> messages{of_first_branches<MessageRow>("messages")};
  Lines<MessageRow, 2> further_messages{of_further_branches<MessageRow>("messages")};
  Lines<LinkRow, 2> links{of_first_branches<LinkRow>("tool_links") + ", m.position"};
  Lines<LinkRow, 2> further_links{of_further_branches<LinkRow>("tool_links") + ", m.position"};
  Lines<StreamRow, 2> streams{of_first_branches<StreamRow>("message_streams")};
  Lines<StreamRow, 2> further_streams{of_further_branches<StreamRow>("message_streams")};
  Lines<ChunkRow, 2> chunks{of_first_branches<ChunkRow>("message_chunks") + ", m.start"};
  Lines<ChunkRow, 2> further_chunks{of_further_branches<ChunkRow>("message_chunks") + ", m.start"};

  Lines<ExecutionRow, 0> executions{of_user<ExecutionRow>("tool_executions", "number")};
  Lines<UsageRow, 0> usage{of_user<UsageRow>("usage_by_day", "session_id, model, day")};
  Lines<SnapshotRow, 0> snapshots{of_user<SnapshotRow>("memory_snapshots", "id")};
  Lines<ErrorRow, 0> errors{of_user<ErrorRow>("agent_errors", "id")};
  Lines<ArtifactRow, 0> artifacts{of_user<ArtifactRow>("artifacts", "number")};
  sql::Statement<ContentPiece, std::string_view> contents{
      "SELECT " +
      sql::columns<ContentPiece>("c.", {sql::computed<&ContentPiece::position>("coalesce(k.position, 0)"),
                                        sql::computed<&ContentPiece::bytes>("k.bytes")}) +
      " FROM contents c LEFT JOIN content_chunks k ON k.user_id = c.user_id AND k.number = c.number AND c.in_database "
      "WHERE c.user_id = ?1 ORDER BY c.checksum, k.position"};
  Lines<VersionRow, 0> versions{of_user<VersionRow>("artifact_versions", "artifact_id, version")};
  Lines<QuotaRow, 0> quota{"SELECT " + sql::columns<QuotaRow>() +
                           " FROM content_usage WHERE user_id = ?1 AND quota_bytes IS NOT NULL"};
  Lines<RequestRow, 0> requests{of_user<RequestRow>("human_requests", "id")};
  Lines<KeyRow, 0> keys{of_user<KeyRow>("idempotency_keys", "key")};
  Lines<ResultRow, 0> results{
      "SELECT " + sql::columns<ResultRow>("r.", {sql::computed<&ResultRow::image>("i.image")}) +
      " FROM sql_results r JOIN sql_result_images i ON i.user_id = r.user_id AND i.id = r.id WHERE r.user_id = ?1 "
      "ORDER BY r.id"};

 private:
  /// Of the branches `b`.
  static std::string order_of_branches() {
    return "CASE WHEN b.session_number IS NULL THEN 3 WHEN b.session_number = b.number THEN 1 ELSE 2 END, "
           "b.session_number, b.branch, abs(b.number)";
  }
  /// The rows of the branches of the user, in order.
  static std::string of_branches(const std::string& table, const std::string& alias) {
    return " FROM branches b JOIN " + table + " " + alias + " ON " + alias + ".branch_number = b.number" +
           Sql::same_user(alias, "b") + " WHERE b.user_id = ?1 ORDER BY " + order_of_branches();
  }
  template <class Row>
  static std::string keyed() {
    return "SELECT " + Sql::branch_of("m") + ", " + Sql::sequence_of("m") + ", " + sql::columns<Row>("m.");
  }
  template <class Row>
  static std::string of_first_branches(const std::string& table) {
    return keyed<Row>() + Sql::from_first_branches(table);
  }
  template <class Row>
  static std::string of_further_branches(const std::string& table) {
    return keyed<Row>() + " FROM branches b" + Sql::nested_join() + table + " m ON " +
           Sql::keys_between("m", "b.number", "0", std::to_string(limits::sequence)) +
           " WHERE b.user_id = ?1 AND (b.session_number IS NULL OR b.session_number <> b.number) ORDER BY " +
           order_of_branches() + ", " + Sql::sequence_of("m");
  }
  template <class Row>
  static std::string of_user(const std::string& table, const std::string& order) {
    return "SELECT " + sql::columns<Row>() + " FROM " + table + " WHERE user_id = ?1 ORDER BY " + order;
  }
};

}  // namespace heddle::transfer
