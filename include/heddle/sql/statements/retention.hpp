// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements that remove what a RetentionConfig does not keep, tenant by tenant, in batches. Each begins with the
/// oldest rows, and looks again at what it has locked: a row that a concurrent call has just changed stays.
template <class Sql>
struct RetentionStatements {
  using Text = std::string_view;

  /// Parameters: after this user, limit. Users that have rows of a table, in order. It looks each of them up in an
  /// index, and reads no other rows.
  using Tenants = Statement<std::string, Text, std::int64_t>;
  /// Parameters: user, now, an age in microseconds or a number to keep, limit.
  template <class Row>
  using Old = Statement<Row, Text, Timestamp, std::int64_t, std::int64_t>;
  /// The removal of one type of record: of those that are older than an age, and of those beyond a number.
  template <class Row = NoRow>
  struct Removal {
    Tenants tenants;
    Old<Row> by_age;
    Old<Row> by_count;
  };

  Removal<OwnedId> sessions{{tenants("sessions")},
                            {delete_old(sessions_table(), older(sessions_table()), ids())},
                            {delete_old(sessions_table(), surplus(sessions_table()), ids())}};
  Removal<> snapshots = removal({"memory_snapshots", "created_at", "id", Sql::visible("memory_snapshots")});
  Removal<> errors = removal({"agent_errors", "timestamp", "id", Sql::visible("agent_errors")});
  Removal<RemovedArtifact> artifacts{
      {tenants("artifacts")},
      {delete_old(artifacts_table(), older(artifacts_table()) + " AND updated_at < " + limit(), paths())},
      {delete_old(artifacts_table(), surplus(artifacts_table()), paths())}};
  Removal<> results = removal({"sql_results", "stored_at", "id", {}});
  /// Those whose time is over must have been settled before.
  Removal<> requests =
      removal({"human_requests", "created_at", "id", " AND status <> 'pending'" + Sql::visible("human_requests")});
  Removal<> keys = removal({"idempotency_keys", "created_at", "key", {}});

  // Hidden branches: they are marked first, by a time that no call gives, as all that follows must mean the same ones.
  // The session is locked against a call that makes one of them the present branch.
  Removal<> mark_branches{{tenants("branches", " AND " + hidden("t"))},
                          {mark("b.hidden_at < " + limit())},
                          {mark("(b.hidden_at, b.number) <= (SELECT n.hidden_at, n.number FROM branches n WHERE "
                                "n.user_id = ?1 AND " +
                                hidden("n") + " ORDER BY n.hidden_at DESC, n.number DESC LIMIT 1 OFFSET ?3)")}};
  /// Parameter: user. Removes the segments of the marked branches, and so the messages that no other segment has.
  Statement<NoRow, Text> remove_segments{"DELETE FROM segments WHERE " + Sql::of_user("segments", "?1") +
                                         "branch_number IN (SELECT m.number FROM branches m WHERE " + marked("m") +
                                         ")"};
  /// Parameter: user. Removes the marked branches with whose messages no segment is left.
  Statement<NoRow, Text> remove_branches{"DELETE FROM branches WHERE " + marked("branches") +
                                         " AND NOT EXISTS (SELECT 1 FROM segments g WHERE " + Sql::of_user("g", "?1") +
                                         "g.source_number = branches.number)"};
  /// Parameter: user. The other ones no longer belong to a session, as those of a deleted one.
  Statement<NoRow, Text> release_branches{"UPDATE branches SET session_number = NULL WHERE " + marked("branches")};

 protected:
  /// A table with the times by which rows are old, and what separates rows of one time. The condition says which rows
  /// count at all.
  struct Table {
    std::string name;
    std::string time;
    std::string id;
    std::string condition;
  };
  static Table sessions_table() { return {"sessions", "updated_at", "id", Sql::shown("sessions")}; }

  /// Which of its rows are old: a condition.
  static std::string older(const Table& table) {
    return table.time + " < " + limit() + (is_sessions(table) ? Sql::updated_before(limit()) : "");
  }
  static std::string surplus(const Table& table) {
    const std::string columns = table.time + ", " + table.id;
    return "(" + columns + ") <= (SELECT " + columns + " FROM " + table.name + " WHERE user_id = ?1" + table.condition +
           " ORDER BY " +
           (is_sessions(table) ? Sql::last_updated_first() : table.time + " DESC, " + table.id + " DESC") +
           " LIMIT 1 OFFSET ?3)";
  }
  /// A query for the ids of such rows, the oldest first.
  static std::string select_old(const Table& table, const std::string& which) {
    return "SELECT " + table.id + " FROM " + table.name + " WHERE user_id = ?1" + table.condition + " AND " + which +
           " ORDER BY " + (is_sessions(table) ? Sql::first_updated_first() : table.time + ", " + table.id) +
           " LIMIT ?4";
  }

  /// True for the marked branches of the user.
  static std::string marked(const std::string& table) {
    return table + ".user_id = ?1 AND " + table + ".hidden_at = 0 AND " + table + ".session_number IS NOT NULL";
  }

 private:
  static Table artifacts_table() {
    return {"artifacts", "created_at", "id", " AND deleted_at IS NULL" + Sql::visible("artifacts")};
  }
  static std::string ids() { return " RETURNING user_id, id"; }
  static std::string paths() { return " RETURNING user_id, path"; }
  /// The index of sessions has their times in another form.
  static bool is_sessions(const Table& table) { return table.name == "sessions"; }

  /// The time before which a row is too old.
  static std::string limit() { return "(" + Sql::present("?2") + " - ?3)"; }

  static std::string tenants(const std::string& table, const std::string& condition = {}) {
    return "WITH RECURSIVE owners (user_id) AS (SELECT min(t.user_id) FROM " + table + " t WHERE t.user_id > ?1" +
           condition + " UNION ALL SELECT (SELECT min(t.user_id) FROM " + table +
           " t WHERE t.user_id > owners.user_id" + condition +
           ") FROM owners WHERE owners.user_id IS NOT NULL) SELECT user_id FROM owners WHERE user_id IS NOT NULL "
           "LIMIT ?2";
  }
  // The ids are a table of their own: a plan that asks for them again would delete more than the limit.
  static std::string delete_old(const Table& table, const std::string& which, const std::string& returning = {}) {
    return "WITH old AS MATERIALIZED (" + select_old(table, which) + Sql::skip_held() + ") DELETE FROM " + table.name +
           " WHERE user_id = ?1 AND " + table.id + " IN (SELECT " + table.id + " FROM old)" + returning;
  }
  static Removal<> removal(const Table& table) {
    return {{tenants(table.name)}, {delete_old(table, older(table))}, {delete_old(table, surplus(table))}};
  }

  static std::string hidden(const std::string& table) {
    return table + ".hidden_at IS NOT NULL AND " + table + ".session_number IS NOT NULL";
  }
  static std::string mark(const std::string& which) {
    return "WITH old AS MATERIALIZED (SELECT b.number FROM branches b JOIN sessions s ON s.user_id = b.user_id AND "
           "s.number = b.session_number WHERE b.user_id = ?1 AND s.user_id = ?1 AND " +
           hidden("b") + " AND " + which +
           " AND s.branch_number <> b.number AND b.branch < (SELECT max(o.branch) FROM branches o WHERE o.user_id = ?1 "
           "AND o.session_number = b.session_number)" +
           Sql::shown("s") + " ORDER BY b.hidden_at, b.number LIMIT ?4" + Sql::skip_held("s") +
           ") UPDATE branches SET hidden_at = 0 WHERE user_id = ?1 AND hidden_at IS NOT NULL AND number IN (SELECT "
           "number FROM old)";
  }
};

}  // namespace heddle::sql
