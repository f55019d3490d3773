// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/former_words.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/text/query_words.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::search {

/// Appends words to a query: one term per line, its words separated by spaces.
class QueryLines {
 public:
  explicit QueryLines(std::string& query) : query_(query), start_(query.size()) {}

  void next_term() noexcept { before_ = '\n'; }
  void add(std::string_view word) {
    if (query_.size() > start_) { query_ += before_; }
    query_ += word;
    before_ = ' ';
  }

 private:
  std::string& query_;
  std::size_t start_;
  char before_ = '\n';
};

/// Returns the words of a term in the form of `search_query`.
[[nodiscard]] inline std::string query_line(std::string_view term, bool begins_word) {
  std::string line;
  std::string beginning;
  std::size_t count = 0;
  text::for_each_query_word(term, [&](const text::QueryWord& word) {
    if (count++ > 0) { line += ' '; }
    line.append(word.term).append(word.prefix ? "*" : "");
    beginning = word.folded;
  });
  return begins_word && count == 1 ? beginning + "**" : line;
}

/// Returns a query for the search functions of the schema: one term per line, its words separated by spaces, with '*'
/// after the last one if all words that start with it match. A single word, folded, with "**" behind it is the
/// beginning of a word as written: it stands for all words, stems and written ones, that start so. Omits a term without
/// words ("+++"); an empty query finds nothing. The same in the words of the former analysis follows behind a form
/// feed, if they are others: rows have these until they are indexed anew.
[[nodiscard]] inline std::string search_query(const sql::SearchTerms& terms) {
  std::string query;
  for (const std::string_view& term : terms.list) {
    const std::string line = query_line(term, terms.begins_word && &term == &terms.list.back());
    if (line.empty()) { continue; }
    if (!query.empty()) { query += '\n'; }
    query += line;
  }
  std::string former;
  QueryLines former_lines(former);
  for (const std::string_view term : terms.list) {
    former_lines.next_term();
    for_each_former_word(term, [&](std::string_view word) { former_lines.add(word); });
  }
  if (former != query) { query.append("\f").append(former); }
  return query;
}

}  // namespace heddle::postgres::search
