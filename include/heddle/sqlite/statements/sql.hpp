// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::sqlite {

/// What SQLite says in its own words inside the statements that all databases share. Arguments are SQL: columns,
/// placeholders, conditions.
struct Sql {
  /// The greater of two values that are not null.
  static std::string greatest(std::string_view a, std::string_view b) {
    return std::string("max(").append(a).append(", ").append(b).append(")");
  }
  /// True for equal texts, which may be too long for an index elsewhere.
  static std::string equal(std::string_view column, std::string_view value) {
    return std::string(column).append(" = ").append(value);
  }
  /// True for equal values and for two nulls.
  static std::string same(std::string_view column, std::string_view value) {
    return std::string(column).append(" IS ").append(value);
  }
  /// The sum of the integers of the rows that pass, 0 of none, or the most that a column holds; none is negative. Their
  /// upper and lower halves are added up apart: sum() itself fails when it overflows, total() answers a rounded number.
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
  /// Behind a condition on the time of the last update: what an index needs beyond it.
  static std::string updated_before(std::string_view /*time*/) { return ""; }
  /// An order of sessions.
  static std::string last_updated_first() { return "updated_at DESC, id DESC"; }
  /// True if a list, stored as JSON or null, has all entries of another one; whole entries, byte for byte.
  static std::string has_all(std::string_view list, std::string_view wanted) {
    // No wanted entry that the list lacks.
    return std::string("NOT EXISTS (SELECT 1 FROM json_each(")
        .append(wanted)
        .append(") wanted WHERE wanted.value NOT IN (SELECT value FROM json_each(")
        .append(list)
        .append(")))");
  }

  /// Behind a SELECT: holds its row as it is to the end of the transaction. There is one writer here.
  static std::string hold_row() { return {}; }
  /// Behind a condition: rows of sessions that are hidden are not there. None are hidden here.
  static std::string visible(std::string_view /*table*/) { return {}; }
  /// The same for the table of sessions itself, or an alias.
  static std::string shown(std::string_view /*table*/) { return {}; }

  // Triggers feed the full-text index: a statement has nothing to say about it.
  static std::string search_columns() { return {}; }
  static std::string search_values(std::size_t /*first*/) { return {}; }
  static std::string search_assignments() { return {}; }

  /// FROM with the artifacts `a` of a user that match, best first.
  static std::string from_found_artifacts(std::string_view user, std::string_view words, std::string_view limit,
                                          std::string_view offset) {
    return std::string(
               " FROM (SELECT f.rowid AS number, search_rank(artifacts_search) AS score FROM artifacts_search f ")
        .append("JOIN artifacts owned ON owned.number = f.rowid WHERE artifacts_search MATCH ")
        .append(words)
        .append(" AND owned.user_id = ")
        .append(user)
        .append(" AND owned.deleted_at IS NULL ORDER BY score, f.rowid LIMIT ")
        .append(limit)
        .append(" OFFSET ")
        .append(offset)
        .append(") found JOIN artifacts a ON a.number = found.number ORDER BY found.score, found.number");
  }
};

}  // namespace heddle::sqlite
