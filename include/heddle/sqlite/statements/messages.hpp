// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/sqlite/statements/sql.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle::sqlite {

/// Messages in SQLite's SQL. A key is the number of the session times 2^24 plus the sequence.
struct MessageStatements : sql::MessageStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// user, session, expected: finds the session if its last sequence is the expected one, and holds it
  /// so to the end of the transaction.
  Statement<std::int64_t, Text, Text, std::int64_t> expect_sequence{
      "SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2 AND last_sequence = ?3"};
  /// user, session, distance from the last sequence that was given out, the message; triggers split its words.
  Statement<sql::NoRow, Text, Text, std::int64_t, Body, Timestamp, std::int64_t, double, sql::SearchText> insert{
      "INSERT INTO messages (key, " + sql::columns<Message>({}, stored) +
      ") SELECT number * 16777216 + last_sequence - ?3, " + sql::placeholders(4, stored) +
      " FROM sessions WHERE user_id = ?1 AND id = ?2"};

  /// user, session, after this sequence, limit.
  Statement<Message, Text, Text, std::int64_t, std::int64_t> list{
      select() + "FROM sessions s JOIN messages m ON " + in_session("s.number * 16777216 + ?3 + 1") +
      " WHERE s.user_id = ?1 AND s.id = ?2 ORDER BY m.key LIMIT ?4"};
  /// user, session, after this sequence, limit: what the session's parent lets its children see.
  Statement<Message, Text, Text, std::int64_t, std::int64_t> list_of_parent{
      "SELECT " + sql::columns<Message>("m.", stored) +
      ", p.id, m.key & 16777215 FROM sessions s JOIN sessions p ON p.user_id = s.user_id "
      "AND p.id = s.parent_session_id JOIN messages m ON m.key BETWEEN p.number * 16777216 + ?3 + 1 "
      "AND p.number * 16777216 + 16777215 WHERE s.user_id = ?1 AND s.id = ?2 AND " +
      visible_to_children() + " ORDER BY m.key LIMIT ?4"};
  /// user, agent, after this key, limit: the agent's own sessions, and what the parents of these let them see.
  Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
      select() + ", m.key AS position " + from_sessions() +
      "WHERE s.user_id = ?1 AND s.agent_id = ?2 AND m.key > ?3 UNION ALL " + select() + ", m.key AS position " +
      from_sessions() +
      "WHERE s.user_id = ?1 AND s.agent_id <> ?2 AND s.id IN (SELECT parent_session_id FROM sessions "
      "WHERE user_id = ?1 AND agent_id = ?2) AND " +
      visible_to_children() + " AND m.key > ?3 ORDER BY position LIMIT ?4"};
  /// user, session: the number that the keys of its messages start with.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions WHERE user_id = ?1 AND id = ?2"};

  /// user, words, session, agent or null, limit, offset: best match first.
  Statement<Message, Text, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search_in_session{
      search_text("JOIN sessions owner ON owner.number = f.rowid >> 24 WHERE messages_search MATCH ?2 "
                  "AND (?4 IS NULL OR owner.agent_id = ?4) AND f.rowid BETWEEN (SELECT number * 16777216 FROM sessions "
                  "WHERE user_id = ?1 AND id = ?3) AND (SELECT number * 16777216 + 16777215 FROM sessions "
                  "WHERE user_id = ?1 AND id = ?3)",
                  "?5", "?6")};
  /// user, words, agent or null, limit, offset: best match first.
  Statement<Message, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search{
      search_text("JOIN sessions owner ON owner.number = f.rowid >> 24 WHERE messages_search MATCH ?2 "
                  "AND owner.user_id = ?1 AND (?3 IS NULL OR owner.agent_id = ?3)",
                  "?4", "?5")};

 private:
  static std::string select() { return "SELECT " + sql::columns<Message>("m.", stored) + ", s.id, m.key & 16777215 "; }
  static std::string in_session(const std::string& first) {
    return "m.key BETWEEN " + first + " AND s.number * 16777216 + 16777215";
  }
  static std::string from_sessions() {
    return "FROM sessions s JOIN messages m ON " + in_session("s.number * 16777216") + " ";
  }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // The best keys first, their rows afterwards: a common word matches many messages whose text nobody needs.
  static std::string search_text(const std::string& condition, const std::string& limit, const std::string& offset) {
    return select() + "FROM (SELECT f.rowid AS key, search_rank(messages_search) AS score FROM messages_search f " +
           condition + " ORDER BY score, f.rowid LIMIT " + limit + " OFFSET " + offset +
           ") found JOIN messages m ON m.key = found.key "
           "JOIN sessions s ON s.number = m.key >> 24 ORDER BY found.score, found.key";
  }
};

}  // namespace heddle::sqlite
