// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"

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

/// WITH: `line`, the sequences of the newest messages one by one, back to the first with which they have more tokens
/// than the window may have, or to as many as it may have. Reads no message before that one: sequences have no gaps.
/// The sum of all token counts would read the whole session.
template <class Sql>
[[nodiscard]] std::string line() {
  const std::string matches = "CASE WHEN " + has_role("?5") + " THEN ";
  return "WITH RECURSIVE line (branch_number, sequence, total, taken) AS (SELECT s.branch_number, CASE WHEN "
         "s.last_sequence < ?4 THEN s.last_sequence ELSE ?4 END + 1, CAST(0 AS bigint), CAST(0 AS bigint) FROM "
         "sessions s "
         "WHERE s.user_id = ?1 AND s.id = ?2" +
         Sql::shown("s") + " UNION ALL SELECT line.branch_number, line.sequence - 1, line.total + " + matches +
         "m.token_count ELSE 0 END, line.taken + " + matches + "1 ELSE 0 END FROM line JOIN segments g ON " +
         Sql::of_user("g", "?1") +
         "g.branch_number = line.branch_number AND g.first_sequence < line.sequence AND g.last_sequence >= "
         "line.sequence - "
         "1 JOIN messages m ON " +
         Sql::key_is("m", "g.source_number", "line.sequence - 1") +
         " WHERE line.total <= ?7 AND line.taken < ?6 AND line.sequence > ?3) ";
}

/// The first sequence in `line`.
inline constexpr std::string_view start = "(SELECT min(sequence) FROM line)";

}  // namespace heddle::sql::windows
