// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>

namespace heddle::sql {

/// A column of the session ?2 of the user ?1, as a subquery. In the place of a join with messages: PostgreSQL keeps a
/// plan that it has made for tables without statistics, and that can begin with all messages of the tenant.
[[nodiscard]] inline std::string session_value(const std::string& column) {
  return "(SELECT s." + column + " FROM sessions s WHERE s.user_id = ?1 AND s.id = ?2)";
}

}  // namespace heddle::sql
