// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/quote_identifier.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Returns the search_path for a schema: no other schema is searched, and pg_temp stands last so that a temporary table
/// does not hide one of ours.
[[nodiscard]] inline std::string search_path(std::string_view schema) {
  return sql::quote_identifier(schema) + ", pg_temp";
}

}  // namespace heddle::postgres::libpq
