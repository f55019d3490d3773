// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Returns the name as a quoted SQL identifier.
[[nodiscard]] inline std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char each : name) {
    if (each == '"') { quoted += '"'; }
    quoted += each;
  }
  return quoted + "\"";
}

/// Returns the search_path for a schema: no other schema is searched, and pg_temp stands last so that a temporary table
/// does not hide one of ours.
[[nodiscard]] inline std::string search_path(std::string_view schema) { return quote_identifier(schema) + ", pg_temp"; }

}  // namespace heddle::postgres::libpq
