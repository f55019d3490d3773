// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/search_words.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle::postgres::search {

/// Returns a query for the search functions of the schema: one term per line, its words separated by spaces. Omits a
/// term without words ("+++"), as FTS5 does; an empty query finds nothing.
[[nodiscard]] inline std::string search_query(const std::vector<std::string_view>& terms) {
  std::string query;
  for (const std::string_view term : terms) {
    char before = '\n';
    for_each_word(term, [&](std::string_view each) {
      if (!query.empty()) { query += before; }
      query += each;
      before = ' ';
    });
  }
  return query;
}

}  // namespace heddle::postgres::search
