// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/search_terms.hpp"

#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// Returns the words of a query as one text, which SQL functions take; see MessageQuery. Each term is in double quotes,
/// with '*' behind a last one that is the beginning of a word; '|' stands before them all if one is enough, and before
/// that '@' and the number of the places of a message, as one character, if they are not looked for in all.
/// Precondition: no term contains a double quote.
[[nodiscard]] inline std::string quoted_terms(const sql::SearchTerms& terms) {
  std::string text;
  if (terms.places != sql::all_places) { text += static_cast<char>('@' + terms.places); }
  if (terms.any) { text += '|'; }
  for (const std::string_view term : terms.list) { text.append("\"").append(term).append("\""); }
  if (terms.begins_word) { text += '*'; }
  return text;
}

}  // namespace heddle::sqlite::search
