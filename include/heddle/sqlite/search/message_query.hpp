// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/search/rank.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::search {

/// What a search of messages looks for: phrases, each of one word or more. A text matches if it has all of them. Asks
/// the index, and texts that are not in it yet, with the same result.
class MessageQuery {
 public:
  /// `terms` is what `fts5_query` returns: each term in double quotes. A term without words is left out.
  template <class Words>
  MessageQuery(std::string_view terms, Words& words) {
    for (std::size_t begin = 0; (begin = terms.find('"', begin)) != std::string_view::npos; ++begin) {
      const std::size_t end = std::min(terms.find('"', begin + 1), terms.size());
      std::vector<std::size_t> phrase;
      words.for_each(terms.substr(begin + 1, end - begin - 1),
                     [&](std::string_view word) { phrase.push_back(number_of_new(word)); });
      if (!phrase.empty()) { phrases_.push_back(std::move(phrase)); }
      begin = end;
    }
  }

  /// Returns the query of FTS5 for a tenant's texts in the index `message_words`; for `message_rank`, the end of the
  /// text is its last phrase. Without words it matches nothing.
  [[nodiscard]] std::string match(std::int64_t tenant) const {
    if (phrases_.empty()) { return R"("")"; }
    const IndexTerms terms(tenant);
    std::string query;
    for (const std::vector<std::size_t>& phrase : phrases_) {
      query += '"';
      for (const std::size_t number : phrase) {
        terms.append_word(query, words_[number]);
        query += ' ';
      }
      query += "\" ";
    }
    query += '"';
    terms.append_end(query);
    query += '"';
    return query;
  }

  /// Returns the rank of a text as `message_rank` does; nothing if it does not match.
  template <class Words>
  [[nodiscard]] std::optional<double> rank(std::string_view text, Words& words) {
    if (phrases_.empty()) { return std::nullopt; }
    text_.clear();
    words.for_each(text, [&](std::string_view word) { text_.push_back(number_of(word)); });
    Frequencies frequencies{};
    for (std::size_t index = 0; index < phrases_.size(); ++index) {
      const std::vector<std::size_t>& phrase = phrases_[index];
      int count = 0;
      for (auto at = text_.begin(); (at = std::search(at, text_.end(), phrase.begin(), phrase.end())) != text_.end();
           ++at) {
        ++count;
      }
      if (count == 0) { return std::nullopt; }
      if (index < frequencies.size()) { frequencies[index] = count; }
    }
    return rank_of(frequencies, static_cast<int>(text_.size()));
  }

 private:
  /// Returns the number of a word of the query; that of no word for others.
  [[nodiscard]] std::size_t number_of(std::string_view word) const {
    return static_cast<std::size_t>(std::distance(words_.begin(), std::find(words_.begin(), words_.end(), word)));
  }
  std::size_t number_of_new(std::string_view word) {
    const std::size_t number = number_of(word);
    if (number == words_.size()) { words_.emplace_back(word); }
    return number;
  }

  std::vector<std::string> words_;  ///< different ones
  std::vector<std::vector<std::size_t>> phrases_;
  std::vector<std::size_t> text_;  ///< the words of the text at hand
};

}  // namespace heddle::sqlite::search
