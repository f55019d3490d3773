// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/statements/stream_columns.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// What the statements for windows of messages share. Their parameters: user, session, first sequence, last sequence,
/// roles, number of rows; and the number of tokens.
namespace heddle::sql::windows {

/// True if the message `m` has one of the roles in a set of bits, in the order of their enumeration. A role that this
/// version does not know is the next bit.
[[nodiscard]] inline std::string has_role(std::string_view bits) {
  std::string sql = "(CASE m.role";
  std::int64_t bit = 1;
  for (const std::string_view name : EnumNames<Role>::values) {
    sql.append(" WHEN '").append(name).append("' THEN ").append(std::to_string(bit));
    bit *= 2;
  }
  return sql.append(" ELSE ").append(std::to_string(bit)).append(" END & ").append(bits).append(") <> 0");
}

/// The set of all roles, those that this version does not know included.
inline constexpr std::int64_t all_roles = ~std::int64_t{0};

/// WITH: `line`, the sequences of the newest messages one by one, back to the first with which they have more tokens
/// than the window may have, or to as many as it may have. Reads no message before that one: sequences have no gaps.
/// The sum of all token counts would read the whole session. Empty if the session `s` does not satisfy the condition.
template <class Sql>
[[nodiscard]] std::string line(const std::string& condition = {}) {
  const std::string matches = "CASE WHEN " + has_role("?5") + " THEN ";
  return "line (branch_number, sequence, total, taken) AS (SELECT s.branch_number, CASE WHEN "
         "s.last_sequence < ?4 THEN s.last_sequence ELSE ?4 END + 1, CAST(0 AS bigint), CAST(0 AS bigint) FROM "
         "sessions s "
         "WHERE s.user_id = ?1 AND s.id = ?2" +
         Sql::shown("s") + condition + " UNION ALL SELECT line.branch_number, line.sequence - 1, line.total + " +
         matches + "m.token_count ELSE 0 END, line.taken + " + matches + "1 ELSE 0 END FROM line JOIN segments g ON " +
         Sql::of_user("g", "?1") +
         "g.branch_number = line.branch_number AND g.first_sequence < line.sequence AND g.last_sequence >= "
         "line.sequence - "
         "1 JOIN messages m ON " +
         Sql::key_is("m", "g.source_number", "line.sequence - 1") +
         " WHERE line.total <= ?7 AND line.taken < ?6 AND line.sequence > ?3)";
}

/// The first sequence in `line`.
inline constexpr std::string_view start = "(SELECT min(sequence) FROM line)";

/// True if the session has folds.
template <class Sql>
[[nodiscard]] std::string has_folds(const std::string& session) {
  return "EXISTS (SELECT 1 FROM folds f WHERE " + Sql::of_user("f", "?1") + "f.branch_number = " + session +
         ".branch_number)";
}

/// True if the message `m`, in its place the fold `f` that ends with it, has one of the roles.
template <class Sql>
[[nodiscard]] std::string is_shown() {
  return "CASE WHEN " + Sql::sequence_of("m") + " = f.last_sequence THEN (1 & ?5) <> 0 ELSE " + has_role("?5") + " END";
}

/// WITH: `shown`, like `line` for a session with folds: reads nothing that is under a fold.
template <class Sql>
[[nodiscard]] std::string shown() {
  const std::string newest = "CASE WHEN s.last_sequence < ?4 THEN s.last_sequence ELSE ?4 END";
  const std::string matches = "CASE WHEN " + is_shown<Sql>() + " THEN ";
  return "shown (branch_number, sequence, total, taken, next) AS (SELECT s.branch_number, " + newest +
         " + 1, CAST(0 AS bigint), CAST(0 AS bigint), coalesce((SELECT f.first_sequence - 1 FROM folds f WHERE " +
         Sql::of_user("f", "?1") + "f.branch_number = s.branch_number AND f.outer_last = 0 AND f.last_sequence > " +
         newest + " AND f.first_sequence <= " + newest + "), " + newest +
         ") FROM sessions s WHERE s.user_id = ?1 AND s.id = ?2" + Sql::shown("s") + " AND " + has_folds<Sql>("s") +
         " UNION ALL SELECT shown.branch_number, shown.next, shown.total + " + matches +
         "coalesce(u.token_count, m.token_count) ELSE 0 END, shown.taken + " + matches +
         "1 ELSE 0 END, coalesce(f.first_sequence, shown.next) - 1 FROM shown JOIN segments g ON " +
         Sql::of_user("g", "?1") +
         "g.branch_number = shown.branch_number AND g.first_sequence <= shown.next AND g.last_sequence >= shown.next "
         "JOIN messages m ON " +
         Sql::key_is("m", "g.source_number", "shown.next") + " LEFT JOIN folds f ON " + Sql::of_user("f", "?1") +
         "f.branch_number = shown.branch_number AND f.outer_last = 0 AND f.last_sequence = shown.next LEFT JOIN "
         "summaries u ON " +
         Sql::of_user("u", "?1") +
         "u.number = f.summary_number WHERE shown.total <= ?7 AND shown.taken < ?6 AND shown.next >= ?3)";
}

/// The first sequence in `shown`.
inline constexpr std::string_view start_of_shown = "(SELECT min(sequence) FROM shown)";

/// The outermost folds `f` of a branch that are behind a sequence, or the last one before it.
template <class Sql>
[[nodiscard]] std::string outermost(const std::string& branch, std::string_view begin) {
  const auto of_branch = [&branch](const std::string& fold) {
    return Sql::of_user(fold, "?1") + fold + ".branch_number = " + branch + " AND " + fold + ".outer_last = 0";
  };
  return of_branch("f") +
         " AND f.last_sequence <= ?4 AND f.last_sequence >= (SELECT max(b.last_sequence) FROM folds b WHERE " +
         of_branch("b") + " AND b.last_sequence <= " + std::string(begin) + ")";
}
/// The last sequence before the outermost fold behind `f`.
template <class Sql>
[[nodiscard]] std::string before_next() {
  return "coalesce((SELECT min(n.first_sequence) - 1 FROM folds n WHERE " + Sql::of_user("n", "?1") +
         "n.branch_number = f.branch_number AND n.outer_last = 0 AND n.last_sequence > f.last_sequence), ?4)";
}

/// The columns of a Message for the message `m`, or for the fold `f` that ends with it, whose summary is `u`. A fold
/// has other columns of the message, but none with content: see `as_fold`.
template <class Sql>
[[nodiscard]] std::string columns_of_shown() {
  const auto of_fold = [](std::string_view column) {
    return std::string("CASE WHEN u.number IS NULL THEN 0 ELSE f.").append(column).append(" END");
  };
  const auto of_message = [](std::string_view column) {
    return std::string("CASE WHEN u.number IS NULL THEN m.").append(column).append(" END");
  };
  return columns<Message>(
      "m.",
      {computed<&Message::content>("coalesce(u.content, " + streams::content<Sql>("m") + ")"),
       computed<&Message::state>("CASE WHEN u.number IS NULL THEN " + streams::state<Sql>("m") +
                                 " ELSE 'complete' END"),
       computed<&Message::content_blocks>(of_message("content_blocks")),
       computed<&Message::tool_calls>(of_message("tool_calls")),
       computed<&Message::tool_result>(of_message("tool_result")), computed<&Message::parts>(of_message("parts")),
       computed<&Message::timestamp>("coalesce(u.created_at, m.timestamp)"),
       computed<&Message::token_count>("coalesce(u.token_count, m.token_count)"), computed<&Message::session_id>("?2"),
       computed<&Message::sequence>(Sql::sequence_of("m")), computed<&Message::folded_first>(of_fold("first_sequence")),
       computed<&Message::folded_last>(of_fold("last_sequence"))});
}

}  // namespace heddle::sql::windows
