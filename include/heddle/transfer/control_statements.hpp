// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/marks.hpp"
#include "heddle/transfer/write_statements.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::transfer {

/// How far an import has come.
struct ImportProgress {
  std::string digest{};
  std::int64_t line = 0;
  std::int64_t aborting = 0;
};

}  // namespace heddle::transfer

HEDDLE_ADAPT_STRUCT(heddle::transfer::ImportProgress, digest, line, aborting);

namespace heddle::transfer {

/// The statements that begin, end and abort imports. The first parameter is the user.
template <class Sql>
struct ControlStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, std::string_view, Arguments...>;
  template <class... Arguments>
  using Check = sql::Statement<std::int64_t, std::string_view, Arguments...>;
  using Text = std::string_view;

  sql::Statement<ImportProgress, Text> progress{"SELECT " + sql::columns<ImportProgress>() +
                                                " FROM imports WHERE user_id = ?1"};
  /// No row if the tenant has anything that a stream can have.
  Check<> is_empty{"SELECT 1 WHERE " + lacks("sessions") + " AND " + lacks("artifacts") + " AND " +
                   lacks("agent_errors") + " AND " + lacks("human_requests") + " AND " + lacks("sql_results") +
                   " AND " + lacks("contents") + " AND " + lacks("idempotency_keys")};
  Statement<> forget_quota{"UPDATE content_usage SET quota_bytes = NULL WHERE user_id = ?1"};
  /// digest, line, time. No row if there is one.
  Check<Text, std::int64_t, Timestamp> begin{
      "INSERT INTO imports (user_id, digest, line, writing, aborting, started_at) VALUES (?1, ?2, ?3, 1, 0, ?4) "
      "ON CONFLICT DO NOTHING RETURNING 1"};
  /// The session of the import. No row if another session has its id.
  Check<Text> is_staged{"SELECT 1 FROM sessions WHERE user_id = ?1 AND id = ?2 AND deleted_at >= " +
                        std::to_string(hidden)};
  /// digest, line. No row if the import has ended, is at another line, or is being aborted.
  Check<Text, std::int64_t> begin_batch{
      "UPDATE imports SET writing = 1 WHERE user_id = ?1 AND digest = ?2 AND line = ?3 AND aborting = 0 RETURNING 1"};
  /// line
  Statement<std::int64_t> end_batch{"UPDATE imports SET writing = 0, line = ?2 WHERE user_id = ?1"};

  // The end, in this order.

  /// sessions and artifacts of the stream. No row if others of them are hidden.
  Check<std::int64_t, std::int64_t> is_whole{"SELECT 1 WHERE " + has_hidden("sessions", "?2 + 1") + " AND " +
                                             has_hidden("artifacts", "?3")};
  /// A parent that was there before the import can have been removed meanwhile.
  Statement<> set_parents{
      "UPDATE sessions SET parent_session_id = (SELECT n.name FROM import_numbers n WHERE n.user_id = ?1 AND n.kind = "
      "'parent' AND n.number = sessions.number AND EXISTS (SELECT 1 FROM sessions p WHERE p.user_id = ?1 AND p.id = "
      "n.name)) WHERE user_id = ?1 AND number IN (SELECT n.number FROM import_numbers "
      "n WHERE n.user_id = ?1 AND n.kind = 'parent')"};
  // The first branch of a session came with it. Where the stream has none, it has been removed there.
  Statement<> drop_first_segments{"DELETE FROM segments WHERE " + Sql::of_user("segments", "?1") +
                                  "branch_number IN (" + surplus_branches() + ")"};
  Statement<> drop_first_branches{"DELETE FROM branches WHERE user_id = ?1 AND number IN (" + surplus_branches() + ")"};
  /// Triggers remove what no session has.
  Statement<> end_branches{
      "DELETE FROM segments WHERE " + Sql::of_user("segments", "?1") +
      "branch_number = source_number AND branch_number IN (SELECT n.number FROM import_numbers n JOIN branches b ON "
      "b.number = n.number" +
      Sql::same_user("b", "n") + " WHERE n.user_id = ?1 AND n.kind = 'branch' AND b.session_number IS NULL)"};
  Statement<> drop_summaries{"DELETE FROM summaries WHERE " + Sql::of_user("summaries", "?1") + "number IN (" +
                             numbers("summary") +
                             ") AND NOT EXISTS (SELECT 1 FROM folds f WHERE f.summary_number = summaries.number" +
                             Sql::same_user("f", "summaries") + ")"};
  Statement<> forget_summaries{"DELETE FROM import_numbers WHERE user_id = ?1 AND kind = 'summary'"};
  Statement<> forget_branches{"DELETE FROM import_numbers WHERE user_id = ?1 AND kind = 'branch'"};
  /// Before contents are dropped, which become such uploads.
  Statement<> abandon_uploads{"UPDATE content_uploads SET touched_at = 0 WHERE user_id = ?1 AND number IN (" +
                              numbers("content") + ")"};
  Statement<> drop_contents{
      "DELETE FROM contents WHERE user_id = ?1 AND number IN (" + numbers("content") +
      ") AND NOT EXISTS (SELECT 1 FROM artifact_versions v WHERE v.user_id = ?1 AND v.checksum = contents.checksum)"};
  Statement<Text> release_errors{"UPDATE agent_errors SET session_id = NULL WHERE user_id = ?1 AND session_id = ?2"};
  Statement<Text> release_requests{
      "UPDATE human_requests SET session_id = NULL WHERE user_id = ?1 AND session_id = ?2"};
  Statement<Text> remove_session{"DELETE FROM sessions WHERE user_id = ?1 AND id = ?2"};
  Statement<> show_sessions{show("sessions")};
  Statement<> show_artifacts{show("artifacts")};
  Statement<> forget_numbers{"DELETE FROM import_numbers WHERE user_id = ?1"};
  Statement<> forget{"DELETE FROM imports WHERE user_id = ?1" + not_erasing()};

  // The other end.

  /// No row if there is no import.
  Check<> abort{"UPDATE imports SET aborting = 1, writing = 0 WHERE user_id = ?1" + not_erasing() + " RETURNING 1"};
  /// No row if another call has ended the abort, or an erasure has begun.
  Check<> hold_abort{"UPDATE imports SET aborting = 1 WHERE user_id = ?1 AND aborting = 1" + not_erasing() +
                     " RETURNING 1"};
  /// limit
  Statement<std::int64_t> remove_sessions{remove("sessions")};
  Statement<std::int64_t> remove_artifacts{remove("artifacts")};
  Statement<> remove_results{"DELETE FROM sql_results WHERE user_id = ?1 AND id IN (" + names("result") + ")"};
  Statement<> remove_keys{"DELETE FROM idempotency_keys WHERE user_id = ?1 AND key IN (" + names("key") + ")"};

 private:
  static std::string not_erasing() { return " AND digest <> '" + std::string(erasure_mark) + "'"; }
  static std::string lacks(const std::string& table) {
    return "NOT EXISTS (SELECT 1 FROM " + table + " WHERE user_id = ?1)";
  }
  static std::string has_hidden(const std::string& table, const std::string& count) {
    return "(SELECT count(*) FROM " + table + " WHERE user_id = ?1 AND deleted_at >= " + std::to_string(hidden) +
           ") = " + count;
  }
  static std::string numbers(const std::string& kind) {
    return "SELECT n.number FROM import_numbers n WHERE n.user_id = ?1 AND n.kind = '" + kind + "'";
  }
  static std::string surplus_branches() {
    return "SELECT s.number FROM sessions s WHERE s.user_id = ?1 AND s.deleted_at >= " + std::to_string(hidden) +
           " AND s.branch_number <> s.number AND s.number NOT IN (" + numbers("branch") + ")";
  }
  static std::string names(const std::string& kind) {
    return "SELECT n.name FROM import_numbers n WHERE n.user_id = ?1 AND n.kind = '" + kind + "'";
  }
  static std::string show(const std::string& table) {
    const std::string mark = std::to_string(hidden);
    return "UPDATE " + table + " SET deleted_at = CASE WHEN deleted_at = " + mark + " THEN NULL ELSE deleted_at - " +
           mark + " END WHERE user_id = ?1 AND deleted_at >= " + mark;
  }
  static std::string remove(const std::string& table) {
    return "DELETE FROM " + table + " WHERE user_id = ?1 AND id IN (SELECT id FROM " + table +
           " WHERE user_id = ?1 AND deleted_at >= " + std::to_string(hidden) + " LIMIT ?2)";
  }
};

}  // namespace heddle::transfer
