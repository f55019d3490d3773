// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sql {

/// Returns the number of messages of the sessions `s` that satisfy a condition, each counted once, however many
/// sessions share it; without those of hidden branches. All segments of one source start at its first message.
template <class Sql>
[[nodiscard]] std::string visible_messages(std::string_view condition) {
  return std::string(
             "(SELECT CAST(coalesce(sum(size), 0) AS bigint) FROM (SELECT max(CASE WHEN g.last_sequence < "
             "s.last_sequence THEN g.last_sequence ELSE s.last_sequence END) - min(g.first_sequence) + 1 AS size "
             "FROM sessions s JOIN segments g ON g.branch_number = s.branch_number")
      .append(Sql::same_user("g", "s"))
      .append(" WHERE ")
      .append(condition)
      .append(Sql::shown("s"))
      .append(" GROUP BY s.user_id, g.source_number) counted)");
}

}  // namespace heddle::sql
