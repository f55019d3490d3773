// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sql {

/// The new time of a session's last update, where `time` is the present time of the process. It does not go back when
/// two processes disagree a little. A time more than a day ahead is that of a clock that was wrong: without an
/// exception it would keep the session in front of the list until it comes.
template <class Sql>
[[nodiscard]] std::string updated(std::string_view time) {
  const std::string present = Sql::present(time);
  return "CASE WHEN updated_at > " + present + " + 86400000000 THEN " + present + " ELSE " +
         Sql::greatest("updated_at", present) + " END";
}

}  // namespace heddle::sql
