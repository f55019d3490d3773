// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/transfer/marks.hpp"
#include "heddle/transfer/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace heddle::transfer {

/// The statements that write the records of an import; the tables are described in the migration `imports`. The first
/// parameter is the user. A place is the number of a record of its type in the stream, from 1. What refers to something
/// that was left out is left out.
template <class Sql>
struct WriteStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, std::string_view, Arguments...>;
  using Text = std::string_view;
  using Place = std::int64_t;
  template <class Row>
  using Fields = sql::Fields<Row>;

  /// Members that the insertion of a session writes; its `last_sequence` is the one before its first branch.
  using NewSession = sql::Without<sql::All<SessionRow>, &SessionRow::parent_session_id, &SessionRow::branch,
                                  &SessionRow::first_sequence>;
  using ResultColumns = sql::Without<sql::All<ResultRow>, &ResultRow::image>;

  /// The session, which `hidden` marks. Triggers give it its first branch.
  Statement<sql::Fields<SessionRow, NewSession>> session{"INSERT INTO sessions (user_id, " +
                                                         sql::columns<NewSession>() + ") VALUES (?1, " +
                                                         sql::placeholders<NewSession>(2) + ") ON CONFLICT DO NOTHING"};
  /// place, session
  Statement<Place, Text> note_session{note("'session', ?2, s.number, NULL FROM sessions s WHERE " + imported("?3"))};
  /// place, session, parent
  Statement<Place, Text, Text> note_parent{note("'parent', ?2, s.number, ?4 FROM sessions s WHERE " + imported("?3"))};
  /// session, last sequence, branch
  Statement<Text, std::int64_t, std::int64_t> end_session{
      "UPDATE sessions AS s SET last_sequence = ?3, branch = ?4 WHERE " + imported("?2")};

  /// place, session or null: the first branch of a session exists already.
  Statement<Place, std::optional<Text>> note_first_branch{
      note("'branch', ?2, s.number, NULL FROM sessions s WHERE " + imported("?3"))};
  /// place: gives any other branch a number.
  Statement<Place> number_branch{"INSERT INTO import_numbers (" + Sql::branch_columns() + ", kind, place) SELECT " +
                                 Sql::branch_values() +
                                 ", 'branch', ?2 FROM (SELECT ?1 AS user_id) s WHERE NOT EXISTS (SELECT 1 FROM "
                                 "import_numbers n WHERE " +
                                 at("n", "branch", "?2") + ")"};
  /// place, session or null, the branch
  Statement<Place, Fields<BranchRow>> branch{
      "INSERT INTO branches (user_id, number, session_number, branch, first_sequence, last_sequence, hidden_at) "
      "SELECT n.user_id, n.number, (SELECT s.number FROM sessions s WHERE " +
      imported("?3") + "), ?4, ?5, ?6, ?7 FROM import_numbers n WHERE " + at("n", "branch", "?2") +
      " AND NOT EXISTS (SELECT 1 FROM branches b WHERE b.number = n.number" + Sql::same_user("b", "n") + ")"};
  /// place, last sequence or null, time or null
  Statement<Place, std::optional<std::int64_t>, std::optional<std::int64_t>> end_branch{
      "UPDATE branches SET last_sequence = ?3, hidden_at = ?4 WHERE " + Sql::of_user("branches", "?1") +
      "number = (SELECT n.number FROM import_numbers n WHERE " + at("n", "branch", "?2") + ")"};
  /// place, session, first sequence: it is the present branch of its session.
  Statement<Place, Text, std::int64_t> show_branch{
      "UPDATE sessions AS s SET branch_number = (SELECT n.number FROM import_numbers n WHERE " +
      at("n", "branch", "?2") + "), branch_first = ?4 WHERE " + imported("?3")};

  /// places of the branch and the source, the segment
  Statement<Place, Place, Fields<SegmentRow>> segment{
      "INSERT INTO segments (" + Sql::segment_columns() +
      "branch_number, source_number, first_sequence, last_sequence) "
      "SELECT " +
      Sql::segment_values() + "s.number, n.number, ?4, ?5 FROM import_numbers s, import_numbers n WHERE " +
      at("s", "branch", "?2") + " AND " + at("n", "branch", "?3") + " AND " + has_session("s") +
      " AND ?4 > 0 AND ?5 BETWEEN 0 AND " + std::to_string(limits::sequence) + " ON CONFLICT DO NOTHING"};

  /// the summary
  Statement<Fields<SummaryRow>> summary{"INSERT INTO summaries (" + Sql::summary_columns() +
                                        sql::columns<SummaryRow>() + ") VALUES (" + Sql::summary_values() +
                                        sql::placeholders<SummaryRow>(2) + ")"};
  /// place
  Statement<Place> note_summary{note("'summary', ?2, " + Sql::new_summary() + ", NULL")};
  /// places of the branch and, or null, of the summary, the fold
  Statement<Place, std::optional<Place>, Fields<FoldRow>> fold{
      "INSERT INTO folds (" + Sql::segment_columns() + "branch_number, summary_number, " + sql::columns<FoldRow>() +
      ") SELECT " + Sql::segment_values() + "s.number, (SELECT n.number FROM import_numbers n WHERE " +
      at("n", "summary", "?3") + "), " + sql::placeholders<FoldRow>(4) + " FROM import_numbers s WHERE " +
      at("s", "branch", "?2") + " AND " + has_session("s")};

  // Place of the branch, sequence, the row.
  Statement<Place, std::int64_t, Fields<MessageRow>, sql::SearchText> message{
      "INSERT INTO messages (" + Sql::key_columns() + ", " + sql::columns<MessageRow>() + Sql::search_columns() +
      ") SELECT " + Sql::key_values("b", "?3") + ", " + sql::placeholders<MessageRow>(4) +
      Sql::search_values(4 + sql::width<MessageRow>()) + from_branch()};
  Statement<Place, std::int64_t, Fields<LinkRow>> link{keyed<LinkRow>("tool_links")};
  Statement<Place, std::int64_t, Fields<StreamRow>> stream{keyed<StreamRow>("message_streams")};
  Statement<Place, std::int64_t, Fields<ChunkRow>> chunk{keyed<ChunkRow>("message_chunks")};

  Statement<Fields<ExecutionRow>> execution{of_session<ExecutionRow, &ExecutionRow::session_id>("tool_executions")};
  Statement<Fields<UsageRow>> usage{of_session<UsageRow, &UsageRow::session_id>("usage_by_day")};
  Statement<Fields<SnapshotRow>> snapshot{of_session<SnapshotRow, &SnapshotRow::session_id>("memory_snapshots")};
  Statement<Fields<ErrorRow>> error{of_session<ErrorRow, &ErrorRow::session_id>("agent_errors")};
  Statement<Fields<RequestRow>> request{of_session<RequestRow, &RequestRow::session_id>("human_requests")};

  Statement<Fields<ArtifactRow>, sql::SearchText> artifact{
      "INSERT INTO artifacts (user_id, " + sql::columns<ArtifactRow>() + Sql::search_columns() + ") SELECT ?1, " +
      sql::placeholders<ArtifactRow>(2) + Sql::search_values(2 + sql::width<ArtifactRow>()) + " WHERE " +
      may_refer(sql::placeholder<ArtifactRow, &ArtifactRow::session_id>(2)) + " ON CONFLICT DO NOTHING"};
  // A content is an upload until it has all its chunks, so that no put shares a part of one.

  /// place, number, checksum: if there is no such content.
  Statement<Place, std::int64_t, Text> note_content{
      note("'content', ?2, ?3, NULL WHERE NOT EXISTS (SELECT 1 FROM contents c WHERE c.user_id = ?1 AND c.checksum = "
           "?4)")};
  /// place. No call finds it too old.
  Statement<Place> begin_content{"INSERT INTO content_uploads (user_id, number, touched_at) SELECT ?1, n.number, " +
                                 std::to_string(hidden) + " FROM import_numbers n WHERE " + at("n", "content", "?2")};
  /// place, the content: it has all its chunks.
  Statement<Place, Fields<ContentRow>> content{
      "INSERT INTO contents (user_id, checksum, size_bytes, number, in_database) SELECT ?1, ?3, ?4, n.number, true "
      "FROM "
      "import_numbers n JOIN content_uploads u ON u.user_id = ?1 AND u.number = n.number AND u.touched_at > 0 WHERE " +
      at("n", "content", "?2") + " ON CONFLICT DO NOTHING"};
  /// place
  Statement<Place> end_upload{"DELETE FROM content_uploads WHERE " + of_content("?2") +
                              " AND EXISTS (SELECT 1 FROM contents c WHERE c.user_id = ?1 AND c.number = "
                              "content_uploads.number)"};
  /// place: there is such a content by now.
  Statement<Place> abandon_upload{"UPDATE content_uploads SET touched_at = 0 WHERE " + of_content("?2")};
  /// place of the content, the chunk
  Statement<Place, Fields<ContentChunkRow>> content_chunk{
      "INSERT INTO content_chunks (user_id, number, position, bytes) SELECT ?1, n.number, ?3, ?4 FROM import_numbers n "
      "WHERE " +
      at("n", "content", "?2")};
  Statement<Fields<VersionRow>> version{
      "INSERT INTO artifact_versions (user_id, " + sql::columns<VersionRow>() + ") SELECT ?1, " +
      sql::placeholders<VersionRow>(2) +
      " WHERE EXISTS (SELECT 1 FROM artifacts a WHERE a.user_id = ?1 AND a.id = ?2 AND a.deleted_at >= " +
      std::to_string(hidden) + ")"};
  Statement<Fields<QuotaRow>> quota{
      "INSERT INTO content_usage (user_id, stored_bytes, quota_bytes) VALUES (?1, 0, ?2) ON CONFLICT (user_id) DO "
      "UPDATE SET quota_bytes = coalesce(content_usage.quota_bytes, excluded.quota_bytes)"};

  /// place, key, session or null: if the key is new, and is not left out.
  Statement<Place, Text, std::optional<Text>> note_key{
      note("'key', ?2, 0, ?3 WHERE NOT EXISTS (SELECT 1 FROM idempotency_keys WHERE user_id = ?1 AND key = ?3) AND " +
           may_refer("?4"))};
  Statement<Fields<KeyRow>> key{"INSERT INTO idempotency_keys (user_id, " + sql::columns<KeyRow>() + ") SELECT ?1, " +
                                sql::placeholders<KeyRow>(2) + " WHERE " +
                                may_refer(sql::placeholder<KeyRow, &KeyRow::session_id>(2)) +
                                " ON CONFLICT DO NOTHING"};
  /// place, id: if it is new.
  Statement<Place, Text> note_result{
      note("'result', ?2, 0, ?3 WHERE NOT EXISTS (SELECT 1 FROM sql_results WHERE user_id = ?1 AND id = ?3)")};
  Statement<sql::Fields<ResultRow, ResultColumns>> result{
      "INSERT INTO sql_results (user_id, " + sql::columns<ResultColumns>() + ") VALUES (?1, " +
      sql::placeholders<ResultColumns>(2) + ") ON CONFLICT DO NOTHING"};
  /// place, id, image
  Statement<Place, Text, std::span<const std::byte>> image{
      "INSERT INTO sql_result_images (user_id, id, image) SELECT ?1, ?3, ?4 FROM import_numbers n WHERE " +
      at("n", "result", "?2")};

 private:
  static std::string note(const std::string& values) {
    return "INSERT INTO import_numbers (user_id, kind, place, number, name) SELECT ?1, " + values;
  }
  static std::string at(const std::string& table, const std::string& kind, const std::string& place) {
    return table + ".user_id = ?1 AND " + table + ".kind = '" + kind + "' AND " + table + ".place = " + place;
  }
  /// The upload of a content.
  static std::string of_content(const std::string& place) {
    return "user_id = ?1 AND number = (SELECT n.number FROM import_numbers n WHERE " + at("n", "content", place) + ")";
  }
  /// The session `s` that the import has written.
  static std::string imported(const std::string& id) {
    return "s.user_id = ?1 AND s.id = " + id + " AND s.deleted_at >= " + std::to_string(hidden);
  }
  /// The branch of a place belongs to a session.
  static std::string has_session(const std::string& place) {
    return "EXISTS (SELECT 1 FROM branches b WHERE " + Sql::of_user("b", "?1") + "b.number = " + place +
           ".number AND b.session_number IS NOT NULL)";
  }
  /// A record may refer to a session, or to none.
  static std::string may_refer(const std::string& id) {
    return "(" + id + " IS NULL OR EXISTS (SELECT 1 FROM sessions s WHERE " + imported(id) + "))";
  }
  /// The branch of a place. A sequence that is out of range, which RowChecks refuses, would be one of another branch.
  static std::string from_branch() {
    return " FROM (SELECT n.user_id, n.number AS branch_number FROM import_numbers n WHERE " + at("n", "branch", "?2") +
           ") b WHERE ?3 BETWEEN 1 AND " + std::to_string(limits::sequence);
  }
  template <class Row>
  static std::string keyed(const std::string& table) {
    return "INSERT INTO " + table + " (" + Sql::key_columns() + ", " + sql::columns<Row>() + ") SELECT " +
           Sql::key_values("b", "?3") + ", " + sql::placeholders<Row>(4) + from_branch();
  }
  template <class Row, auto Session>
  static std::string of_session(const std::string& table) {
    return "INSERT INTO " + table + " (user_id, " + sql::columns<Row>() + ") SELECT ?1, " + sql::placeholders<Row>(2) +
           " WHERE EXISTS (SELECT 1 FROM sessions s WHERE " + imported(sql::placeholder<Row, Session>(2)) +
           ") ON CONFLICT DO NOTHING";
  }
};

/// place of the branch, sequence: queues a message that was inserted for the full-text index.
template <class Sql>
struct QueueStatements {
  sql::Statement<sql::NoRow, std::string_view, std::int64_t, std::int64_t> queue{
      "INSERT INTO search_queue (user_id, key) SELECT ?1, " + Sql::key_values("n", "?3") +
      " FROM (SELECT number AS branch_number FROM import_numbers WHERE user_id = ?1 AND kind = 'branch' AND place = "
      "?2) n WHERE ?3 BETWEEN 1 AND " +
      std::to_string(limits::sequence)};
};

}  // namespace heddle::transfer
