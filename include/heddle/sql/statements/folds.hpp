// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements that fold messages, after a session is held; the tables are described in the migration `folds`. In
/// the order in which they run.
template <class Sql>
struct FoldStatements {
  using Text = std::string_view;

  /// Parameters: user, session, first and last sequence. No row if a fold has a part of this range and is neither in it
  /// nor around it.
  Statement<std::int64_t, Text, Text, std::int64_t, std::int64_t> fits{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM folds o WHERE " + of_present_branch("o") +
      " AND o.last_sequence >= ?3 AND o.first_sequence <= ?4 AND NOT (o.first_sequence >= ?3 AND o.last_sequence <= "
      "?4) AND NOT (o.first_sequence <= ?3 AND o.last_sequence >= ?4))"};
  /// Parameters: user, session, first and last sequence. Removes the fold of exactly this range.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t> remove_same{
      "DELETE FROM folds WHERE " + of_present_branch("folds") + " AND last_sequence = ?4 AND first_sequence = ?3"};
  /// Parameters: user, text, tokens, time.
  Statement<NoRow, Text, Text, std::int64_t, Timestamp> insert_summary{
      "INSERT INTO summaries (" + Sql::summary_columns() + "content, token_count, created_at) VALUES (" +
      Sql::summary_values() + "?2, ?3, ?4)"};
  /// Parameters: user, session. Gives the first fold of a branch one before it.
  Statement<NoRow, Text, Text> insert_start{insert_into("0, 0, 0, NULL") + " WHERE " + session() +
                                            " ON CONFLICT DO NOTHING"};
  /// Parameters: user, session, first and last sequence. Inserts the fold of this range, with the new summary.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t> insert{
      insert_into("?4, ?3, coalesce((SELECT min(o.last_sequence) FROM folds o WHERE " + Sql::of_user("o", "?1") +
                  "o.branch_number = s.branch_number AND o.last_sequence >= ?4 AND o.first_sequence <= ?3), 0), " +
                  Sql::new_summary()) +
      " WHERE " + session()};
  /// Parameters: user, session, first and last sequence. Tells the folds in this range, but not those in them, that it
  /// is around them.
  Statement<NoRow, Text, Text, std::int64_t, std::int64_t> enclose{
      "UPDATE folds SET outer_last = ?4 WHERE " + of_present_branch("folds") +
      " AND outer_last = (SELECT o.outer_last FROM folds o WHERE " + of_present_branch("o") +
      " AND o.last_sequence = ?4 AND o.first_sequence = ?3) AND last_sequence BETWEEN ?3 AND ?4 AND first_sequence >= "
      "?3 AND NOT (last_sequence = ?4 AND first_sequence = ?3)"};

 private:
  static std::string session() { return "s.user_id = ?1 AND s.id = ?2" + Sql::shown("s"); }
  static std::string insert_into(const std::string& values) {
    return "INSERT INTO folds (" + Sql::segment_columns() +
           "branch_number, last_sequence, first_sequence, outer_last, summary_number) SELECT " + Sql::segment_values() +
           "s.branch_number, " + values + " FROM sessions s";
  }
  static std::string of_present_branch(const std::string& folds) {
    return Sql::of_user(folds, "?1") + folds + ".branch_number = (SELECT s.branch_number FROM sessions s WHERE " +
           session() + ")";
  }
};

}  // namespace heddle::sql
