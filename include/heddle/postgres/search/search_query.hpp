// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/search_words.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle::postgres::search {

/// A query for the search functions of the database: one term a line, its words separated by spaces. A term without a
/// word ("+++") asks for nothing and is left out, as FTS5 does; a query without any finds nothing.
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
