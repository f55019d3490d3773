// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle::postgres {

/// The statements for messages. A row contains the number of its session and its sequence number.
struct MessageStatements : sql::MessageStatements<Sql> {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;

  /// Parameters: user, session, expected sequence. Returns the session if it is its last sequence, and locks the
  /// session until the end of the transaction. Not FOR UPDATE: two transactions with the lock of `number_of_session`
  /// would deadlock.
  Statement<std::int64_t, Text, Text, std::int64_t> expect_sequence{"SELECT number FROM sessions " + session() +
                                                                    " AND last_sequence = ?3 FOR NO KEY UPDATE"};
  /// Parameters: user, session, distance from the session's last sequence, the message, its text.
  Statement<sql::NoRow, Text, Text, std::int64_t, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      insert{"INSERT INTO messages (user_id, session_number, sequence, " + sql::columns<Stored>() +
             Sql::search_columns() + ") SELECT user_id, number, last_sequence - ?3, " + sql::placeholders<Stored>(4) +
             Sql::search_values(4 + sql::width<Stored>()) + " FROM sessions " + session()};
  /// Parameters: user, session, time, the message, its text. `take_sequence` and `insert` for one message in one
  /// statement; returns its sequence.
  Statement<std::int64_t, Text, Text, Timestamp, sql::Fields<sql::MessageContent>, sql::Fields<Message, Verbatim>,
            Timestamp, sql::Fields<Message, Usage>, sql::SearchText>
      append{"WITH taken AS (" +
             take("1", "?3", sql::placeholder<Stored, &Message::token_count>(4),
                  sql::placeholder<Stored, &Message::cost_usd>(4)) +
             " RETURNING number, last_sequence) INSERT INTO messages (user_id, session_number, sequence, " +
             sql::columns<Stored>() + Sql::search_columns() + ") SELECT ?1, number, last_sequence, " +
             sql::placeholders<Stored>(4) + Sql::search_values(4 + sql::width<Stored>()) +
             " FROM taken RETURNING sequence"};

  /// Parameters: user, session. Returns the number of the session, and locks the session against deletion until the end
  /// of the transaction.
  Statement<std::int64_t, Text, Text> number_of_session{"SELECT number FROM sessions " + session() + " FOR KEY SHARE"};

  /// The statements that read messages: a group of their own, so that a file that only saves does not compile them.
  struct Lists {
    /// Parameters: user, session, after this sequence, limit.
    Statement<Message, Text, Text, std::int64_t, std::int64_t> list{
        select("?2") + "FROM messages m WHERE m.user_id = ?1 AND m.session_number = (SELECT number FROM sessions " +
        session() + ") AND m.sequence > ?3 ORDER BY m.sequence LIMIT ?4"};
    /// Parameters: user, session, after this sequence, limit. The messages of the parent that its children may see.
    Statement<Message, Text, Text, std::int64_t, std::int64_t> list_of_parent{
        select("(SELECT parent_session_id FROM sessions " + session() + ")") +
        "FROM messages m WHERE m.user_id = ?1 AND m.session_number = (SELECT parent.number FROM sessions parent "
        "WHERE parent.user_id = ?1 AND parent.deleted_at IS NULL AND parent.id = (SELECT parent_session_id FROM "
        "sessions " +
        session() + ")) AND m.sequence > ?3 AND " + visible_to_children() + " ORDER BY m.sequence LIMIT ?4"};
    /// Parameters: user, agent, after this position, limit. The messages of the agent's sessions, and those of their
    /// parents that children may see. A position is the number of the session times 2^24 plus the sequence. Sorts the
    /// sessions first, so that it reads no more of them than the page needs.
    Statement<sql::Keyed<Message>, Text, Text, std::int64_t, std::int64_t> list_of_agent{
        select("s.id") + ", (s.number << " + std::to_string(sql::message_key::sequence_bits) +
        ") | m.sequence FROM (SELECT number, id, true AS own FROM sessions WHERE " + later() +
        " AND agent_id = ?2 UNION ALL SELECT number, id, false FROM sessions WHERE " + later() +
        " AND agent_id <> ?2 AND id IN (SELECT parent_session_id FROM sessions WHERE user_id = ?1 AND agent_id = ?2 "
        "AND deleted_at IS NULL) ORDER BY number OFFSET 0) s CROSS JOIN LATERAL (SELECT * FROM messages m "
        "WHERE m.user_id = ?1 AND m.session_number = s.number AND m.sequence > "
        "CASE s.number WHEN " +
        sql::message_key::session_number("?3") + " THEN " + sql::message_key::sequence("?3") +
        " ELSE 0 END AND (s.own OR " + visible_to_children() +
        ") ORDER BY m.sequence LIMIT ?4) m ORDER BY s.number, m.sequence LIMIT ?4"};
    /// Parameters: user, words, session, agent or null, limit, offset. Best match first.
    Statement<Message, Text, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search_in_session{
        search_with("?2, ?3, ?4, ?5, ?6")};
    /// Parameters: user, words, agent or null, limit, offset. Best match first.
    Statement<Message, Text, Text, std::optional<Text>, std::int64_t, std::int64_t> search{
        search_with("?2, NULL, ?3, ?4, ?5")};
  };

 private:
  // As a subquery the session is one number, and an index scan of the primary key returns its messages in order; a join
  // would read the whole session and sort it.
  static std::string session() { return "WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"; }
  static std::string select(const std::string& session_id) {
    return "SELECT " +
           sql::columns<Message>("m.", {sql::computed<&Message::session_id>(session_id + " AS session_id")}) + " ";
  }
  static std::string later() {
    return "user_id = ?1 AND deleted_at IS NULL AND number >= " + sql::message_key::session_number("?3");
  }
  static std::string visible_to_children() { return "m.session_context IN ('coordinator', 'shared')"; }
  // The function filters by the tenant. It returns the keys of the best matches, so no other message is read.
  static std::string search_with(const std::string& arguments) {
    return select("(SELECT id FROM sessions WHERE user_id = ?1 AND number = found.session_number)") +
           "FROM heddle_search_messages(" + arguments +
           ") found JOIN messages m ON m.user_id = ?1 AND m.session_number = found.session_number "
           "AND m.sequence = found.sequence ORDER BY found.score DESC, found.session_number, found.sequence";
  }
};

}  // namespace heddle::postgres
