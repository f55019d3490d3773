// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/transfer/marks.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::erasure {

/// A session, and about how many messages it has.
struct SessionSize {
  std::string id{};
  std::int64_t last_sequence = 0;
};

}  // namespace heddle::erasure

HEDDLE_ADAPT_STRUCT(heddle::erasure::SessionSize, id, last_sequence);

namespace heddle::erasure {

/// How to remove rows of one table: what adds them to the counts of the erasure, and what removes them.
template <class... Arguments>
struct Removal {
  sql::Statement<sql::NoRow, std::string_view, Arguments...> count;
  sql::Statement<sql::NoRow, std::string_view, Arguments...> remove;
};

/// `size` rows of a table of a user at once: parameters: user, size.
struct TableRemoval {
  Removal<std::int64_t> rows;
  std::int64_t size;
};

/// What some branches have written, in this order: parameters: user, which branches, size.
template <class... Branches>
struct MessageRemoval {
  Removal<Branches..., std::int64_t> chunks;
  Removal<Branches..., std::int64_t> streams;
  Removal<Branches..., std::int64_t> links;
  Removal<Branches..., std::int64_t> messages;
};

/// The statements that remove the rows of a user, and count them before. The first parameter is the user.
template <class Sql>
struct RemovalStatements {
  template <class... Arguments>
  using Statement = sql::Statement<sql::NoRow, std::string_view, Arguments...>;
  using Text = std::string_view;

  static constexpr std::int64_t rows_at_once = 1000;
  /// Of rows with up to a MiB, or more.
  static constexpr std::int64_t blobs_at_once = 16;

  /// size, an id: hides rows behind this id that are not hidden yet, the first ones; their ids, in any order.
  std::array<sql::Statement<std::string, Text, std::int64_t, Text>, 2> hide{
      {{hide_rows("sessions")}, {hide_rows("artifacts")}}};

  /// What an import that has not ended has noted of summaries, and those that have no folds yet.
  std::array<Statement<>, 2> count_unused_summaries{
      add("summaries", "SELECT count(*) AS n FROM summaries u WHERE " + Sql::of_user("u", "?1") +
                           "u.number IN (SELECT i.number FROM import_numbers i WHERE i.user_id = ?1 AND i.kind = "
                           "'summary') AND NOT EXISTS (SELECT 1 FROM folds f WHERE f.summary_number = u.number" +
                           Sql::same_user("f", "u") + ")"),
      add("import_numbers", "SELECT count(*) AS n FROM import_numbers WHERE user_id = ?1 AND kind = 'summary'")};
  /// In this order: nothing of a later one goes with an earlier one. Of executions, SQLite 3.40 would compare the rowid
  /// twice in its index, and find none.
  std::array<TableRemoval, 8> records{table("memory_snapshots", "id"),
                                      table("tool_executions", "session_id, +number"),
                                      table("usage_by_day", "session_id, model, day"),
                                      table("agent_errors", "id"),
                                      table("human_requests", "id"),
                                      table("sql_result_images", "id", blobs_at_once),
                                      table("sql_results", "id"),
                                      table("content_uploads", "number")};
  /// size: contents with the versions that have them.
  Statement<std::int64_t> count_versions{
      add("artifact_versions",
          "SELECT count(*) AS n FROM artifact_versions WHERE user_id = ?1 AND checksum IN (" + contents() + ")")};
  Removal<std::int64_t> contents_first{
      {add("contents", "SELECT count(*) AS n FROM (" + contents() + ") r")},
      {"DELETE FROM contents WHERE user_id = ?1 AND checksum IN (" + contents() + ")"}};
  /// What the removal of contents has made.
  Statement<> forget_uploads{"DELETE FROM content_uploads WHERE user_id = ?1"};
  /// Chunks behind the contents, so that no read takes a content without them for damaged.
  std::array<TableRemoval, 5> last_records{table("content_chunks", "number, position", blobs_at_once),
                                           table("artifacts", "id"), table("content_usage", "user_id"),
                                           table("idempotency_keys", "key"), table("import_numbers", "kind, place")};

  /// size: the first sessions.
  sql::Statement<SessionSize, Text, std::int64_t> sessions{"SELECT " + sql::columns<SessionSize>() +
                                                           " FROM sessions WHERE user_id = ?1 ORDER BY id LIMIT ?2"};

  /// All messages of all branches from which the sessions from one id to another have some: other sessions that share
  /// them are erased, too.
  MessageRemoval<Text, Text> messages = written<Text, Text>(sources(), "?4");

  /// The sessions, once their messages are gone. Triggers remove the rest: first id, last id.
  std::array<Statement<Text, Text>, 5> count_sessions{
      add<Text, Text>("segments", "SELECT count(*) AS n FROM segments g WHERE " + Sql::of_user("g", "?1") +
                                      "g.branch_number IN (" + branches() + ")"),
      // Also what ends with the last session that has some of its messages; not what another session has still.
      add<Text, Text>("branches", "SELECT count(*) AS n FROM branches b WHERE b.user_id = ?1 AND b.number IN (" +
                                      branches() + " UNION " + sources() +
                                      ") AND (b.session_number IS NULL OR b.session_number IN (" +
                                      "SELECT s.number FROM sessions s WHERE " + range() +
                                      ")) AND NOT EXISTS (SELECT 1 FROM segments g WHERE " + Sql::of_user("g", "?1") +
                                      "g.source_number = b.number AND g.branch_number NOT IN (" + branches() + "))"),
      add<Text, Text>("summaries", "SELECT count(DISTINCT f.summary_number) AS n FROM folds f WHERE " +
                                       Sql::of_user("f", "?1") + "f.branch_number IN (" + branches() +
                                       ") AND NOT EXISTS (SELECT 1 FROM folds o WHERE " + Sql::of_user("o", "?1") +
                                       "o.summary_number = f.summary_number AND o.branch_number NOT IN (" + branches() +
                                       "))"),
      add<Text, Text>("folds", "SELECT count(*) AS n FROM folds f WHERE " + Sql::of_user("f", "?1") +
                                   "f.branch_number IN (" + branches() + ")"),
      add<Text, Text>("sessions", "SELECT count(*) AS n FROM sessions s WHERE " + range())};
  Statement<Text, Text> remove_sessions{"DELETE FROM sessions AS s WHERE " + range()};

  // Branches that no session has or shares, such as of an import that has not ended.

  /// A row if there is one. SQLite looks at all branches.
  sql::Statement<std::int64_t, Text> has_branches{"SELECT 1 FROM branches WHERE user_id = ?1 LIMIT 1"};
  MessageRemoval<> messages_of_branches = written<>(branches_left(), "?2");
  std::array<Statement<>, 2> count_branches{
      add("segments", "SELECT count(*) AS n FROM segments g WHERE " + Sql::of_user("g", "?1") + "g.branch_number IN (" +
                          branches_left() + ")"),
      add("branches", "SELECT count(*) AS n FROM branches b WHERE b.user_id = ?1 AND b.session_number IS NULL")};
  /// Triggers remove branches with their last segment.
  Statement<> remove_segments{"DELETE FROM segments WHERE " + Sql::of_user("segments", "?1") + "branch_number IN (" +
                              branches_left() + ")"};
  Statement<> remove_branches{"DELETE FROM branches WHERE user_id = ?1 AND session_number IS NULL"};

 private:
  /// Adds the number that a query returns to the count of a table.
  template <class... Arguments>
  static Statement<Arguments...> add(const std::string& name, const std::string& query) {
    return {"INSERT INTO erasure_counts (user_id, name, removed) SELECT ?1, '" + name + "', q.n FROM (" + query +
            ") q WHERE q.n > 0 ON CONFLICT (user_id, name) DO UPDATE SET removed = erasure_counts.removed + "
            "excluded.removed"};
  }
  static std::string hide_rows(const std::string& table) {
    const std::string mark = std::to_string(transfer::hidden);
    const std::string shown = " WHERE user_id = ?1 AND id > ?3 AND (deleted_at IS NULL OR deleted_at < " + mark + ")";
    return "UPDATE " + table + " SET deleted_at = " + mark + " + coalesce(deleted_at, 0)" + shown +
           " AND id <= (SELECT max(p.id) FROM (SELECT id FROM " + table + shown +
           " ORDER BY id LIMIT ?2) p) RETURNING id";
  }
  static TableRemoval table(const std::string& name, const std::string& key, std::int64_t size = rows_at_once) {
    const std::string from = " FROM " + name + " WHERE user_id = ?1";
    return {{{add(name, "SELECT count(*) AS n FROM (SELECT 1" + from + " LIMIT ?2) r")},
             {"DELETE" + from + " AND (" + key + ") IN (SELECT " + key + from + " LIMIT ?2)"}},
            size};
  }
  static std::string contents() {
    return "SELECT checksum FROM contents WHERE user_id = ?1 ORDER BY checksum LIMIT ?2";
  }

  static std::string range() { return "s.user_id = ?1 AND s.id BETWEEN ?2 AND ?3"; }
  static std::string from_branches() {
    return " FROM sessions s JOIN branches b ON b.session_number = s.number" + Sql::same_user("b", "s");
  }
  static std::string branches() { return "SELECT b.number" + from_branches() + " WHERE " + range(); }
  /// The branches that have written messages of the sessions.
  static std::string sources() {
    return "SELECT g.source_number" + from_branches() + " JOIN segments g ON g.branch_number = b.number" +
           Sql::same_user("g", "b") + " WHERE " + range();
  }
  static std::string branches_left() {
    return "SELECT b.number AS source_number FROM branches b WHERE b.user_id = ?1 AND b.session_number IS NULL";
  }

  /// `branches` is a query for their numbers, `size` a parameter.
  template <class... Branches>
  static MessageRemoval<Branches...> written(const std::string& branches, const std::string& size) {
    const auto from = [&](const std::string& table) {
      return " FROM (SELECT DISTINCT o.source_number FROM (" + branches + ") o) o" + Sql::nested_join() + table +
             " m ON " + Sql::keys_between("m", "o.source_number", "0", std::to_string(limits::sequence));
    };
    const auto lacks = [&](const std::string& table) { return " AND NOT EXISTS (SELECT 1" + from(table) + ")"; };
    const auto removal = [&](const std::string& table, const std::string& rest, const std::string& condition) {
      const std::string rows = from(table) + " WHERE true" + condition + " LIMIT " + size;
      const auto key = [&rest](const std::string& name) {
        return Sql::key_of(name) + (rest.empty() ? "" : ", " + name + "." + rest);
      };
      return Removal<Branches..., std::int64_t>{{add(table, "SELECT count(*) AS n FROM (SELECT 1" + rows + ") r")},
                                                {"DELETE FROM " + table + " WHERE " + Sql::of_user(table, "?1") + "(" +
                                                 key(table) + ") IN (SELECT " + key("m") + rows + ")"}};
    };
    return {removal("message_chunks", "start", ""), removal("message_streams", "", lacks("message_chunks")),
            removal("tool_links", "position", ""),
            removal("messages", "", lacks("message_streams") + lacks("tool_links"))};
  }
};

}  // namespace heddle::erasure
