// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/statements/soft_deletion.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::sqlite {

/// The parts of shared statements that are specific to SQLite. Arguments and results are SQL: columns, placeholders,
/// conditions.
struct Sql : sql::HidingSql {
  /// The greater of two values that are not null.
  static std::string greatest(std::string_view a, std::string_view b) {
    return std::string("max(").append(a).append(", ").append(b).append(")");
  }
  /// The present time in microseconds, where the process says that it is `time`. All processes that share a file share
  /// the clock of its machine.
  static std::string present(std::string_view time) { return std::string(time); }
  /// True for equal texts. Other databases cannot index long texts directly.
  static std::string equal(std::string_view column, std::string_view value) {
    return std::string(column).append(" = ").append(value);
  }
  /// True for equal values and for two nulls.
  static std::string same(std::string_view column, std::string_view value) {
    return std::string(column).append(" IS ").append(value);
  }
  /// The sum of the integers, none of them negative, of the rows that meet a condition; 0 without rows; the greatest
  /// value of a column if the sum is greater. Adds the upper and the lower halves separately: sum() fails when it
  /// overflows, and total() returns a rounded number.
  static std::string sum(std::string_view column, std::string_view condition) {
    const auto sum_of = [&](std::string_view half) {
      return std::string("coalesce(sum(").append(column).append(half).append(") FILTER (WHERE ").append(condition) +
             "), 0)";
    };
    const std::string upper = sum_of(" >> 32");
    const std::string lower = sum_of(" & 4294967295");
    return "CASE WHEN " + upper + " + (" + lower + " >> 32) > 2147483647 THEN 9223372036854775807 ELSE (" + upper +
           " << 32) + " + lower + " END";
  }
  /// After a condition on the time of the last update: a further condition for an index, which SQLite does not need.
  static std::string updated_before(std::string_view /*time*/) { return ""; }
  /// The order of sessions, the last updated first.
  static std::string last_updated_first() { return "updated_at DESC, id DESC"; }
  /// The same for lists in the other order.
  static std::string updated_after(std::string_view /*time*/) { return ""; }
  static std::string first_updated_first() { return "updated_at, id"; }
  /// True if a text contains another one, byte for byte.
  static std::string contains(std::string_view text, std::string_view part) {
    return std::string("instr(").append(text).append(", ").append(part).append(") > 0");
  }
  /// True if a JSON object has all members of another one, whose values are neither objects nor lists. What
  /// SessionFilter says about numbers: SQLite compares an integer and a double exactly.
  static std::string has_members(std::string_view object, std::string_view members) {
    return std::string("NOT EXISTS (SELECT 1 FROM json_each(")
        .append(members)
        .append(") wanted WHERE NOT EXISTS (SELECT 1 FROM json_each(")
        .append(object)
        .append(
            ") present WHERE present.key = wanted.key AND CASE WHEN wanted.type IN ('integer', 'real') THEN "
            "present.type IN ('integer', 'real') AND present.atom = wanted.atom AND (typeof(present.atom) = 'integer' "
            "AND "
            "typeof(wanted.atom) = 'integer' OR wanted.atom BETWEEN -9007199254740991 AND 9007199254740991) "
            "ELSE present.type = wanted.type AND present.atom IS wanted.atom END))");
  }
  /// True if a list, stored as JSON or null, contains all entries of another one; entries are compared byte for byte.
  static std::string has_all(std::string_view list, std::string_view wanted) {
    // There is no wanted entry that the list lacks.
    return std::string("NOT EXISTS (SELECT 1 FROM json_each(")
        .append(wanted)
        .append(") wanted WHERE wanted.value NOT IN (SELECT value FROM json_each(")
        .append(list)
        .append(")))");
  }

  /// After a condition: two rows are of one user. Numbers of sessions and branches belong to one user anyway.
  static std::string same_user(std::string_view /*table*/, std::string_view /*other*/) { return {}; }
  /// Before a condition on such a number: the row is of a user.
  static std::string of_user(std::string_view /*table*/, std::string_view /*user*/) { return {}; }
  /// The message `table` is the one that a branch wrote with a sequence.
  static std::string key_is(std::string_view table, std::string_view branch, std::string_view sequence) {
    return std::string(table).append(".key = ").append(sql::message_key::base(branch)).append(" + ").append(sequence);
  }
  /// The sequence of the message `table`.
  static std::string sequence_of(std::string_view table) {
    return "(" + sql::message_key::sequence(std::string(table) + ".key") + ")";
  }
  /// The key of the row `table` is in a range of sequences of a branch.
  static std::string keys_between(std::string_view table, std::string_view branch, std::string_view first,
                                  std::string_view last) {
    const std::string base = sql::message_key::base(branch) + " + ";
    return std::string(table)
        .append(".key BETWEEN ")
        .append(base)
        .append(first)
        .append(" AND ")
        .append(base)
        .append(last);
  }
  /// The columns of the key of a message, and their values for a sequence of the session `session`.
  static std::string key_columns() { return "key"; }
  static std::string key_values(std::string_view session, std::string_view sequence) {
    return sql::message_key::base(std::string(session) + ".branch_number").append(" + ").append(sequence);
  }
  /// The key of the row `table`, its branch, and whether two rows have the same key.
  static std::string key_of(std::string_view table) { return std::string(table).append(".key"); }
  static std::string branch_of(std::string_view table) { return "(" + sql::message_key::number(key_of(table)) + ")"; }
  static std::string same_key(std::string_view table, std::string_view other) {
    return key_of(table).append(" = ").append(key_of(other));
  }
  /// FROM with the rows `m`, which have the key of a message, of the first branches of the sessions of the user ?1, in
  /// their order.
  static std::string from_first_branches(std::string_view table) {
    return std::string(" FROM branches b CROSS JOIN ").append(table).append(" m ON ") +
           keys_between("m", "b.number", "0", std::to_string(limits::sequence)) +
           " WHERE b.user_id = ?1 AND b.session_number = b.number ORDER BY b.number, m.key";
  }
  /// New messages are queued for the full-text index.
  static constexpr bool queues_messages = true;
  /// A join whose left side is read first: SQLite does not reorder it.
  static std::string nested_join() { return " CROSS JOIN "; }
  /// Behind SELECT: the message `m` of a sequence, of the one segment `g` that a condition names.
  static std::string from_segment(const std::string& condition, const std::string& sequence) {
    return " FROM segments g JOIN messages m ON " + key_is("m", "g.source_number", sequence) + " WHERE " + condition;
  }
  /// The chunks of the message that is being written, from a number of bytes before them on, as one text.
  static std::string joined_chunks(std::string_view table, std::string_view start) {
    return "coalesce((SELECT group_concat(text, '') FROM (SELECT c.text FROM message_chunks c WHERE " +
           same_key("c", table) + " AND c.start >= " + std::string(start) + " ORDER BY c.start)), '')";
  }
  /// The present time in microseconds, where the process does not say it.
  static std::string clock() { return "CAST((julianday('now') - 2440587.5) * 86400000000.0 AS INTEGER)"; }
  /// The columns of a new branch that identify it, and their values for a session `s`. Its number is the next one below
  /// zero.
  static std::string branch_columns() { return "user_id, number"; }
  static std::string branch_values() { return "s.user_id, min(0, (SELECT min(number) FROM branches)) - 1"; }
  /// The same for a segment, before its other columns.
  static std::string segment_columns() { return {}; }
  static std::string segment_values() { return {}; }
  /// The same for a summary of the user ?1. Its number is the next one.
  static std::string summary_columns() { return {}; }
  static std::string summary_values() { return {}; }
  /// The number of the summary that this transaction has just inserted.
  static std::string new_summary() { return "(SELECT max(number) FROM summaries)"; }

  /// After a SELECT: locks its rows to the end of the transaction. SQLite has one writer, so nothing is needed.
  static std::string hold_row() { return {}; }
  static std::string keep_row() { return {}; }
  static std::string skip_held(std::string_view /*table*/ = {}) { return {}; }
  /// One transaction writes at a time.
  static std::string hold_sums(std::string_view tenant, std::string_view /*sums*/) {
    return std::string("SELECT 1 WHERE ").append(tenant).append(" <> ''");
  }
  /// See HidingSql. Looks once whether any session is hidden, and only then for each row. The index has hidden sessions
  /// only; SQLite would choose that of all sessions.
  static std::string visible(std::string_view table) {
    constexpr std::string_view index = " INDEXED BY sessions_deleted";
    return std::string(" AND (NOT EXISTS (SELECT 1 FROM sessions")
               .append(index)
               .append(" WHERE deleted_at IS NOT NULL) OR NOT EXISTS (") +
           hidden_session_of(table, std::string("sessions AS hidden").append(index)) + "))";
  }

  // Statements of their own, and triggers, update the full-text indexes.
  static std::string search_columns() { return {}; }
  static std::string search_values(std::size_t /*first*/) { return {}; }
};

}  // namespace heddle::sqlite
