// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/content_rows.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/retention_rows.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements that remove what a RetentionConfig does not keep, tenant by tenant. First one finds which rows of a
/// tenant are old, by reading only; then others remove these in batches, the oldest first. Those look again at what
/// they have locked: a row that a concurrent call has just changed stays. They leave a tenant alone that is being
/// imported or erased.
template <class Sql>
struct RetentionStatements {
  using Text = std::string_view;

  /// Parameters: after this user, limit. Users that have rows of a table, in order. It looks each of them up in an
  /// index, and reads no other rows.
  using Tenants = Statement<std::string, Text, std::int64_t>;
  /// Parameters: user, now, an age in microseconds or a number to keep. No row: nothing is old.
  template <class Bound>
  using Find = Statement<Bound, Text, Timestamp, std::int64_t>;
  /// Parameters: user, the members of a bound, limit.
  template <class Row>
  using Old = Statement<Row, Text, Fields<OldRecords>, std::int64_t>;
  /// The removal of one type of record: of those that are older than an age, and of those beyond a number.
  template <class Row = NoRow>
  struct Removal {
    using Bound = OldRecords;
    Tenants tenants;
    Find<Bound> by_age;
    Find<Bound> by_count;
    Old<Row> remove;
  };
  struct Marking {
    using Bound = OldBranches;
    Tenants tenants;
    Find<Bound> by_age;
    Find<Bound> by_count;
    Statement<NoRow, Text, Fields<OldBranches>, std::int64_t> mark;
  };

  Removal<OwnedId> sessions = removal<OwnedId>(sessions_table(), " RETURNING user_id, id");
  Removal<> snapshots = removal<>({"memory_snapshots", "created_at", "id", Sql::visible("memory_snapshots")});
  Removal<> errors = removal<>({"agent_errors", "timestamp", "id", Sql::visible("agent_errors")});
  /// They are old if they were not changed either.
  Removal<RemovedArtifact> artifacts = removal<RemovedArtifact>(
      {"artifacts", "created_at", "id", " AND deleted_at IS NULL" + Sql::visible("artifacts"), "updated_at"},
      " RETURNING user_id, path");
  Removal<> results = removal<>({"sql_results", "stored_at", "id", {}});
  /// Those whose time is over must have been settled before.
  Removal<> requests =
      removal<>({"human_requests", "created_at", "id", " AND status <> 'pending'" + Sql::visible("human_requests")});
  Removal<> keys = removal<>({"idempotency_keys", "created_at", "key", {}});

  // Hidden branches: they are marked first, by a time that no call gives, as all that follows must mean the same ones.
  // The session is locked against a call that makes one of them the present branch.
  Marking branches{{tenants("branches", " AND " + hidden("t"))},
                   {find_branches(limit(), "b.hidden_at < " + limit(), "")},
                   {find_branches(std::to_string(end), "b.hidden_at IS NOT NULL", " OFFSET ?3")},
                   {mark()}};
  /// Parameter: user. Removes the segments of the marked branches, and so the messages that no other segment has.
  Statement<NoRow, Text> remove_segments{"DELETE FROM segments WHERE " + Sql::of_user("segments", "?1") +
                                         "branch_number IN (SELECT m.number FROM branches m WHERE " + marked("m") +
                                         ")"};
  /// Parameter: user. Removes the marked branches with whose messages no segment is left.
  Statement<NoRow, Text> remove_branches{"DELETE FROM branches WHERE " + marked("branches") +
                                         " AND NOT EXISTS (SELECT 1 FROM segments g WHERE " + Sql::of_user("g", "?1") +
                                         "g.source_number = branches.number)"};
  /// Parameter: user. The other ones no longer belong to a session, as those of a deleted one. A stream of the tenant
  /// has their times, so they get one that it may have.
  Statement<NoRow, Text> release_branches{"UPDATE branches SET session_number = NULL, hidden_at = 0 WHERE " +
                                          marked("branches")};

 protected:
  /// A table with the times by which rows are old, and what separates rows of one time. The condition says which rows
  /// count at all.
  struct Table {
    std::string name;
    std::string time;
    std::string id;
    std::string condition;
    std::string change{};  ///< the time of the last change, if it is another one
  };
  static Table sessions_table() { return {"sessions", "updated_at", "id", Sql::shown("sessions")}; }

  /// A query for the ids of old rows, the oldest first. Of sessions no more than have some thousand messages together,
  /// but at least one.
  static std::string select_old(const Table& table) {
    const std::string columns = table.time + ", " + table.id;
    const std::string query = from(table) + " AND (" + columns + ") <= (?2, ?3)" +
                              (is_sessions(table) ? Sql::updated_before("?2") : "") + " AND " +
                              (table.change.empty() ? table.time : table.change) + " < ?4 ORDER BY " +
                              (is_sessions(table) ? Sql::first_updated_first() : columns) + " LIMIT ?5";
    if (!is_sessions(table)) { return "SELECT " + table.id + query + Sql::skip_held(); }
    return "SELECT h.id FROM (SELECT f.id, f.last_sequence, sum(f.last_sequence) OVER (ORDER BY f.updated_at, f.id) AS "
           "messages FROM (SELECT id, updated_at, last_sequence" +
           query + Sql::skip_held() + ") f) h WHERE h.messages <= " + std::to_string(messages_at_once) +
           " OR h.messages = h.last_sequence";
  }

  /// True for the marked branches of the user.
  static std::string marked(const std::string& table) {
    return table + ".user_id = ?1 AND " + table + ".hidden_at = " + mark_of_branches() + " AND " + table +
           ".session_number IS NOT NULL";
  }

 private:
  /// After all times.
  static constexpr std::int64_t end = std::numeric_limits<std::int64_t>::max();
  static constexpr int messages_at_once = 5000;

  /// The index of sessions has their times in another form.
  static bool is_sessions(const Table& table) { return table.name == "sessions"; }
  /// A time before all others.
  static std::string mark_of_branches() { return "-9000000000000000000"; }

  /// The time before which a row is too old.
  static std::string limit() { return "(" + Sql::present("?2") + " - ?3)"; }
  static std::string served(const std::string& user) {
    return "NOT EXISTS (SELECT 1 FROM imports i WHERE i.user_id = " + user + ")";
  }
  static std::string from(const Table& table) {
    return " FROM " + table.name + " WHERE user_id = ?1" + table.condition + " AND " + served("?1");
  }

  static std::string tenants(const std::string& table, const std::string& condition = {}) {
    return "WITH RECURSIVE owners (user_id) AS (SELECT min(t.user_id) FROM " + table + " t WHERE t.user_id > ?1" +
           condition + " UNION ALL SELECT (SELECT min(t.user_id) FROM " + table +
           " t WHERE t.user_id > owners.user_id" + condition +
           ") FROM owners WHERE owners.user_id IS NOT NULL) SELECT user_id FROM owners WHERE user_id IS NOT NULL "
           "LIMIT ?2";
  }
  /// Finds the newest row that is old. `before` is a time before which such rows were changed.
  static std::string find(const Table& table, const std::string& before, const std::string& condition,
                          const std::string& offset) {
    return "SELECT " + table.time + ", " + table.id + ", " + before + from(table) + condition + " ORDER BY " +
           (is_sessions(table) ? Sql::last_updated_first() : table.time + " DESC, " + table.id + " DESC") + " LIMIT 1" +
           offset;
  }
  // The ids are a table of their own: a plan that asks for them again would delete more than the limit.
  template <class Row = NoRow>
  static Removal<Row> removal(const Table& table, const std::string& returning = {}) {
    const std::string too_old = " AND " + table.time + " < " + limit() +
                                (is_sessions(table) ? Sql::updated_before(limit()) : "") +
                                (table.change.empty() ? "" : " AND " + table.change + " < " + limit());
    return {{tenants(table.name)},
            {find(table, limit(), too_old, "")},
            {find(table, std::to_string(end), "", " OFFSET ?3")},
            {"WITH old AS MATERIALIZED (" + select_old(table) + ") DELETE FROM " + table.name +
             " WHERE user_id = ?1 AND " + table.id + " IN (SELECT " + table.id + " FROM old)" + returning}};
  }

  static std::string hidden(const std::string& table) {
    return table + ".hidden_at IS NOT NULL AND " + table + ".session_number IS NOT NULL";
  }
  /// FROM with the hidden branches `b` of shown sessions.
  static std::string from_branches() {
    return " FROM branches b JOIN sessions s ON s.user_id = b.user_id AND s.number = b.session_number WHERE "
           "b.user_id = ?1 AND s.user_id = ?1 AND " +
           hidden("b") + Sql::shown("s") + " AND " + served("?1");
  }
  static std::string find_branches(const std::string& before, const std::string& condition, const std::string& offset) {
    return "SELECT b.hidden_at, b.number, " + before + from_branches() + " AND " + condition +
           " ORDER BY b.hidden_at DESC, b.number DESC LIMIT 1" + offset;
  }
  static std::string mark() {
    return "WITH old AS MATERIALIZED (SELECT b.number" + from_branches() +
           " AND (b.hidden_at, b.number) <= (?2, ?3) AND b.hidden_at < ?4 AND s.branch_number <> b.number AND b.branch "
           "< (SELECT max(o.branch) FROM branches o WHERE o.user_id = ?1 AND o.session_number = b.session_number) "
           "ORDER BY b.hidden_at, b.number LIMIT ?5" +
           Sql::skip_held("s") + ") UPDATE branches SET hidden_at = " + mark_of_branches() +
           " WHERE user_id = ?1 AND hidden_at IS NOT NULL AND number IN (SELECT number FROM old)";
  }
};

}  // namespace heddle::sql
