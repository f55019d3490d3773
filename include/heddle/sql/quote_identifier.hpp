// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::sql {

/// Returns the name as an SQL identifier: in double quotes, with its double quotes doubled.
[[nodiscard]] inline std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char each : name) {
    if (each == '"') { quoted += '"'; }
    quoted += each;
  }
  return quoted += '"';
}

}  // namespace heddle::sql
