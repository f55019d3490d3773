// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/messages.hpp"
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

  /// user, session, expected: finds the session if its last sequence is the expected one. In a transaction that
  /// writes it cannot change afterwards.
  Statement<std::int64_t, Text, Text, std::int64_t> expect_sequence{
      "SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2 AND last_sequence = ?3"};
  /// user, session, distance from the last reserved sequence, the message. Triggers update the full-text index.
  Statement<sql::NoRow, Text, Text, std::int64_t, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      insert{"INSERT INTO messages (key, " + sql::columns<Stored>() + ") SELECT " + sql::message_key::base("number") +
             " + last_sequence - ?3, " + sql::placeholders<Stored>(4) +
             " FROM sessions WHERE user_id = ?1 AND id = ?2"};

  /// user, session: the number that the keys of its messages start with.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2"};

  /// The statements that read messages: a group of their own, so that a file that only saves does not compile them.
  struct Lists {
    /// user, session, after this sequence, limit.
    Statement<Message, Text, Text, std::int64_t, std::int64_t> list{
        select() + "FROM sessions s JOIN messages m ON " + in_session("s", " + ?3 + 1") +
        " WHERE s.user_id = ?1 AND s.id = ?2 ORDER BY m.key LIMIT ?4"};
    /// user, session, after this sequence, limit: the messages of the session's parent that its children can see.
    Statement<Message, Text, Text, std::int64_t, std::int64_t> list_of_parent{
        select("p.id") +
        "FROM sessions s JOIN sessions p ON p.user_id = s.user_id AND p.id = s.parent_session_id JOIN messages m ON " +
        in_session("p", " + ?3 + 1") + " WHERE s.user_id = ?1 AND s.id = ?2 AND " + visible_to_children() +
        " ORDER BY m.key LIMIT ?4"};
    /// user, agent, after this key, limit: the messages of the agent's own sessions, and those of their parents that
    /// children can see.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
        select() + ", found.key FROM (SELECT m.key AS key " + from_sessions() +
        "WHERE s.user_id = ?1 AND s.agent_id = ?2 AND m.key > ?3 UNION ALL SELECT m.key " + from_sessions() +
        "WHERE s.user_id = ?1 AND s.agent_id <> ?2 AND s.id IN (SELECT parent_session_id FROM sessions "
        "WHERE user_id = ?1 AND agent_id = ?2) AND " +
        visible_to_children() + " AND m.key > ?3 ORDER BY key LIMIT ?4)" + messages_of_found()};
    /// user, words, session, agent or null, limit, offset: best match first.
    Statement<Message, Text, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search_in_session{search_text(
        "(?4 IS NULL OR owner.agent_id = ?4) AND f.rowid BETWEEN (SELECT " + sql::message_key::base("number") +
            " FROM sessions WHERE user_id = ?1 AND id = ?3) AND (SELECT " + sql::message_key::last("number") +
            " FROM sessions WHERE user_id = ?1 AND id = ?3)",
        "?5", "?6")};
    /// user, words, agent or null, limit, offset: best match first.
    Statement<Message, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search{
        search_text("owner.user_id = ?1 AND (?3 IS NULL OR owner.agent_id = ?3)", "?4", "?5")};
  };

 private:
  static std::string select(const std::string& session_id = "s.id") {
    return "SELECT " +
           sql::columns<Message>("m.", {sql::computed<&Message::session_id>(session_id),
                                        sql::computed<&Message::sequence>(sql::message_key::sequence("m.key"))}) +
           " ";
  }
  /// True for the messages `m` of a session, from an offset on.
  static std::string in_session(const std::string& session, const std::string& offset = {}) {
    const std::string number = session + ".number";
    return "m.key BETWEEN " + sql::message_key::base(number) + offset + " AND " + sql::message_key::last(number);
  }
  static std::string from_sessions() { return "FROM sessions s JOIN messages m ON " + in_session("s") + " "; }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // Reads the messages of the keys `found`, in their order: SQLite does not reorder CROSS JOIN. An ORDER BY here would
  // keep the texts of all rows in memory until the last is read, however early the page ends.
  static std::string messages_of_found() {
    return " found CROSS JOIN messages m ON m.key = found.key CROSS JOIN sessions s ON s.number = " +
           sql::message_key::session_number("m.key");
  }
  // Finds the best keys first and reads only their rows: a common word matches many messages.
  static std::string search_text(const std::string& condition, const std::string& limit, const std::string& offset) {
    return select() +
           "FROM (SELECT f.rowid AS key, search_rank(messages_search) AS score FROM messages_search f "
           "JOIN sessions owner ON owner.number = " +
           sql::message_key::session_number("f.rowid") + " WHERE messages_search MATCH ?2 AND " + condition +
           " ORDER BY score, f.rowid LIMIT " + limit + " OFFSET " + offset + ")" + messages_of_found();
  }
};

}  // namespace heddle::sqlite
