// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/branches.hpp"
#include "heddle/sql/statements/folds.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/sql/statements/stream_columns.hpp"
#include "heddle/sql/statements/windows.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// Which messages a statement reads: their range, order and number.
struct MessageRange {
  std::string first;
  std::string last = std::to_string(limits::sequence);
  std::string order{};
  std::string rows = "?4";
};

/// The statements for messages. A row contains the number of its session and its sequence number.
struct MessageStatements : sql::MessageStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// Parameters: user, session, expected sequence, expected branch or null. Returns the session if it ends there, and
  /// locks it until the end of the transaction. Not FOR UPDATE: two transactions with the lock of `number_of_session`
  /// would deadlock.
  Statement<std::int64_t, Text, Text, std::int64_t, std::optional<std::int64_t>> expect_end{
      "SELECT number FROM sessions " + session() +
      " AND last_sequence = ?3 AND (?4 IS NULL OR branch = ?4) FOR NO KEY UPDATE"};
  /// Parameters: user, session, distance from the session's last sequence, the message, its text.
  Statement<sql::NoRow, Text, Text, std::int64_t, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      insert{"INSERT INTO messages (user_id, branch_number, sequence, " + sql::columns<Stored>() +
             Sql::search_columns() + ") SELECT user_id, branch_number, last_sequence - ?3, " +
             sql::placeholders<Stored>(4) + Sql::search_values(4 + sql::width<Stored>()) + " FROM sessions " +
             session()};
  /// Parameters: user, session, time, the message, its text. `take_sequence` and `insert` for one message in one
  /// statement; returns the new end of the session.
  Statement<std::int64_t, Text, Text, Timestamp, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      append{
          "WITH taken AS (" +
          take("1", "?3", sql::placeholder<Stored, &Message::token_count>(4),
               sql::placeholder<Stored, &Message::cost_usd>(4)) +
          " RETURNING branch_number, branch, last_sequence) INSERT INTO messages (user_id, branch_number, sequence, " +
          sql::columns<Stored>() + Sql::search_columns() + ") SELECT ?1, branch_number, last_sequence, " +
          sql::placeholders<Stored>(4) + Sql::search_values(4 + sql::width<Stored>()) + " FROM taken RETURNING " +
          sql::session_end::packed("(SELECT branch FROM taken)", "sequence")};

  /// Parameters: user, session. Returns the number of the session, and locks the session against deletion until the end
  /// of the transaction.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions " + session() + " FOR KEY SHARE"};

  /// The statements that fork and rewind sessions, and redact messages.
  template <class Unused = void>
  struct BranchStatements : sql::BranchStatements<Sql> {
    /// Parameters: user, session, from, to, reason. Redacts the messages of a range, and what a search finds of them.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t, Text> redact{
        MessageStatements::redact("?5") +
        ", search = ''::tsvector, words = NULL FROM segments g WHERE g.user_id = ?1 AND g.branch_number = (SELECT "
        "branch_number FROM sessions " +
        MessageStatements::session() +
        ") AND m.user_id = ?1 AND m.branch_number = g.source_number AND m.sequence BETWEEN "
        "greatest(g.first_sequence, ?3) AND least(g.last_sequence, ?4)"};
    /// Parameters: user, session, from, to. Ends the streams of these messages.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t> end_streams{
        "DELETE FROM message_streams w USING segments g WHERE g.user_id = ?1 AND g.branch_number = (SELECT "
        "branch_number FROM sessions " +
        MessageStatements::session() +
        ") AND w.user_id = ?1 AND w.branch_number = g.source_number AND w.sequence BETWEEN "
        "greatest(g.first_sequence, ?3) AND least(g.last_sequence, ?4)"};
    /// Parameters: user, session, from, to. Marks the calls of tools in these messages as redacted.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t> forget_calls{
        "UPDATE tool_links l SET is_result = 2 FROM segments g WHERE g.user_id = ?1 AND g.branch_number = (SELECT "
        "branch_number "
        "FROM sessions " +
        MessageStatements::session() +
        ") AND l.user_id = ?1 AND l.branch_number = g.source_number AND l.sequence BETWEEN "
        "greatest(g.first_sequence, ?3) AND least(g.last_sequence, ?4) AND l.is_result = 0"};
  };

  /// The statements that fold messages.
  using Folds = sql::FoldStatements<Sql>;

  /// The statements that read messages: a group of their own, so that a file that only saves does not compile them.
  template <class Unused = void>
  struct ListStatements {
    /// Parameters: user, session, after this sequence, limit. The key is the session's branch.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list{
        messages_of("?2", session(), "true", after())};
    /// Parameters: user, session, after this sequence, limit. The messages of the parent that its children may see; the
    /// key is the parent's branch.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_parent{
        messages_of(parent_id(), "WHERE user_id = ?1 AND deleted_at IS NULL AND id = " + parent_id(),
                    visible_to_children(), after())};
    /// Parameters: user, agent, after this position, limit. The messages of the agent's sessions, and those of their
    /// parents that children may see. A position is the number of the session times 2^24 plus the sequence. Sorts the
    /// sessions first, so that it reads no more of them than the page needs.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
        select("s.id") + ", (s.number << " + std::to_string(sql::message_key::sequence_bits) +
        ") | m.sequence FROM (SELECT number, branch_number, id, true AS own FROM sessions WHERE " + later() +
        " AND agent_id = ?2 UNION ALL SELECT number, branch_number, id, false FROM sessions WHERE " + later() +
        " AND agent_id <> ?2 AND id IN (SELECT parent_session_id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 "
        "AND deleted_at IS NULL) ORDER BY number OFFSET 0) s CROSS JOIN LATERAL (SELECT m.*" +
        from_segments("s.branch_number", "(s.own OR " + visible_to_children() + ")",
                      {.first = "CASE s.number WHEN " + sql::message_key::number("?3") + " THEN " +
                                sql::message_key::sequence("?3") + " ELSE 0 END + 1"}) +
        ") m ORDER BY s.number, m.sequence LIMIT ?4"};
    /// Parameters: user, session, from, to, roles, limit. The messages of a window, newest first.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t> window{
        window_from(newest())};
    /// The same, and a number of tokens. Further messages down to the first that does not fit.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>
        window_of_tokens{"WITH RECURSIVE " + sql::windows::line<Sql>() + " " + window_from(sql::windows::start)};
    /// The same two with folds. A session without folds is read as above.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t> folded_window{
        window_with_folds(newest(), "?3")};
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>
        folded_window_of_tokens{"WITH RECURSIVE " +
                                sql::windows::line<Sql>(" AND NOT " + sql::windows::has_folds<Sql>("s")) + ", " +
                                sql::windows::shown<Sql>() + " " +
                                window_with_folds(sql::windows::start, std::string(sql::windows::start_of_shown))};
    /// Parameters: user, session, branch. No row if the session, or its parent, has another branch.
    Statement<std::int64_t, Text, Text, std::int64_t> same_branch{same_branch_as("?2")};
    Statement<std::int64_t, Text, Text, std::int64_t> same_branch_of_parent{same_branch_as(parent_id())};
  };

  /// The statements that search messages; for their arguments see `SearchStatement`.
  template <class Unused = void>
  struct SearchStatements {
    SearchStatement search{found()};
    SearchStatement search_in_session{found()};
  };

  using Branches = BranchStatements<>;
  using Lists = ListStatements<>;
  using Search = SearchStatements<>;

 private:
  static std::string session() { return "WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"; }
  static std::string select(const std::string& session_id) {
    return "SELECT " +
           sql::columns<Message>("m.",
                                 {sql::computed<&Message::content>(sql::streams::content<Sql>("m") + " AS content"),
                                  sql::computed<&Message::state>(sql::streams::state<Sql>("m") + " AS state"),
                                  sql::computed<&Message::session_id>(session_id + " AS session_id"),
                                  sql::computed<&Message::folded_first>("CAST(0 AS bigint)"),
                                  sql::computed<&Message::folded_last>("CAST(0 AS bigint)")}) +
           " ";
  }
  static std::string same_branch_as(const std::string& id) {
    return "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1 AND deleted_at IS NULL AND id = " +
           id + " AND branch <> ?3)";
  }
  static std::string parent_id() { return "(SELECT parent_session_id FROM sessions " + session() + ")"; }
  static MessageRange after() { return {.first = "?3 + 1"}; }
  /// The messages of the present branch of one session, with the number of the branch. If it wrote them itself, they
  /// are one range: as a subquery its branch is one number, and an index scan of the primary key returns them in order.
  /// Else they come segment by segment. One of the two parts has no rows.
  static std::string messages_of(const std::string& id, const std::string& session, const std::string& condition,
                                 const MessageRange& range) {
    const auto of_session = [&session](const std::string& column, const std::string& its) {
      return "(SELECT " + column + " FROM sessions " + session + its + ")";
    };
    const std::string columns = select(id) + ", " + of_session("branch", "");
    return "(" + columns + " FROM messages m WHERE m.user_id = ?1 AND m.branch_number = " +
           of_session("branch_number", " AND branch_first <= " + range.first) + " AND m.sequence BETWEEN " +
           range.first + " AND " + range.last + " AND " + condition + " ORDER BY m.sequence" + range.order + " LIMIT " +
           range.rows + ") UNION ALL (" + columns +
           from_segments(of_session("branch_number", " AND branch_first > " + range.first), condition, range) + ")";
  }
  /// FROM: the messages `m` of a branch, in order. Each segment is read in order, and not before it is needed.
  static std::string from_segments(const std::string& branch, const std::string& condition, const MessageRange& range) {
    return " FROM (SELECT * FROM segments g WHERE g.user_id = ?1 AND g.branch_number = " + branch +
           " AND g.first_sequence <= " + range.last + " AND g.last_sequence >= " + range.first +
           " ORDER BY g.first_sequence" + range.order +
           " OFFSET 0) g CROSS JOIN LATERAL (SELECT * FROM messages m WHERE m.user_id = ?1 "
           "AND m.branch_number = g.source_number AND m.sequence BETWEEN greatest(g.first_sequence, " +
           range.first + ") AND least(g.last_sequence, " + range.last + ") AND " + condition + " ORDER BY m.sequence" +
           range.order + " LIMIT " + range.rows + ") m ORDER BY g.first_sequence" + range.order + ", m.sequence" +
           range.order + " LIMIT " + range.rows;
  }
  /// The first sequence that a window by number can have. Sequences have no gaps, so the newest messages of all roles
  /// are known before any is read: else all segments of a forked session would be read and sorted.
  static std::string newest() {
    return "CASE ?5 WHEN " + std::to_string(sql::windows::all_roles) +
           " THEN greatest(?3, least(?4, (SELECT last_sequence FROM sessions " + session() + ")) - ?6 + 1) ELSE ?3 END";
  }
  static std::string window_from(std::string_view start, const std::string& condition = {}) {
    return messages_of("?2", session() + condition, sql::windows::has_role("?5"),
                       {.first = std::string(start), .last = "?4", .order = " DESC", .rows = "?6"});
  }
  /// One of the parts has rows: those of `window_from` for a session without folds, the last one for one with folds:
  /// each fold, and the messages behind it up to the next one.
  static std::string window_with_folds(std::string_view start, const std::string& start_of_shown) {
    return window_from(start, " AND NOT " + sql::windows::has_folds<Sql>("sessions")) + " UNION ALL (SELECT " +
           sql::windows::columns_of_shown<Sql>() + ", CAST(0 AS bigint) FROM (SELECT *, " +
           sql::windows::before_next<Sql>() + " AS end_of_gap FROM folds f WHERE " +
           sql::windows::outermost<Sql>("(SELECT branch_number FROM sessions " + session() + ")", start_of_shown) +
           " ORDER BY f.last_sequence DESC OFFSET 0) f CROSS JOIN LATERAL (SELECT m.*" +
           from_segments("f.branch_number", sql::windows::is_shown<Sql>(),
                         {.first = "greatest(f.last_sequence, " + start_of_shown + ")",
                          .last = "least(f.end_of_gap, ?4)",
                          .order = " DESC",
                          .rows = "?6"}) +
           ") m LEFT JOIN summaries u ON u.user_id = ?1 AND u.number = f.summary_number AND m.sequence = "
           "f.last_sequence ORDER BY f.last_sequence DESC, m.sequence DESC LIMIT ?6)";
  }
  static std::string later() {
    return "user_id = ?1 AND deleted_at IS NULL AND number >= " + sql::message_key::number("?3");
  }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // The function filters by the tenant. It returns the keys of a page of matches, so no other message is read:
  // postgres_search.md says why in these words.
  static std::string found() {
    return select("found.session_id") +
           ", found.score, found.more FROM heddle_find_messages(?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) WITH "
           "ORDINALITY found (branch_number, sequence, session_id, score, more, place) CROSS JOIN LATERAL (SELECT * "
           "FROM messages WHERE user_id = ?1 AND branch_number = found.branch_number AND sequence = found.sequence "
           "OFFSET 0) m ORDER BY found.place";
  }
};

}  // namespace heddle::postgres
