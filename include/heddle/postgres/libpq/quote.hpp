// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// An identifier as SQL takes it.
[[nodiscard]] inline std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (const char each : name) {
    if (each == '"') { quoted += '"'; }
    quoted += each;
  }
  return quoted + "\"";
}

/// The setting search_path for a schema: nothing else is looked into, and temporary tables stand for none of ours.
[[nodiscard]] inline std::string search_path(std::string_view schema) { return quote_identifier(schema) + ", pg_temp"; }

}  // namespace heddle::postgres::libpq
