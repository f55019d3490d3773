// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// Returns the words and phrases of a query. `begins_word` holds for a last one outside of quotes. Throws
/// `invalid_argument` if the query is not valid UTF-8, is too long, or has too many terms to need all of them.
[[nodiscard]] inline SearchTerms search_terms(std::string_view query, bool any = false, bool begins_word = false,
                                              std::int64_t places = all_places) {
  validation::check_text("query", query, limits::query);
  constexpr std::string_view space = " \t\r\n\v\f";
  constexpr std::string_view space_or_quote = " \t\r\n\v\f\"";
  SearchTerms terms{{}, any, false, places};
  std::size_t at = 0;
  while ((at = query.find_first_not_of(space, at)) < query.size()) {
    const bool phrase = query[at] == '"';
    if (phrase) { ++at; }
    // Without a closing quote the rest is the phrase.
    const std::size_t end =
        std::min(phrase ? query.find('"', at) : query.find_first_of(space_or_quote, at), query.size());
    if (end > at) {
      terms.list.push_back(query.substr(at, end - at));
      terms.begins_word = begins_word && !phrase;
    }
    at = phrase ? end + 1 : end;
  }
  if (!any && terms.list.size() > limits::query_terms) {
    validation::refuse("query", "has more than " + std::to_string(limits::query_terms) + " words and phrases");
  }
  return terms;
}

}  // namespace heddle::sql
