// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle::postgres {

/// Messages in PostgreSQL's SQL. A row has the number of its session and its sequence.
struct MessageStatements : sql::MessageStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// user, session, expected: finds the session if its last sequence is the expected one, and holds it
  /// so to the end of the transaction. Not FOR UPDATE: two that hold the session by `number_of_session` would wait for
  /// one another.
  Statement<std::int64_t, Text, Text, std::int64_t> expect_sequence{"SELECT number FROM sessions " + session() +
                                                                    " AND last_sequence = ?3 FOR NO KEY UPDATE"};
  /// user, session, distance from the last sequence that was given out, the message, its text.
  Statement<sql::NoRow, Text, Text, std::int64_t, Body, Timestamp, std::int64_t, double, sql::SearchText> insert{
      "INSERT INTO messages (user_id, session_number, sequence, " + sql::columns<Message>({}, stored) +
      Sql::search_columns() + ") SELECT user_id, number, last_sequence - ?3, " + sql::placeholders(4, stored) +
      Sql::search_values(4 + stored) + " FROM sessions " + session()};
  /// user, session, time, the message, its text: `take_sequence` for one message and `insert` of it, in one statement;
  /// answers its sequence.
  Statement<std::int64_t, Text, Text, Timestamp, Body, Timestamp, std::int64_t, double, sql::SearchText> append{
      "WITH taken AS (" + take("1", "?3", placeholder(tokens_at), placeholder(cost_at)) +
      " RETURNING number, last_sequence) INSERT INTO messages (user_id, session_number, sequence, " +
      sql::columns<Message>({}, stored) + Sql::search_columns() + ") SELECT ?1, number, last_sequence, " +
      sql::placeholders(4, stored) + Sql::search_values(4 + stored) + " FROM taken RETURNING sequence"};

  /// user, session, after this sequence, limit.
  Statement<Message, Text, Text, std::int64_t, std::int64_t> list{
      select("?2") + "FROM messages m WHERE m.user_id = ?1 AND m.session_number = (SELECT number FROM sessions " +
      session() + ") AND m.sequence > ?3 ORDER BY m.sequence LIMIT ?4"};
  /// user, session, after this sequence, limit: what the session's parent lets its children see.
  Statement<Message, Text, Text, std::int64_t, std::int64_t> list_of_parent{
      select("(SELECT parent_session_id FROM sessions " + session() + ")") +
      "FROM messages m WHERE m.user_id = ?1 AND m.session_number = (SELECT parent.number FROM sessions parent "
      "WHERE parent.user_id = ?1 AND parent.deleted_at IS NULL AND parent.id = (SELECT parent_session_id FROM "
      "sessions " +
      session() + ")) AND m.sequence > ?3 AND " + visible_to_children() + " ORDER BY m.sequence LIMIT ?4"};
  /// user, agent, after this position, limit: the agent's own sessions, and what the parents of these let them see. A
  /// position is the number of the session times 2^24 plus the sequence. The sessions in order first, so that no more
  /// of them are read than the page needs.
  Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
      select("s.id") + ", (s.number << 24) | m.sequence FROM (SELECT number, id, true AS own FROM sessions WHERE " +
      later() + " AND agent_id = ?2 UNION ALL SELECT number, id, false FROM sessions WHERE " + later() +
      " AND agent_id <> ?2 AND id IN (SELECT parent_session_id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 "
      "AND deleted_at IS NULL) ORDER BY number OFFSET 0) s CROSS JOIN LATERAL (SELECT * FROM messages m "
      "WHERE m.user_id = ?1 AND m.session_number = s.number AND m.sequence > "
      "CASE s.number WHEN ?3 >> 24 THEN ?3 & 16777215 ELSE 0 END AND (s.own OR " +
      visible_to_children() + ") ORDER BY m.sequence LIMIT ?4) m ORDER BY s.number, m.sequence LIMIT ?4"};
  /// user, session: its number, and holds the session so that it is not removed before the end of the transaction.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions " + session() + " FOR KEY SHARE"};

  /// user, words, session, agent or null, limit, offset: best match first.
  Statement<Message, Text, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search_in_session{
      found("?2, ?3, ?4, ?5, ?6")};
  /// user, words, agent or null, limit, offset: best match first.
  Statement<Message, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search{found("?2, NULL, ?3, ?4, ?5")};

 private:
  /// Where a member of the message stands among what `append` stores; the statement's types are in this order too.
  static constexpr std::size_t tokens_at = verbatim + 1;
  static constexpr std::size_t cost_at = verbatim + 2;
  static std::string placeholder(std::size_t member) { return "?" + std::to_string(4 + member); }
  // The session as a subquery gives one number, and with it the primary key gives messages in their order; a join would
  // read all of the session and sort it.
  static std::string session() { return "WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"; }
  static std::string select(const std::string& session_id) {
    return "SELECT " + sql::columns<Message>("m.", stored) + ", " + session_id + " AS session_id, m.sequence ";
  }
  static std::string later() { return "user_id = ?1 AND deleted_at IS NULL AND number >= ?3 >> 24"; }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // The function knows whose messages they are. Its rows are the best keys; no other message's text is read.
  static std::string found(const std::string& arguments) {
    return select("(SELECT id FROM sessions WHERE user_id = ?1 AND number = found.session_number)") +
           "FROM heddle_search_messages(" + arguments +
           ") found JOIN messages m ON m.user_id = ?1 AND m.session_number = found.session_number "
           "AND m.sequence = found.sequence ORDER BY found.score DESC, found.session_number, found.sequence";
  }
};

}  // namespace heddle::postgres
