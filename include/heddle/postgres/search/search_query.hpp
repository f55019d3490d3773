// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/former_words.hpp"
#include "heddle/postgres/search/words.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/text/query_words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::search {

/// The words of a term, in the forms in which the two analyses store them.
class QueryLine {
 public:
  QueryLine(std::string_view term, bool begins_word) {
    std::string beginning;
    std::size_t count = 0;
    text::for_each_query_word(term, [&](const text::QueryWord& word) {
      add(present_, word.term);
      if (word.prefix) { present_ += '*'; }
      beginning = word.folded;
      ++count;
    });
    std::size_t former_count = 0;
    for_each_former_word(term, [&](std::string_view word) {
      add(former_, word);
      ++former_count;
    });
    if (!begins_word || count != 1) { return; }
    beginning += '*';
    present_ = beginning;
    for (const char mark : as_written) { present_.append("|").append(1, mark).append(beginning); }
    // Rows of the former analysis have no words as written: their stems have to do.
    if (former_count == 1) { former_.append("|").append(beginning); }
  }

  [[nodiscard]] bool empty() const noexcept { return present_.empty() && former_.empty(); }
  [[nodiscard]] const std::string& present() const noexcept { return present_; }
  [[nodiscard]] const std::string& former() const noexcept { return former_; }

 private:
  static void add(std::string& line, std::string_view word) {
    if (!line.empty()) { line += ' '; }
    line += word;
  }

  std::string present_{};
  std::string former_{};
};

/// Returns a query for the search functions of the schema: one term per line, its words separated by spaces, with '*'
/// after a word if all words that start with it match. The beginning of a word is one of two, separated by '|': the
/// start of a stem, or the start of a word as written, which has one of `as_written` before it. Omits a term without
/// words ("+++"); an empty query finds nothing. The same terms in the words of the former analysis follow behind a form
/// feed, if they are others: rows have these until they are indexed anew. A term that has words in one analysis only
/// has an empty line in the other. If only some places of a message are searched, both parts are there, and behind a
/// second form feed the number of the places.
[[nodiscard]] inline std::string search_query(const sql::SearchTerms& terms) {
  std::string query;
  std::string former;
  bool first = true;
  for (const std::string_view& term : terms.list) {
    const QueryLine line(term, terms.begins_word && &term == &terms.list.back());
    if (line.empty()) { continue; }
    const std::string_view before = first ? "" : "\n";
    query.append(before).append(line.present());
    former.append(before).append(line.former());
    first = false;
  }
  const bool is_everywhere = terms.places == sql::all_places;
  if (former != query || !is_everywhere) { query.append("\f").append(former); }
  if (!is_everywhere) { query.append("\f").append(std::to_string(terms.places)); }
  return query;
}

}  // namespace heddle::postgres::search
