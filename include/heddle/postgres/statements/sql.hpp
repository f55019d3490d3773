// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statements/soft_deletion.hpp"
#include "heddle/text/word.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// The parts of shared statements that differ between databases, in PostgreSQL's SQL. Arguments are SQL: columns,
/// placeholders, conditions.
struct Sql : sql::HidingSql {
  static_assert(text::analysis_version == 1, "words of another analysis need search functions that know them");

  /// Returns the greater of two values. Precondition: neither is null.
  static std::string greatest(std::string_view a, std::string_view b) {
    return std::string("greatest(").append(a).append(", ").append(b).append(")");
  }
  /// The present time in microseconds, where the process says that it is `time`: by the server's clock, so that no
  /// process whose clock is wrong hides, expires or removes too much. It stands still in a statement, so indexes can be
  /// used.
  static std::string present(std::string_view /*time*/) {
    return "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint";
  }
  /// Compares texts that may be too long for an index, which contains their MD5.
  static std::string equal(std::string_view column, std::string_view value) {
    return std::string("md5(")
        .append(column)
        .append(") = md5(")
        .append(value)
        .append(") AND ")
        .append(column)
        .append(" = ")
        .append(value);
  }
  /// True for equal values and for two nulls. Not IS NOT DISTINCT FROM, which uses no index.
  static std::string same(std::string_view column, std::string_view value) {
    const std::string name(column);
    return std::string("(")
        .append(name + " = ")
        .append(value)
        .append(" OR (")
        .append(value)
        .append(" IS NULL AND " + name + " IS NULL))");
  }
  /// The sum of the integers of the rows that satisfy a condition; 0 without rows. Computes a numeric, which does not
  /// overflow, and limits it to the largest bigint.
  static std::string sum(std::string_view column, std::string_view condition) {
    return std::string("least(coalesce(sum(")
        .append(column)
        .append(") FILTER (WHERE ")
        .append(condition)
        .append("), 0), 9223372036854775807)::bigint");
  }
  /// Follows a condition on the time of the last update, for the index on `updated_slot`: its minutes, so that most
  /// messages do not update an index of sessions.
  static std::string updated_before(std::string_view time) {
    return std::string(" AND updated_slot <= ").append(time).append(" / 60000000");
  }
  /// The order of sessions, last updated first.
  static std::string last_updated_first() { return "updated_slot DESC, updated_at DESC, id DESC"; }
  /// The same for lists in the other order.
  static std::string updated_after(std::string_view time) {
    return std::string(" AND updated_slot >= ").append(time).append(" / 60000000");
  }
  static std::string first_updated_first() { return "updated_slot, updated_at, id"; }
  /// True if a text contains another one, byte for byte.
  static std::string contains(std::string_view text, std::string_view part) {
    return std::string("strpos(").append(text).append(", ").append(part).append(") > 0");
  }
  /// True if a JSON object has all members of another one, whose values are neither objects nor lists. What
  /// SessionFilter says about numbers.
  static std::string has_members(std::string_view object, std::string_view members) {
    const std::string present = "(present.value #>> '{}')";
    const std::string wanted = "(wanted.value #>> '{}')";
    return std::string("NOT EXISTS (SELECT FROM json_each(")
        .append(members)
        .append("::json) wanted WHERE NOT EXISTS (SELECT FROM json_each(")
        .append(object)
        .append("::json) present WHERE present.key = wanted.key AND CASE ")
        .append("WHEN json_typeof(present.value) <> json_typeof(wanted.value) THEN false ")
        .append("WHEN json_typeof(wanted.value) <> 'number' THEN ")
        .append(present + " IS NOT DISTINCT FROM " + wanted)
        .append(" WHEN " + present + " || " + wanted + " !~ '[.eE]' THEN ")
        .append(present + "::numeric = " + wanted + "::numeric ELSE ")
        .append(double_of(wanted) + " BETWEEN -9007199254740991 AND 9007199254740991 AND ")
        .append(double_of(present) + " = " + double_of(wanted) + " END))");
  }
  /// The double of a number of JSON. A cast would fail for a number that is too small for a double, and is 0 then. A
  /// number of more than 1000 characters, which may be too long for numeric, is equal to none.
  static std::string double_of(const std::string& number) {
    return "CASE WHEN length(" + number + ") > 1000 THEN NULL WHEN " + number +
           " ~* 'e-0*[0-9]{4}' THEN 0 ELSE round(" + number + "::numeric, 323)::float8 END";
  }
  /// True if a list, stored as JSON or null, contains all entries of another list, compared byte for byte.
  static std::string has_all(std::string_view list, std::string_view wanted) {
    return std::string("(")
        .append(wanted)
        .append(" IS NULL OR ")
        .append(list)
        .append("::jsonb @> ")
        .append(wanted)
        .append("::jsonb)");
  }

  /// Follows a condition: two rows are of one user, with whom the keys start.
  static std::string same_user(std::string_view table, std::string_view other) {
    return std::string(" AND ").append(table).append(".user_id = ").append(other).append(".user_id");
  }
  /// Precedes a condition: the row is of a user.
  static std::string of_user(std::string_view table, std::string_view user) {
    return std::string(table).append(".user_id = ").append(user).append(" AND ");
  }
  /// The message `table` of the user ?1 is the one that a branch wrote with a sequence.
  static std::string key_is(std::string_view table, std::string_view branch, std::string_view sequence) {
    const std::string name(table);
    return of_user(table, "?1") + name + ".branch_number = " + std::string(branch) + " AND " + name +
           ".sequence = " + std::string(sequence);
  }
  /// The sequence of the message `table`.
  static std::string sequence_of(std::string_view table) { return std::string(table) + ".sequence"; }
  /// The key of the row `table` of the user ?1 is in a range of sequences of a branch.
  static std::string keys_between(std::string_view table, std::string_view branch, std::string_view first,
                                  std::string_view last) {
    const std::string name(table);
    return of_user(table, "?1") + name + ".branch_number = " + std::string(branch) + " AND " + name +
           ".sequence BETWEEN " + std::string(first) + " AND " + std::string(last);
  }
  /// The columns of the key of a message, and their values for a sequence of the session `session`.
  static std::string key_columns() { return "user_id, branch_number, sequence"; }
  static std::string key_values(std::string_view session, std::string_view sequence) {
    const std::string name(session);
    return name + ".user_id, " + name + ".branch_number, " + std::string(sequence);
  }
  /// The key of the row `table`, its branch, and whether two rows of the user ?1 have the same key. The user is named,
  /// not compared: a database that is divided by users then knows beforehand where the rows of a subquery are.
  static std::string key_of(std::string_view table) {
    const std::string name(table);
    return name + ".user_id, " + name + ".branch_number, " + name + ".sequence";
  }
  static std::string branch_of(std::string_view table) { return std::string(table).append(".branch_number"); }
  static std::string same_key(std::string_view table, std::string_view other) {
    const std::string one(table);
    const std::string two(other);
    return of_user(table, "?1") + one + ".branch_number = " + two + ".branch_number AND " + one + ".sequence = " + two +
           ".sequence";
  }
  /// FROM with the rows `m`, which have the key of a message, of the first branches of the sessions of the user ?1, in
  /// their order. Further branches have numbers below zero.
  static std::string from_first_branches(std::string_view table) {
    return std::string(" FROM ").append(table).append(
        " m WHERE m.user_id = ?1 AND m.branch_number > 0 AND m.branch_number NOT IN (SELECT number FROM branches WHERE "
        "user_id = ?1 AND session_number IS NULL) ORDER BY m.branch_number, m.sequence");
  }
  /// Words are columns of the messages.
  static constexpr bool queues_messages = false;
  /// A join whose left side is read first, if the planner agrees.
  static std::string nested_join() { return " JOIN "; }
  /// Behind SELECT: the message `m` of a sequence, of the one segment `g` that a condition names. Not joined, as
  /// `session_value` says; the order is that of the index that finds the segment, without which any one of the tenant
  /// is as good.
  static std::string from_segment(const std::string& condition, const std::string& sequence) {
    return " FROM messages m WHERE " + key_is("m",
                                              "(SELECT g.source_number FROM segments g WHERE " + of_user("g", "?1") +
                                                  condition + " ORDER BY g.first_sequence LIMIT 1)",
                                              sequence);
  }
  /// The chunks of the message that is being written, from a number of bytes before them on, as one text.
  static std::string joined_chunks(std::string_view table, std::string_view start) {
    return "coalesce((SELECT string_agg(c.text, '' ORDER BY c.start) FROM message_chunks c WHERE " +
           same_key("c", table) + " AND c.start >= " + std::string(start) + "), '')";
  }
  /// The present time in microseconds.
  static std::string clock() { return present({}); }
  /// The columns of a new branch that identify it, and their values for a session `s`.
  static std::string branch_columns() { return "user_id, number"; }
  static std::string branch_values() { return "s.user_id, -nextval('heddle_branch_numbers')"; }
  /// The same for a segment, before its other columns.
  static std::string segment_columns() { return "user_id, "; }
  static std::string segment_values() { return "s.user_id, "; }
  /// The same for a summary of the user ?1.
  static std::string summary_columns() { return "user_id, number, "; }
  static std::string summary_values() { return "?1, nextval('heddle_summary_numbers'), "; }
  /// The number of the summary that this transaction has just inserted.
  static std::string new_summary() { return "currval('heddle_summary_numbers')"; }

  /// Follows a SELECT: locks its row until the end of the transaction.
  static std::string hold_row() { return " FOR UPDATE"; }
  /// The same against other changes, but not against records that refer to the row.
  static std::string keep_row() { return " FOR NO KEY UPDATE"; }
  /// The same, without the rows that another transaction has locked, which are skipped.
  static std::string skip_held() { return " FOR UPDATE SKIP LOCKED"; }
  /// The same for the rows of one table, against other changes, but not against records that refer to them.
  static std::string skip_held(std::string_view table) {
    return std::string(" FOR NO KEY UPDATE OF ").append(table).append(" SKIP LOCKED");
  }
  /// A query that holds the sums of a tenant until the end of the transaction: statements after it see all that other
  /// transactions with this query have written.
  static std::string hold_sums(std::string_view tenant, std::string_view sums) {
    return std::string("SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '")
        .append(sums)
        .append("' || ")
        .append(tenant)
        .append(", 0))) held");
  }

  // A text to search becomes two parameters, the vector and the list of search::Words.
  static std::string search_columns() { return ", search, words"; }
  static std::string search_values(std::size_t first) {
    return ", " + search_vector("?" + std::to_string(first), "?1") + ", ?" + std::to_string(first + 1);
  }
  /// The words with their positions, and one word for the analysis that made them and the user, by which the index
  /// finds the rows of one tenant.
  static std::string search_vector(std::string_view words, std::string_view user) {
    return std::string(words).append("::tsvector || array_to_tsvector(ARRAY['~1u' || ").append(user).append("])");
  }
};

}  // namespace heddle::postgres
