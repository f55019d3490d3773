// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_key.hpp"
#include "heddle/sql/statements/windows.hpp"
#include "heddle/sqlite/statements/sql.hpp"

#include <string>

namespace heddle::sqlite {

/// The statements that search messages; for their arguments see `SearchStatement`. A search first makes candidates: all
/// matches if they are few, by one scan of the index; else the first ones in the order of sessions, session by session,
/// down to as many as are needed. It reads only the rows of messages that it returns, unless it needs roles or times.
template <class Messages>
struct SearchStatements {
  using Statement = typename Messages::SearchStatement;

  Statement search_in_session{
      select("?3") + "(WITH " + asked() + ", " +
      queued(of_session("search_queue q ON q.user_id = ?1 AND q.key", "CROSS JOIN messages m ON m.key = q.key")) +
      ", candidates AS MATERIALIZED (SELECT f.rowid AS key, " + rank() + " AS score, " + sequence("f.rowid") +
      " AS sequence FROM " + of_session("message_words f ON f.rowid", "") + matches(words()) + has("f.rowid") +
      " UNION ALL SELECT key, " + rank_of_queued() + ", " + sequence("key") +
      " FROM queued ORDER BY sequence DESC LIMIT " + number_wanted() + ") SELECT c.key AS key, c.score AS score, " +
      more() + " FROM " + ranked() + " ORDER BY c.score, CASE WHEN ?8 THEN -(" + sequence("c.key") +
      ") ELSE c.key END LIMIT ?11 OFFSET ?12)" + messages_of_found()};

  /// Each message in the session that wrote it, or else in the oldest one that has it.
  Statement search{
      select(holder("s.id", "m.key")) + "(WITH " + asked() + ", " +
      queued("search_queue q CROSS JOIN messages m ON m.key = q.key WHERE q.user_id = ?1 AND EXISTS (SELECT 1 " +
             holders("q.key") + ")") +
      ", few AS MATERIALIZED (SELECT (SELECT count(*) FROM (SELECT 1 FROM message_words WHERE message_words MATCH " +
      words() + " LIMIT " + few() + " + 1)) + (SELECT count(*) FROM queued) <= " + few() +
      " AS is_few), newest AS (SELECT s.updated_at AS updated_at, s.id AS id, " + sequence("f.rowid") +
      " AS sequence, f.rowid AS key, " + rank() +
      " AS score FROM sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number "
      "CROSS JOIN message_words f WHERE s.user_id = CASE WHEN (SELECT is_few FROM few) THEN NULL ELSE ?1 END" +
      Sql::shown("s") + of_agent() + " AND f.rowid BETWEEN " + Messages::key("g.first_sequence") + " AND " +
      Messages::key("g.last_sequence") + matches(words()) +
      " AND (g.source_number = s.branch_number OR s.number = " + holder("s.number", "f.rowid") + ")" + has("f.rowid") +
      " UNION ALL SELECT s.updated_at, s.id, " + sequence("q.key") + ", q.key, " + rank_of_queued() +
      " FROM queued q CROSS JOIN sessions s ON s.number = " + holder("s.number", "q.key") +
      " WHERE NOT (SELECT is_few FROM few) ORDER BY updated_at DESC, id DESC, sequence DESC LIMIT " + number_wanted() +
      "), candidates AS MATERIALIZED (SELECT key, score FROM newest UNION ALL SELECT f.rowid, " + rank() +
      " FROM message_words f WHERE true" +
      matches("CASE WHEN (SELECT is_few FROM few) THEN " + words() + " ELSE '\"\"' END") + " AND EXISTS (SELECT 1 " +
      holders("f.rowid") + ")" + has("f.rowid") + " UNION ALL SELECT key, " + rank_of_queued() +
      " FROM queued WHERE (SELECT is_few FROM few)) SELECT c.key AS key, c.score AS score, " + more() + " FROM " +
      ranked() + " LEFT JOIN sessions w ON w.number = CASE WHEN ?8 THEN " + holder("s.number", "c.key") +
      " END ORDER BY c.score, w.updated_at DESC, w.id DESC, CASE WHEN ?8 THEN -(" + sequence("c.key") +
      ") ELSE c.key END LIMIT ?11 OFFSET ?12)" + messages_of_found()};

 private:
  static std::string select(const std::string& session_id) {
    // The rank is less for a better match.
    return Messages::select(session_id) + ", 0.0 - found.score, found.has_more FROM ";
  }
  /// WITH: the number of the tenant, how much each term counts, and the query of FTS5. Materialized, so that each is
  /// made once.
  static std::string asked() {
    return "weighed AS MATERIALIZED (SELECT number, term_weights(number, ?2) AS weights FROM tenants WHERE user_id = "
           "?1), asked AS MATERIALIZED (SELECT weights, message_query(number, ?2, weights) AS words FROM weighed)";
  }
  static std::string asked(const std::string& column) { return "(SELECT " + column + " FROM asked)"; }
  /// The query of FTS5. An empty phrase matches nothing.
  static std::string words() { return "coalesce(" + asked("words") + ", '\"\"')"; }
  /// WITH: the messages that are not in the index yet and match, with their ranks. Materialized, so that each text is
  /// looked at once. The source ends in a condition.
  static std::string queued(const std::string& source) {
    return "queued AS MATERIALIZED (SELECT key, score FROM (SELECT q.key AS key, unindexed_rank(m.searched, ?2, " +
           asked("weights") + ") AS score FROM " + source + has("q.key") + ") WHERE score IS NOT NULL)";
  }
  /// The rank of a row of the index `f`; the newest have none.
  static std::string rank() {
    return "CASE WHEN ?8 THEN 0.0 ELSE search_rank(message_words, " + asked("weights") + ") END";
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
  static std::string of_agent() { return " AND (?4 IS NULL OR s.agent_id = ?4)"; }
  /// FROM and WHERE: the rows of a source, whose key is its end, that the session ?3 has.
  static std::string of_session(const std::string& source, const std::string& join) {
    return "sessions s CROSS JOIN segments g ON g.branch_number = s.branch_number CROSS JOIN " + source + " BETWEEN " +
           Messages::key("g.first_sequence") + " AND " + Messages::key("g.last_sequence") + " " + join +
           " WHERE s.user_id = ?1 AND s.id = ?3" + Sql::shown("s") + of_agent();
  }
  /// How many candidates in the order of the newest are needed: for the best one more than are ranked, which tells
  /// whether there are more.
  static std::string number_wanted() { return "CASE WHEN ?8 THEN ?11 + ?12 ELSE ?10 + 1 END"; }
  /// Up to so many matches are all made candidates. For the newest fewer: what stops early would be done sooner.
  static std::string few() { return "CASE WHEN ?8 THEN min(?10, 1000) ELSE ?10 END"; }
  /// FROM: the candidates `c` that are ranked. They are in the order in which they were found.
  static std::string ranked() {
    return "(SELECT key, score FROM candidates LIMIT CASE WHEN ?8 THEN -1 ELSE ?10 END) c";
  }
  static std::string more() { return "NOT ?8 AND (SELECT count(*) FROM candidates) > ?10 AS has_more"; }
  static std::string sequence(const std::string& key) { return sql::message_key::sequence(key); }
  // See MessageStatements: without an ORDER BY, so that no text is kept in memory.
  static std::string messages_of_found() { return " found CROSS JOIN messages m ON m.key = found.key"; }
  /// FROM: the sessions `s` whose present branch has a message, all or those of an agent.
  static std::string holders(const std::string& key) {
    return "FROM segments g JOIN branches b ON b.number = g.branch_number AND b.hidden_at IS NULL "
           "JOIN sessions s ON s.number = b.session_number WHERE g.source_number = " +
           sql::message_key::number(key) + " AND g.last_sequence >= (" + sequence(key) + ")" + of_agent() +
           Sql::shown("s");
  }
  /// A column of the session under which a message is found.
  static std::string holder(const std::string& column, const std::string& key) {
    return "(SELECT " + column + " " + holders(key) +
           " ORDER BY s.number IS NOT (SELECT session_number FROM branches WHERE number = g.source_number), "
           "s.number LIMIT 1)";
  }
};

}  // namespace heddle::sqlite
