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
      ", found AS MATERIALIZED (SELECT NULL AS updated_at, NULL AS id, " + sequence("f.rowid") +
      " AS sequence, f.rowid AS key, " + rank() + " AS score FROM " +
      rows_of_session("message_words f ON f.rowid", "") + matches(words()) + has("f.rowid") +
      " UNION ALL SELECT NULL, NULL, " + sequence("key") + ", key, " + rank_of_queued() +
      " FROM queued ORDER BY sequence DESC LIMIT " + wanted() + ") " + ranked() + messages_of_found()};

  /// Each message in the session that wrote it, or else in the oldest one that has it. There is a first try that reads
  /// few rows if many match: for the newest in the sessions that were updated last, because counting how many messages
  /// match takes longer than that; for the best in as many of them as should have enough matches. If that finds too
  /// few, and few match, they are read in one scan of the index and sorted; else session by session, until there are
  /// enough.
  Statement search{
      select("found.id") + "(WITH " + asked() + ", " +
      queued("search_queue q CROSS JOIN messages m ON m.key = q.key WHERE q.user_id = ?1") +
      ", recent AS MATERIALIZED (" +
      session_by_session("CASE WHEN ?8 AND " + has_no_start() + " THEN ?1 END AND s.updated_at >= " + recently()) +
      newest_first() + "), " + spread() +
      ", rest AS MATERIALIZED (SELECT CASE WHEN ?8 THEN (SELECT count(*) FROM recent) < " + wanted() +
      " ELSE (SELECT count(*) FROM spread) < " + wanted() +
      " END AS is_wanted), scan AS MATERIALIZED (SELECT scan_limit(?2, " + wanted() +
      ", (SELECT count(*) FROM (SELECT 1 FROM sessions WHERE user_id = ?1" + Sql::shown("sessions") +
      " LIMIT 100000))) AS most), plan AS MATERIALIZED (SELECT CASE WHEN NOT (" + has_no_start() +
      ") THEN 'few' WHEN NOT ?8 AND (SELECT matches FROM written) < " + wanted() + " THEN 'all' WHEN ?8 AND " +
      matches_up_to("max(200, " + wanted() + ")") + " OR " + matches_up_to("(SELECT most FROM scan)") +
      " THEN 'few' ELSE 'many' END AS name FROM rest WHERE is_wanted), found AS MATERIALIZED (" +
      scanned("true" + matches(words_if("all")) + has("f.rowid")) + " UNION ALL SELECT * FROM (" +
      scanned("true" + matches(words_if("few")) + has("f.rowid")) + newest_first() + ") UNION ALL SELECT * FROM (" +
      session_by_session("CASE WHEN " + is_plan("many") + " THEN ?1 END") + newest_first() +
      ")"
      " UNION ALL SELECT * FROM recent WHERE NOT (SELECT is_wanted FROM rest)"
      " UNION ALL SELECT * FROM spread WHERE NOT (SELECT is_wanted FROM rest)"
      " UNION ALL SELECT s.updated_at, s.id, " +
      sequence("q.key") + ", q.key, " + rank_of_queued() +
      " FROM queued q CROSS JOIN sessions s ON s.number = " + holder("q.key") + ") " + ranked() + messages_of_found()};

 private:
  static std::string select(const std::string& session_id) {
    // The rank is less for a better match.
    return Messages::select(session_id) + ", 0.0 - found.score, found.has_more FROM ";
  }
  static std::string asked() {
    return asked_terms::with("", "(SELECT analysis FROM search_state)", "message_words", "NOT ?8") +
           ", counted AS MATERIALIZED (SELECT message_query(number, ?2, weights, 0) AS words FROM weighed)";
  }
  static std::string words() { return asked_terms::words(); }
  /// The same for counting, which is quicker without what the rank needs.
  static std::string counted_words() { return "coalesce((SELECT words FROM counted), '\"\"')"; }
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
           " AND (NOT EXISTS (SELECT 1 FROM search_removals) OR NOT EXISTS (SELECT 1 FROM search_removals r WHERE "
           "r.key = f.rowid))";
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
  /// SELECT: the rows of the index that match, of all sessions.
  static std::string scanned(const std::string& condition) {
    return of_their_sessions("f.rowid", rank(), "message_words f") + " WHERE " + condition;
  }
  /// SELECT: the rows of a source with the sessions `s` that have them. Nearly each is in the session `w` that wrote
  /// it, which is looked up before `holder`, as that takes longer than all the rest.
  static std::string of_their_sessions(const std::string& key, const std::string& score, const std::string& source) {
    return "SELECT s.updated_at AS updated_at, s.id AS id, " + sequence(key) + " AS sequence, " + key + " AS key, " +
           score + " AS score FROM " + source + " LEFT JOIN sessions w ON w.number = " + sql::message_key::number(key) +
           " AND w.branch_number = w.number" + Sql::shown("w") + is_of_agent("w") +
           " CROSS JOIN sessions s ON s.number = coalesce(w.number, " + holder(key) + ")";
  }
  /// WITH: `spread`, matches of the sessions that were updated last, for the best of all messages. As many sessions as
  /// have been made since enough matches were written, and a quarter more; none if these are too many. Their ranges of
  /// row ids lie side by side, so a scan reads those of some 64 sessions: to begin one takes as long as to read some
  /// 200 matches. What lies between such sessions is read, too, as of one that is old but was updated again. If that
  /// reaches its limit, which keeps it small, it is no answer.
  static std::string spread() {
    const std::string of_user = "FROM sessions WHERE user_id = ?1" + Sql::shown("sessions");
    return "written AS MATERIALIZED (SELECT min(key) >> " + std::to_string(sql::message_key::sequence_bits) +
           " AS number, count(*) AS matches FROM (SELECT rowid AS key FROM message_words WHERE message_words MATCH "
           "CASE WHEN NOT ?8 AND " +
           has_no_start() + " THEN " + counted_words() + " ELSE '\"\"' END ORDER BY rowid DESC LIMIT " + wanted() +
           ")), since AS MATERIALIZED (SELECT number, (SELECT "
           "count(*) FROM (SELECT number AS made " +
           of_user +
           " ORDER BY updated_at DESC LIMIT 100000) WHERE made >= number) AS sessions FROM "
           "written WHERE matches = " +
           wanted() + " AND " + is_unrestricted() + "), reach AS MATERIALIZED (SELECT coalesce((SELECT updated_at " +
           of_user + " ORDER BY updated_at DESC LIMIT 1 OFFSET (SELECT sessions + sessions / 4 FROM since)), " +
           "-9223372036854775808) AS updated_at, 64 * "
           "max(1, ((SELECT max(number) FROM sessions) - number) / (sessions + 1)) AS width FROM since WHERE sessions "
           "* 2 <= " +
           wanted() + "), ranges AS MATERIALIZED (SELECT " + sql::message_key::base("min(g.source_number)") +
           " AS first, " + sql::message_key::last("max(g.source_number)") +
           " AS last FROM reach CROSS JOIN sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number WHERE "
           "s.user_id = ?1" +
           Sql::shown("s") +
           " AND s.updated_at >= reach.updated_at GROUP BY g.source_number / reach.width), near AS MATERIALIZED "
           "(SELECT f.rowid AS key, " +
           rank() + " AS score FROM ranges r CROSS JOIN message_words f WHERE f.rowid BETWEEN r.first AND r.last" +
           matches(words()) + " LIMIT " + most_near() + "), spread AS MATERIALIZED (" +
           of_their_sessions("n.key", "n.score", "near n") + " WHERE (SELECT count(*) FROM near) < " + most_near() +
           " AND s.updated_at >= (SELECT updated_at FROM reach))";
  }
  /// When the last but three of the sessions was updated that can have messages.
  static std::string recently() {
    return "coalesce((SELECT s.updated_at FROM sessions s WHERE s.user_id = ?1" + Sql::shown("s") + is_of_agent() +
           " ORDER BY s.updated_at DESC LIMIT 1 OFFSET 3), -9223372036854775808)";
  }
  static std::string newest_first() { return " ORDER BY updated_at DESC, id DESC, sequence DESC LIMIT " + wanted(); }
  static std::string is_unrestricted() {
    return "?4 IS NULL AND ?5 = " + std::to_string(sql::windows::all_roles) + " AND ?6 IS NULL AND ?7 IS NULL";
  }
  static std::string has_no_start() { return "scan_limit(?2, 1, 1) IS NOT NULL"; }
  /// True if no more rows of the index match.
  static std::string matches_up_to(const std::string& most) {
    return "(SELECT count(*) FROM (SELECT 1 FROM message_words WHERE message_words MATCH " + counted_words() +
           " LIMIT " + most + " + 1)) <= " + most;
  }
  static std::string is_plan(const std::string& name) { return "(SELECT name FROM plan) = '" + name + "'"; }
  static std::string words_if(const std::string& plan) {
    return "CASE WHEN " + is_plan(plan) + " THEN " + words() + " ELSE '\"\"' END";
  }
  /// Only for the best: four times as many as a page far away needs can be more than a number holds.
  static std::string most_near() { return "4 * (?10 + 1)"; }
  /// SELECT: the page of what was found. Those that are ranked are the first ones in the order of sessions; if all are,
  /// they are not sorted before.
  static std::string ranked() {
    return "SELECT c.key AS key, c.score AS score, c.id AS id, NOT ?8 AND " + are_more() +
           " AS has_more FROM (SELECT * FROM found WHERE NOT (?8 OR " + are_more() +
           ") UNION ALL SELECT * FROM (SELECT * FROM found WHERE ?8 OR " + are_more() + newest_first() +
           " - NOT ?8)) c ORDER BY c.score, CASE WHEN ?8 THEN NULL ELSE c.key END, c.updated_at DESC, c.id DESC, "
           "c.sequence DESC LIMIT ?11 OFFSET ?12)";
  }
  static std::string are_more() { return "(SELECT count(*) FROM found) > ?10"; }
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
