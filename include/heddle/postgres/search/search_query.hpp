// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/former_words.hpp"
#include "heddle/text/query_words.hpp"

#include <string>
#include <string_view>
#include <vector>

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

/// Returns a query for the search functions of the schema: one term per line, its words separated by spaces, with '*'
/// after the last one if all words that start with it match. Omits a term without words ("+++"); an empty query finds
/// nothing. The same in the words of the former analysis follows behind a form feed, if they are others: rows have
/// these until they are indexed anew.
[[nodiscard]] inline std::string search_query(const std::vector<std::string_view>& terms) {
  std::string query;
  QueryLines lines(query);
  for (const std::string_view term : terms) {
    lines.next_term();
    text::for_each_query_word(term, [&](const text::QueryWord& word) {
      lines.add(word.term);
      if (word.prefix) { query += '*'; }
    });
  }
  std::string former;
  QueryLines former_lines(former);
  for (const std::string_view term : terms) {
    former_lines.next_term();
    for_each_former_word(term, [&](std::string_view word) { former_lines.add(word); });
  }
  if (former != query) { query.append("\f").append(former); }
  return query;
}

}  // namespace heddle::postgres::search
