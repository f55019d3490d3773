// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/messages.hpp"
#include "heddle/sql/statements/session_value.hpp"
#include "heddle/sql/statements/stream_columns.hpp"
#include "heddle/sql/statements/updated_at.hpp"
#include "heddle/sql/turn_rows.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for messages that are being written; the tables are described in the migration `streams`. Parameters
/// begin with the user, the session, and the branch and sequence of the message.
template <class Sql>
struct StreamStatements {
  using Text = std::string_view;
  /// Members that are not known before the message is finished, besides its content and its counts.
  using Finished =
      Only<&Message::provider_id, &Message::model, &Message::stop_reason, &Message::usage, &Message::metadata>;
  using Counts = typename MessageStatements<Sql>::Usage;
  using Written = Join<MessageContent, Finished, Counts>;

  /// Parameters: user, session. Marks the last message of a session as being written.
  Statement<NoRow, Text, Text> mark{"UPDATE messages AS m SET stream = 1 WHERE " +
                                    Sql::key_is("m", session_value("branch_number"), session_value("last_sequence"))};
  /// Parameters: user, session, silence, time. Makes its first writer.
  Statement<NoRow, Text, Text, std::int64_t, Timestamp> insert{
      "INSERT INTO message_streams (" + Sql::key_columns() + ", writer, silence, touched_at, size) SELECT " +
      Sql::key_values("s", "s.last_sequence") + ", 1, ?3, " + Sql::present("?4") +
      ", 0 FROM sessions s WHERE s.user_id = ?1 AND s.id = ?2"};

  /// Parameters: the message, writer. Locks the message for its writer; no row if it has another one, or none.
  Statement<std::int64_t, Text, Text, std::int64_t, std::int64_t, std::int64_t> hold{
      "SELECT 1 FROM message_streams w WHERE " + is("w") + " AND w.writer = ?5" + Sql::hold_row()};
  /// Parameters: the message, length. No row if its chunks have another one.
  Statement<std::int64_t, Text, Text, std::int64_t, std::int64_t, std::int64_t> has_length{
      "SELECT 1 FROM message_streams w WHERE " + is("w") + " AND w.size = ?5"};
  /// Parameters: the message, offset, text. Inserts a chunk at the end, or finds the same one at its offset; no row if
  /// neither is there.
  Statement<std::int64_t, Text, Text, std::int64_t, std::int64_t, std::int64_t, Text> insert_chunk{
      "INSERT INTO message_chunks AS c (" + Sql::key_columns() + ", start, text) SELECT " + Sql::key_of("w") +
      ", ?5, ?6 FROM message_streams w WHERE " + is("w") +
      " AND (w.size = ?5 OR EXISTS (SELECT 1 FROM message_chunks e WHERE " + is("e") +
      " AND e.start = ?5)) ON CONFLICT (" + Sql::key_columns() +
      ", start) DO UPDATE SET text = excluded.text WHERE c.text = excluded.text RETURNING start"};
  /// Parameters: the message, offset, length, time. Adds a chunk at the end to the length.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, std::int64_t, std::int64_t, Timestamp> grow{
      "UPDATE message_streams AS w SET size = ?5 + ?6, touched_at = " + Sql::present("?7") + " WHERE " + is("w") +
      " AND size = ?5"};
  /// Parameters: the message, time.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, Timestamp> touch{
      "UPDATE message_streams AS w SET touched_at = " + Sql::present("?5") + " WHERE " + is("w")};

  /// Parameters: the message, its members, the text to search.
  Statement<std::int64_t, Text, Text, std::int64_t, std::int64_t, Fields<MessageContent>, Fields<Message, Finished>,
            Fields<Message, Counts>, SearchText>
      finish{"UPDATE messages AS m SET (" + columns<Written>() + Sql::search_columns() + ") = (" +
             placeholders<Written>(5) + Sql::search_values(5 + width<Written>()) + "), stream = NULL WHERE " + is("m") +
             " RETURNING 1"};
  /// Parameters: the message.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t> remove{"DELETE FROM message_streams AS w WHERE " + is("w")};
  /// Parameters: user, session, time, what to add. Adds to the totals of a session.
  Statement<NoRow, Text, Text, Timestamp, Fields<Message, Counts>> add_totals{
      "UPDATE sessions SET updated_at = " + updated<Sql>("?3") + ", total_tokens = total_tokens + " +
      placeholder<Counts, &Message::token_count>(4) + ", total_cost_usd = total_cost_usd + " +
      placeholder<Counts, &Message::cost_usd>(4) + " WHERE user_id = ?1 AND id = ?2" + Sql::shown("sessions")};
  /// Parameters: the message, position in it, id of the call, 1 for a result and 0 for a call.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, std::int64_t, Text, std::int64_t> link{
      "INSERT INTO tool_links (" + Sql::key_columns() + ", position, call_id, is_result) SELECT " + Sql::key_of("m") +
      ", ?5, ?6, ?7 FROM messages m WHERE " + is("m")};

  /// Parameters: the message. Returns its writer and its text; no row if it is not being written.
  Statement<StoredStream, Text, Text, std::int64_t, std::int64_t> find{
      "SELECT w.writer, " + Sql::joined_chunks("w", "0") + ", m.timestamp FROM message_streams w JOIN messages m ON " +
      Sql::same_key("m", "w") + " WHERE " + is("w")};
  /// Parameters: the message, time. Makes a new writer.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t, Timestamp> take_over{
      "UPDATE message_streams AS w SET writer = writer + 1, touched_at = " + Sql::present("?5") + " WHERE " + is("w")};
  /// Parameters: the message, seen bytes. Returns its state and the chunks from the one on that has the next byte.
  Statement<StoredGrowth, Text, Text, std::int64_t, std::int64_t, std::int64_t> growth{
      "SELECT " + streams::state<Sql>("m") + ", coalesce(w.size, 0), coalesce(" + start_of_unseen() + ", 0), " +
      Sql::joined_chunks("w", "coalesce(" + start_of_unseen() + ", 0)") +
      " FROM messages m LEFT JOIN message_streams w ON " + Sql::same_key("w", "m") + " WHERE " + is("m")};
  /// Parameters: user, limit, offset. The longest silence first. Each message in the branch that wrote it or, if its
  /// session is gone, in another one that has it.
  Statement<StoredInterruption, Text, std::int64_t, std::int64_t> list_interrupted{
      "SELECT s.id, b.branch, " + Sql::sequence_of("w") +
      ", w.size, w.touched_at FROM message_streams w JOIN branches b ON b.number = " + holder() +
      Sql::same_user("b", "w") + " JOIN sessions s ON s.number = b.session_number" + Sql::same_user("s", "b") +
      " WHERE s.user_id = ?1 AND w.touched_at + w.silence <= " + Sql::clock() +
      " ORDER BY w.touched_at, s.number, b.branch, " + Sql::sequence_of("w") + " LIMIT ?2 OFFSET ?3"};

 private:
  /// The row `table` is of the message that a branch of a session has at a sequence, also of one that another branch
  /// wrote.
  static std::string is(const std::string& table) {
    return Sql::key_is(table,
                       "(SELECT g.source_number FROM sessions s JOIN branches b ON b.session_number = s.number" +
                           Sql::same_user("b", "s") +
                           " AND b.branch = ?3 JOIN segments g ON g.branch_number = b.number" +
                           Sql::same_user("g", "b") +
                           " AND g.first_sequence <= ?4 AND g.last_sequence >= ?4 WHERE s.user_id = ?1 AND s.id = ?2" +
                           Sql::shown("s") + ")",
                       "?4");
  }
  /// The branch in which the message of the stream `w` is found.
  static std::string holder() {
    return "(SELECT g.branch_number FROM segments g JOIN branches h ON h.number = g.branch_number" +
           Sql::same_user("h", "g") + " JOIN sessions t ON t.number = h.session_number" + Sql::same_user("t", "h") +
           Sql::shown("t") + " WHERE " + Sql::of_user("g", "?1") + "g.source_number = " + Sql::branch_of("w") +
           " AND g.first_sequence <= " + Sql::sequence_of("w") + " AND g.last_sequence >= " + Sql::sequence_of("w") +
           " ORDER BY g.branch_number <> g.source_number, t.number, g.branch_number LIMIT 1)";
  }
  static std::string start_of_unseen() {
    return "(SELECT max(u.start) FROM message_chunks u WHERE " + Sql::same_key("u", "m") + " AND u.start <= ?5)";
  }
};

}  // namespace heddle::sql
