// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/statements/sql.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/retention.hpp"

#include <cstdint>
#include <string_view>

namespace heddle::postgres {

/// The statements that remove what is old: those of all backends, and one that locks.
struct RetentionStatements : sql::RetentionStatements<Sql> {
  /// Parameter: user. Locks the branches whose messages the marked ones have, in the order in which the end of a
  /// session locks them: of two transactions that remove segments of one source, the second sees what the first did.
  sql::Statement<std::int64_t, std::string_view> hold_sources{
      "SELECT count(*) FROM (SELECT 1 FROM branches b WHERE b.user_id = ?1 AND b.number IN (SELECT g.source_number "
      "FROM "
      "segments g JOIN branches m ON m.user_id = g.user_id AND m.number = g.branch_number WHERE g.user_id = ?1 AND " +
      marked("m") + ") ORDER BY b.number FOR NO KEY UPDATE) held"};
};

}  // namespace heddle::postgres
