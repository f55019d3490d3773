// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/session.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/sessions.hpp"
#include "heddle/sql/statements/updated_at.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements that fork and rewind sessions; the tables are described in the migration `branches`. In a rewind the
/// statements from `hide_tail` to `show_start` change nothing if the session ends where it is to.
template <class Sql>
struct BranchStatements {
  using Text = std::string_view;
  using Stored = typename SessionStatements<Sql>::Stored;
  using Verbatim = typename SessionStatements<Sql>::Verbatim;
  using Totals = typename SessionStatements<Sql>::Totals;

  /// Parameters: user, session. Locks the session against changes until the end of the transaction; no row if it does
  /// not exist.
  Statement<std::int64_t, Text, Text> hold{"SELECT number FROM sessions s WHERE " + session() + Sql::keep_row()};
  /// Parameters: user, session, sequence. No row if the session ends before it.
  Statement<std::int64_t, Text, Text, std::int64_t> reaches{"SELECT 1 FROM sessions s WHERE " + session() +
                                                            " AND s.last_sequence >= ?3"};
  /// Parameters: user, session. Returns the end of the session.
  Statement<std::int64_t, Text, Text> end{"SELECT " + session_end::packed("s.branch", "s.last_sequence") +
                                          " FROM sessions s WHERE " + session()};

  /// Parameters: user, session, sequence, time. Hides the present branch.
  Statement<NoRow, Text, Text, std::int64_t, Timestamp> hide_tail{hide("?4", " AND s.last_sequence > ?3")};
  /// Parameters: user, session, sequence. Makes a branch that starts behind the sequence.
  Statement<NoRow, Text, Text, std::int64_t> begin_branch{
      "INSERT INTO branches (" + Sql::branch_columns() + ", session_number, branch, first_sequence) SELECT " +
      Sql::branch_values() + ", s.number, " + newest_branch() + " + 1, ?3 + 1 FROM sessions s WHERE " + session() +
      " AND s.last_sequence > ?3"};
  /// Parameters: user, session, sequence. Gives the newest branch the messages of the present one up to the sequence.
  Statement<NoRow, Text, Text, std::int64_t> share_start{
      insert_segments("n.number", "?3") +
      "sessions s JOIN branches n ON n.session_number = s.number AND n.branch = " + newest_branch() +
      Sql::same_user("n", "s") + segments_up_to("?3") + " WHERE " + session() + " AND s.last_sequence > ?3"};
  /// Parameters: user, session, sequence. The same for the folds of these messages.
  Statement<NoRow, Text, Text, std::int64_t> fold_start{
      insert_folds("n.number", "?3") +
      "sessions s JOIN branches n ON n.session_number = s.number AND n.branch = " + newest_branch() +
      Sql::same_user("n", "s") + folds_up_to("?3") + " WHERE " + session() + " AND s.last_sequence > ?3"};
  /// Parameters: user, session, sequence, time. Makes the newest branch the present one.
  Statement<NoRow, Text, Text, std::int64_t, Timestamp> show_start{
      show("?3", "?4") + "n.branch = (SELECT max(branch) FROM branches b WHERE " + Sql::of_user("b", "?1") +
      "b.session_number = n.session_number) AND sessions.last_sequence > ?3"};

  /// Parameters: user, session, branch. No row if no hidden branch of the session has this number.
  Statement<std::int64_t, Text, Text, std::int64_t> is_hidden{"SELECT 1 FROM sessions s JOIN branches n ON " +
                                                              hidden() + " WHERE " + session()};
  /// Parameters: user, session, time. Hides the present branch.
  Statement<NoRow, Text, Text, Timestamp> hide_present{hide("?3", "")};
  /// Parameters: user, session, branch, time. Makes a hidden branch the present one; `reveal` must follow.
  Statement<NoRow, Text, Text, std::int64_t, Timestamp> show_hidden{show("n.last_sequence", "?4") + "n.branch = ?3"};
  /// Parameters: user, session. Marks the present branch as such.
  Statement<NoRow, Text, Text> reveal{"UPDATE branches SET last_sequence = NULL, hidden_at = NULL WHERE " + present()};

  /// Parameters: user, session, after this branch, limit. In the order of their numbers.
  Statement<Branch, Text, Text, std::int64_t, std::int64_t> list{
      "SELECT " +
      columns<Branch>("n.", {computed<&Branch::last_sequence>("coalesce(n.last_sequence, s.last_sequence)")}) +
      " FROM sessions s JOIN branches n ON n.session_number = s.number" + Sql::same_user("n", "s") +
      " AND n.branch > ?3 WHERE " + session() + " ORDER BY n.branch LIMIT ?4"};

  /// Parameters: user, the session, time of creation, time of the update, totals, sequence at which it starts. Returns
  /// its revision; no row if the id is in use.
  Statement<std::int64_t, Text, Fields<Session, Verbatim>, Timestamp, Timestamp, Fields<Session, Totals>, std::int64_t>
      insert_fork{"INSERT INTO sessions (user_id, " + columns<Stored>() + ", last_sequence) VALUES (?1, " +
                  placeholders<Stored>(2) + ", " + placeholder(2 + width<Stored>()) +
                  ") ON CONFLICT DO NOTHING RETURNING revision"};
  /// Parameters: user, source, sequence, fork. Gives the fork the messages of its source up to the sequence.
  Statement<NoRow, Text, Text, std::int64_t, Text> share_with{
      insert_segments("f.branch_number", "?3") + "sessions s" + segments_up_to("?3") +
      " JOIN sessions f ON f.user_id = s.user_id AND f.id = ?4 WHERE " + session()};
  /// Parameters: user, source, sequence, fork. The same for the folds of these messages.
  Statement<NoRow, Text, Text, std::int64_t, Text> fold_with{
      insert_folds("f.branch_number", "?3") + "sessions s" + folds_up_to("?3") +
      " JOIN sessions f ON f.user_id = s.user_id AND f.id = ?4 WHERE " + session()};

 private:
  static std::string session() { return "s.user_id = ?1 AND s.id = ?2" + Sql::shown("s"); }
  static std::string newest_branch() {
    return "(SELECT max(branch) FROM branches b WHERE " + Sql::of_user("b", "?1") + "b.session_number = s.number)";
  }
  static std::string present(const std::string& condition = {}) {
    return Sql::of_user("branches", "?1") + "number = (SELECT s.branch_number FROM sessions s WHERE " + session() +
           condition + ")";
  }
  static std::string hide(const std::string& time, const std::string& condition) {
    return "UPDATE branches SET last_sequence = (SELECT s.last_sequence FROM sessions s WHERE " + session() +
           "), hidden_at = " + Sql::present(time) + " WHERE " + present(condition);
  }
  static std::string hidden() {
    return "n.session_number = s.number AND n.branch = ?3 AND n.hidden_at IS NOT NULL" + Sql::same_user("n", "s");
  }
  /// Makes the branch `n` the present one of its session, which ends at a sequence. A condition follows.
  static std::string show(const std::string& end, const std::string& time) {
    return "UPDATE sessions SET branch_number = n.number, branch = n.branch, branch_first = n.first_sequence, "
           "last_sequence = " +
           end + ", updated_at = " + updated<Sql>(time) +
           " FROM branches n WHERE sessions.user_id = ?1 AND sessions.id = ?2" + Sql::shown("sessions") +
           " AND n.session_number = sessions.number" + Sql::same_user("n", "sessions") + " AND ";
  }
  static std::string insert_segments(const std::string& branch, const std::string& end) {
    return "INSERT INTO segments (" + Sql::segment_columns() +
           "branch_number, first_sequence, last_sequence, "
           "source_number) SELECT " +
           Sql::segment_values() + branch + ", g.first_sequence, CASE WHEN g.last_sequence < " + end +
           " THEN g.last_sequence ELSE " + end + " END, g.source_number FROM ";
  }
  static std::string segments_up_to(const std::string& end) {
    return " JOIN segments g ON g.branch_number = s.branch_number" + Sql::same_user("g", "s") +
           " AND g.first_sequence <= " + end;
  }
  /// A fold around it that ends later is not copied.
  static std::string insert_folds(const std::string& branch, const std::string& end) {
    return "INSERT INTO folds (" + Sql::segment_columns() +
           "branch_number, first_sequence, last_sequence, outer_last, summary_number) SELECT " + Sql::segment_values() +
           branch + ", o.first_sequence, o.last_sequence, CASE WHEN o.outer_last <= " + end +
           " THEN o.outer_last ELSE 0 END, o.summary_number FROM ";
  }
  static std::string folds_up_to(const std::string& end) {
    return " JOIN folds o ON o.branch_number = s.branch_number" + Sql::same_user("o", "s") +
           " AND o.last_sequence <= " + end;
  }
};

}  // namespace heddle::sql
