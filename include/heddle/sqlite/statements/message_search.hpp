// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_key.hpp"
#include "heddle/sql/statements/windows.hpp"
#include "heddle/sqlite/statements/asked_terms.hpp"
#include "heddle/sqlite/statements/sql.hpp"

#include <string>

namespace heddle::sqlite {

/// The statements that search messages; for their arguments see `SearchStatement`. A search first makes candidates: the
/// first matches in the order of sessions, as many as are needed. For the newest these are the page and those before
/// it; for the best one more than are ranked, which tells whether there are more. It reads only the rows of messages
/// that it returns, unless it needs roles or times.
template <class Messages>
struct SearchStatements {
  using Statement = typename Messages::SearchStatement;

  Statement search_in_session{
      select("?3") + "(WITH " + asked() + ", " +
      queued(rows_of_session("search_queue q ON q.user_id = ?1 AND q.key", "CROSS JOIN messages m ON m.key = q.key")) +
      ", candidates AS MATERIALIZED (SELECT NULL AS updated_at, NULL AS id, " + sequence("f.rowid") +
      " AS sequence, f.rowid AS key, " + rank() + " AS score FROM " +
      rows_of_session("message_words f ON f.rowid", "") + matches(words()) + has("f.rowid") +
      " UNION ALL SELECT NULL, NULL, " + sequence("key") + ", key, " + rank_of_queued() +
      " FROM queued ORDER BY sequence DESC LIMIT " + wanted() + ") " + ranked() + messages_of_found()};

  /// Each message in the session that wrote it, or else in the oldest one that has it. The newest are first looked for
  /// in the sessions that were updated last, because counting how many messages match takes longer than that. If few
  /// match they are read in one scan of the index and sorted; else session by session, until there are enough.
  Statement search{
      select("found.id") + "(WITH " + asked() + ", " +
      queued("search_queue q CROSS JOIN messages m ON m.key = q.key WHERE q.user_id = ?1") +
      ", recent AS MATERIALIZED (" +
      session_by_session("CASE WHEN ?8 AND scan_limit(?2, 1, 1) IS NOT NULL THEN ?1 END AND s.updated_at >= " +
                         recently()) +
      newest_first() + "), rest AS MATERIALIZED (SELECT NOT ?8 OR (SELECT count(*) FROM recent) < " + wanted() +
      " AS is_wanted), scan AS MATERIALIZED (SELECT scan_limit(?2, " + wanted() +
      ", (SELECT count(*) FROM (SELECT 1 FROM sessions WHERE user_id = ?1" + Sql::shown("sessions") +
      " LIMIT 100000))) AS most FROM rest WHERE is_wanted), few AS MATERIALIZED (SELECT most IS NULL OR "
      "(SELECT count(*) FROM (SELECT 1 FROM message_words WHERE message_words MATCH " +
      words() +
      " LIMIT coalesce((SELECT most FROM scan), 0) + 1)) <= most AS is_few FROM scan), candidates AS "
      "MATERIALIZED (" +
      session_by_session("CASE WHEN " + is_few() + " IS 0 THEN ?1 END") + " UNION ALL SELECT s.updated_at, s.id, " +
      sequence("f.rowid") + ", f.rowid, " + rank() +
      " FROM message_words f CROSS JOIN sessions s ON s.number = " + holder("f.rowid") + " WHERE true" +
      matches("CASE WHEN " + is_few() + " THEN " + words() + " ELSE '\"\"' END") + has("f.rowid") +
      " UNION ALL SELECT * FROM recent WHERE NOT (SELECT is_wanted FROM rest)"
      " UNION ALL SELECT s.updated_at, s.id, " +
      sequence("q.key") + ", q.key, " + rank_of_queued() + " FROM queued q CROSS JOIN sessions s ON s.number = " +
      holder("q.key") + newest_first() + ") " + ranked() + messages_of_found()};

 private:
  static std::string select(const std::string& session_id) {
    // The rank is less for a better match.
    return Messages::select(session_id) + ", 0.0 - found.score, found.has_more FROM ";
  }
  static std::string asked() { return asked_terms::with("", "(SELECT analysis FROM search_state)", "message_words"); }
  static std::string words() { return asked_terms::words(); }
  /// WITH: the messages that are not in the index yet and match, with their ranks. Materialized, so that each text is
  /// looked at once. The source ends in a condition.
  static std::string queued(const std::string& source) {
    return "queued AS MATERIALIZED (SELECT key, score FROM (SELECT q.key AS key, unindexed_rank(m.content, "
           "m.content_blocks, m.tool_calls, m.tool_result, m.parts, ?2, " +
           asked_terms::weights() + ") AS score FROM " + source + has("q.key") + ") WHERE score IS NOT NULL)";
  }
  /// The rank of a row of the index `f`; the newest have none.
  static std::string rank() {
    return "CASE WHEN ?8 THEN 0.0 ELSE search_rank(message_words, " + asked_terms::weights() + ") END";
  }
  static std::string rank_of_queued() { return "CASE WHEN ?8 THEN 0.0 ELSE score END"; }
  /// After a condition: the row of the index `f` matches, and is not to be removed from it.
  static std::string matches(const std::string& query) {
    return " AND message_words MATCH " + query +
           " AND NOT EXISTS (SELECT 1 FROM search_removals r WHERE r.key = f.rowid)";
  }
  /// After a condition: the message has one of the roles, and its time is in the range.
  static std::string has(const std::string& key) {
    return " AND (?5 = " + std::to_string(sql::windows::all_roles) +
           " AND ?6 IS NULL AND ?7 IS NULL OR EXISTS (SELECT 1 FROM messages m WHERE m.key = " + key + " AND " +
           sql::windows::has_role("?5") +
           " AND (?6 IS NULL OR m.timestamp >= ?6) AND (?7 IS NULL OR m.timestamp < ?7)))";
  }
  static std::string is_of_agent(const std::string& session = "s") {
    return " AND (?4 IS NULL OR " + session + ".agent_id = ?4)";
  }
  /// FROM and WHERE: the rows of a source, whose key is its end, that the session ?3 has.
  static std::string rows_of_session(const std::string& source, const std::string& join) {
    return "sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number CROSS JOIN " + source + " BETWEEN " +
           Messages::key("g.first_sequence") + " AND " + Messages::key("g.last_sequence") + " " + join +
           " WHERE s.user_id = ?1 AND s.id = ?3" + Sql::shown("s") + is_of_agent();
  }
  /// How many candidates are needed.
  static std::string wanted() { return "CASE WHEN ?8 THEN ?11 + ?12 ELSE ?10 + 1 END"; }
  /// SELECT: the rows of the index that match, of the sessions of a user and what else is asked of them.
  static std::string session_by_session(const std::string& user) {
    return "SELECT s.updated_at AS updated_at, s.id AS id, " + sequence("f.rowid") + " AS sequence, f.rowid AS key, " +
           rank() +
           " AS score FROM sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number CROSS JOIN "
           "message_words f WHERE s.user_id = " +
           user + Sql::shown("s") + is_of_agent() + " AND f.rowid BETWEEN " + Messages::key("g.first_sequence") +
           " AND " + Messages::key("g.last_sequence") + matches(words()) +
           " AND (g.source_number = s.branch_number OR s.number = " + holder("f.rowid") + ")" + has("f.rowid");
  }
  /// When the last but three of the sessions was updated that can have messages.
  static std::string recently() {
    return "coalesce((SELECT s.updated_at FROM sessions s WHERE s.user_id = ?1" + Sql::shown("s") + is_of_agent() +
           " ORDER BY s.updated_at DESC LIMIT 1 OFFSET 3), -9223372036854775808)";
  }
  static std::string newest_first() { return " ORDER BY updated_at DESC, id DESC, sequence DESC LIMIT " + wanted(); }
  static std::string is_few() { return "(SELECT is_few FROM few)"; }
  /// SELECT: the page of the candidates. Those that are ranked are the first ones, in the order in which they were
  /// found.
  static std::string ranked() {
    return "SELECT c.key AS key, c.score AS score, c.id AS id, NOT ?8 AND (SELECT count(*) FROM candidates) > ?10 AS "
           "has_more FROM (SELECT * FROM candidates LIMIT CASE WHEN ?8 THEN -1 ELSE ?10 END) c ORDER BY c.score, "
           "CASE WHEN ?8 THEN NULL ELSE c.key END, c.updated_at DESC, c.id DESC, c.sequence DESC LIMIT ?11 OFFSET ?12)";
  }
  static std::string sequence(const std::string& key) { return sql::message_key::sequence(key); }
  // See MessageStatements: without an ORDER BY, so that no text is kept in memory.
  static std::string messages_of_found() { return " found CROSS JOIN messages m ON m.key = found.key"; }
  /// The number of the session under which a message is found, of all or of those of an agent; null if there is none.
  /// The least number, but for the one that wrote it: it is made less than all others. Not by ORDER BY, which would
  /// cost as much as the rest.
  static std::string holder(const std::string& key) {
    return "((SELECT min(CASE WHEN h.number IS (SELECT session_number FROM branches WHERE number = " +
           sql::message_key::number(key) +
           ") THEN h.number - 4611686018427387904 ELSE h.number END) FROM segments o JOIN branches b ON "
           "b.number = o.branch_number AND b.hidden_at IS NULL JOIN sessions h ON h.number = b.session_number "
           "WHERE o.source_number = " +
           sql::message_key::number(key) + " AND o.last_sequence >= (" + sequence(key) + ")" + is_of_agent("h") +
           Sql::shown("h") + ") & 4611686018427387903)";
  }
};

}  // namespace heddle::sqlite
