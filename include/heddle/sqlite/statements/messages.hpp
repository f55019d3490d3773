// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/branches.hpp"
#include "heddle/sql/statements/folds.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/sql/statements/stream_columns.hpp"
#include "heddle/sql/statements/windows.hpp"
#include "heddle/sqlite/statements/indexing.hpp"
#include "heddle/sqlite/statements/message_search.hpp"
#include "heddle/sqlite/statements/sql.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace heddle::sqlite {

/// The statements on messages; for keys see sql/message_key.hpp. Comments name the arguments.
struct MessageStatements : sql::MessageStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// user, session, expected sequence, expected branch or null: finds the session if it ends there. In a transaction
  /// that writes it cannot change afterwards.
  Statement<std::int64_t, Text, Text, std::int64_t, std::optional<std::int64_t>> expect_end{
      "SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2 AND last_sequence = ?3 "
      "AND (?4 IS NULL OR branch = ?4)"};
  /// user, session, distance from the last reserved sequence, the message.
  Statement<sql::NoRow, Text, Text, std::int64_t, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      insert{"INSERT INTO messages (key, " + sql::columns<Stored>() + ") SELECT " +
             sql::message_key::base("branch_number") + " + last_sequence - ?3, " + sql::placeholders<Stored>(4) +
             " FROM sessions WHERE user_id = ?1 AND id = ?2"};
  /// user: queues the message that was just inserted for the full-text index. Not a trigger, which would cost twice
  /// as much and more: SQLite keeps what a statement with triggers changes until its end, to undo it.
  Statement<sql::NoRow, Text> queue{"INSERT INTO search_queue (user_id, key) VALUES (?1, last_insert_rowid())"};

  /// user, session: the number of the session.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2" +
                                                        Sql::shown("sessions")};

  /// The statements that fork and rewind sessions, and redact messages.
  template <class Unused = void>
  struct BranchStatements : sql::BranchStatements<Sql> {
    /// user, session, from, to, reason: redacts the messages of a range. A trigger changes what is searched.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t, Text> redact{
        MessageStatements::redact("?5") +
        " WHERE m.key IN (SELECT m.key FROM sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number "
        "CROSS JOIN messages m ON m.key BETWEEN " +
        key("max(g.first_sequence, ?3)") + " AND " + key("min(g.last_sequence, ?4)") +
        " WHERE s.user_id = ?1 AND s.id = ?2)"};
    /// user, session, from, to: ends the streams of these messages.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t> end_streams{
        "DELETE FROM message_streams WHERE key IN (SELECT w.key FROM sessions s CROSS JOIN segments g ON "
        "g.branch_number = s.branch_number CROSS JOIN message_streams w ON w.key BETWEEN " +
        key("max(g.first_sequence, ?3)") + " AND " + key("min(g.last_sequence, ?4)") +
        " WHERE s.user_id = ?1 AND s.id = ?2)"};
    /// user, session, from, to: marks the calls of tools in these messages as redacted.
    Statement<sql::NoRow, Text, Text, std::int64_t, std::int64_t> forget_calls{
        "UPDATE tool_links SET is_result = 2 WHERE is_result = 0 AND key IN (SELECT l.key FROM sessions s CROSS JOIN "
        "segments g ON "
        "g.branch_number = s.branch_number CROSS JOIN tool_links l ON l.key BETWEEN " +
        key("max(g.first_sequence, ?3)") + " AND " + key("min(g.last_sequence, ?4)") +
        " WHERE s.user_id = ?1 AND s.id = ?2)"};
  };

  /// The statements on open calls of tools.
  template <class Unused = void>
  struct ToolCallStatements : sql::ToolCallStatements<Sql> {
    /// user, session: queues the messages that close them, before the end of the session is moved behind these.
    Statement<sql::NoRow, Text, Text> queue{
        "INSERT INTO search_queue (user_id, key) SELECT s.user_id, m.key FROM sessions s CROSS JOIN messages m ON " +
        sql::ToolCallStatements<Sql>::behind_end("s") + " WHERE " + session()};
  };

  /// The statements that fold messages.
  using Folds = sql::FoldStatements<Sql>;

  /// The statements that read messages: a group of their own, so that a file that only saves does not compile them.
  template <class Unused = void>
  struct ListStatements {
    /// user, session, after this sequence, limit; the key is the session's branch.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list{
        select() + ", s.branch FROM sessions s " + messages_of("s", "?3") + "WHERE " + session() +
        " ORDER BY g.first_sequence, m.key LIMIT ?4"};
    /// user, session, after this sequence, limit: the messages of the session's parent that its children can see; the
    /// key is the parent's branch.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_parent{
        select("p.id") +
        ", p.branch FROM sessions s JOIN sessions p ON p.user_id = s.user_id AND p.id = s.parent_session_id" +
        Sql::shown("p") + " " + messages_of("p", "?3") + "WHERE " + session() + " AND " + visible_to_children() +
        " ORDER BY g.first_sequence, m.key LIMIT ?4"};
    /// user, agent, after this position, limit: the messages of the agent's own sessions, and those of their parents
    /// that children can see. A position is the number of the session times 2^24 plus the sequence.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
        select("found.session_id") + ", found.position FROM (SELECT m.key AS key, " + position() + from_sessions() +
        "WHERE s.user_id = ?1 AND s.agent_id = ?2" + later() + " UNION ALL SELECT m.key, " + position() +
        from_sessions() +
        "WHERE s.user_id = ?1 AND s.agent_id <> ?2 AND s.id IN (SELECT parent_session_id FROM sessions "
        "WHERE user_id = ?1 AND agent_id = ?2" +
        Sql::shown("sessions") + ") AND " + visible_to_children() + later() + " ORDER BY position LIMIT ?4)" +
        messages_of_found()};
    /// user: no row if a search reads few texts of messages that wait for the index.
    Statement<std::int64_t, Text> many_queued{std::string(sqlite::many_queued)};
    /// user, session, from, to, roles, limit: the messages of a window, newest first.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t> window{window_from("?3")};
    /// The same, and a number of tokens: further messages down to the first that does not fit.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>
        window_of_tokens{"WITH RECURSIVE " + sql::windows::line<Sql>() + " " + window_from(start())};
    /// The same two of a session with folds, and of one without; no rows for the other kind. As one statement, the rows
    /// of all sessions would be copied once more.
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t> folded_window{
        folded_window_from("?3")};
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>
        folded_window_of_tokens{"WITH RECURSIVE " + sql::windows::shown<Sql>() + " " +
                                folded_window_from(std::string(sql::windows::start_of_shown))};
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t> unfolded_window{
        window_from("?3", without_folds())};
    Statement<Message, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t>
        unfolded_window_of_tokens{"WITH RECURSIVE " + sql::windows::line<Sql>(without_folds()) + " " +
                                  window_from(start(), without_folds())};
    /// user, session, branch: no row if the session, or its parent, has another branch.
    Statement<std::int64_t, Text, Text, std::int64_t> same_branch{same_branch_as("?2")};
    Statement<std::int64_t, Text, Text, std::int64_t> same_branch_of_parent{
        same_branch_as("(SELECT s.parent_session_id FROM sessions s WHERE " + session() + ")")};
  };

  using Branches = BranchStatements<>;
  using ToolCalls = ToolCallStatements<>;
  using Lists = ListStatements<>;
  using Search = SearchStatements<MessageStatements>;

 private:
  friend Search;

  /// The session `s` of an id.
  static std::string session(const std::string& id = "?2") {
    return "s.user_id = ?1 AND s.id = " + id + Sql::shown("s");
  }
  /// The sessions `s` that a page of an agent's messages can have.
  static std::string later() { return " AND s.number >= " + sql::message_key::number("?3") + Sql::shown("s"); }
  static std::string start() { return std::string(sql::windows::start); }
  static std::string without_folds() { return " AND NOT " + sql::windows::has_folds<Sql>("s"); }
  /// Each fold, and the messages behind it up to the next one.
  static std::string folded_window_from(const std::string& start) {
    const std::string first = "max(f.last_sequence, " + start + ")";
    const std::string last = "min(" + sql::windows::before_next<Sql>() + ", ?4)";
    return "SELECT " + sql::windows::columns_of_shown<Sql>() + " FROM sessions s CROSS JOIN folds f ON " +
           sql::windows::outermost<Sql>("s.branch_number", start) +
           " CROSS JOIN segments g ON g.branch_number = s.branch_number AND g.first_sequence <= " + last +
           " AND g.last_sequence >= " + first + " CROSS JOIN messages m ON m.key BETWEEN " +
           key("max(g.first_sequence, " + first + ")") + " AND " + key("min(g.last_sequence, " + last + ")") +
           " LEFT JOIN summaries u ON u.number = f.summary_number AND " + Sql::sequence_of("m") +
           " = f.last_sequence WHERE " + session() + " AND " + sql::windows::has_folds<Sql>("s") + " AND " +
           sql::windows::is_shown<Sql>() +
           " ORDER BY f.last_sequence DESC, f.first_sequence DESC, g.first_sequence DESC, m.key DESC LIMIT ?6";
  }
  static std::string window_from(const std::string& start, const std::string& condition = {}) {
    return select() +
           "FROM sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number AND g.first_sequence <= "
           "?4 AND g.last_sequence >= " +
           start + " CROSS JOIN messages m ON m.key BETWEEN " + key("max(g.first_sequence, " + start + ")") + " AND " +
           key("min(g.last_sequence, ?4)") + " WHERE " + session() + " AND " + sql::windows::has_role("?5") +
           condition + " ORDER BY g.first_sequence DESC, m.key DESC LIMIT ?6";
  }
  static std::string same_branch_as(const std::string& id) {
    return "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = ?1 AND id = " + id + " AND branch <> ?3" +
           Sql::shown("sessions") + ")";
  }
  static std::string select(const std::string& session_id = "s.id") {
    return "SELECT " +
           sql::columns<Message>(
               "m.", {sql::computed<&Message::content>(sql::streams::content<Sql>("m")),
                      sql::computed<&Message::state>(sql::streams::state<Sql>("m")),
                      sql::computed<&Message::session_id>(session_id),
                      sql::computed<&Message::sequence>(sql::message_key::sequence("m.key")),
                      sql::computed<&Message::folded_first>("0"), sql::computed<&Message::folded_last>("0")}) +
           " ";
  }
  /// The key of a sequence in the segment `g`.
  static std::string key(const std::string& sequence) {
    return sql::message_key::base("g.source_number") + " + " + sequence;
  }
  /// Joins the messages `m` of the present branch of a session after a sequence, and their segments `g`. In the order
  /// of (g.first_sequence, m.key) without a sort: SQLite does not reorder CROSS JOIN.
  static std::string messages_of(const std::string& session, const std::string& after) {
    return "CROSS JOIN segments g ON g.branch_number = " + session + ".branch_number AND g.last_sequence > " + after +
           " CROSS JOIN messages m ON m.key BETWEEN " + key("max(g.first_sequence, " + after + " + 1)") + " AND " +
           key("g.last_sequence") + " ";
  }
  static std::string position() {
    return sql::message_key::base("s.number") + " + (" + sql::message_key::sequence("m.key") +
           ") AS position, s.id AS session_id ";
  }
  static std::string from_sessions() {
    return "FROM sessions s " + messages_of("s", "CASE s.number WHEN " + sql::message_key::number("?3") + " THEN " +
                                                     sql::message_key::sequence("?3") + " ELSE 0 END");
  }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // Reads the messages of the keys `found`, in their order: SQLite does not reorder CROSS JOIN. An ORDER BY here would
  // keep the texts of all rows in memory until the last is read, however early the page ends.
  static std::string messages_of_found() { return " found CROSS JOIN messages m ON m.key = found.key"; }
};

}  // namespace heddle::sqlite
