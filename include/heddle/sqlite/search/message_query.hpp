// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/search/rank.hpp"
#include "heddle/text/query_words.hpp"
#include "heddle/text/word.hpp"
#include "heddle/text/words.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sqlite::search {

/// What a search of messages looks for: phrases, each of one word or more. A text matches if it has all of them. Asks
/// the index, and texts that are not in it yet, with the same result. A template only so that files that search nothing
/// do not compile it.
template <std::same_as<std::string_view> Text>
class MessageQuery {
 public:
  /// `terms` is what `fts5_query` returns: each term in double quotes. A term without words is left out.
  explicit MessageQuery(Text terms) {
    for (std::size_t begin = 0; (begin = terms.find('"', begin)) != std::string_view::npos; ++begin) {
      const std::size_t end = std::min(terms.find('"', begin + 1), terms.size());
      Phrase phrase;
      text::for_each_query_word(terms.substr(begin + 1, end - begin - 1), [&](const text::QueryWord& word) {
        phrase.push_back({std::string(word.term), word.prefix});
      });
      if (!phrase.empty()) { phrases_.push_back(std::move(phrase)); }
      begin = end;
    }
  }

  /// Returns the query of FTS5 for a tenant's texts in the index `message_words`; for `search_rank`, the end of the
  /// text is its last phrase. Without words it matches nothing.
  [[nodiscard]] std::string match(std::int64_t tenant) const {
    if (phrases_.empty()) { return R"("")"; }
    const IndexTerms terms(tenant);
    std::string query;
    for (const Phrase& phrase : phrases_) {
      query += '"';
      for (const Word& word : phrase) {
        terms.append_word(query, word.term);
        query += ' ';
      }
      // Only the last word of a phrase can be the start of a word.
      query += phrase.back().is_start ? "\" * " : "\" ";
    }
    query += '"';
    terms.append_end(query);
    query += '"';
    return query;
  }

  /// Returns the rank of a text as `search_rank` does; nothing if it does not match.
  [[nodiscard]] std::optional<double> rank(std::string_view text) {
    if (phrases_.empty()) { return std::nullopt; }
    bytes_.clear();
    ends_.clear();
    text::for_each_word(text, [&](const text::Word& word) {
      bytes_.append(word.term);
      ends_.push_back(bytes_.size());
    });
    Frequencies frequencies{};
    for (std::size_t index = 0; index < phrases_.size(); ++index) {
      const int count = count_of(phrases_[index]);
      if (count == 0) { return std::nullopt; }
      if (index < frequencies.size()) { frequencies[index] = count; }
    }
    return rank_of(frequencies, static_cast<int>(ends_.size()));
  }

 private:
  struct Word {
    std::string term{};
    bool is_start = false;  ///< all words that start with it are meant

    [[nodiscard]] bool is(std::string_view word) const { return is_start ? word.starts_with(term) : word == term; }
  };
  using Phrase = std::vector<Word>;

  /// Returns how often the text at hand has a phrase.
  [[nodiscard]] int count_of(const Phrase& phrase) const {
    int count = 0;
    std::size_t begin = 0;
    for (std::size_t first = 0; first + phrase.size() <= ends_.size(); begin = ends_[first++]) {
      std::size_t length = 0;
      for (std::size_t from = begin; length < phrase.size(); from = ends_[first + length++]) {
        const std::string_view word = std::string_view(bytes_).substr(from, ends_[first + length] - from);
        if (!phrase[length].is(word)) { break; }
      }
      if (length == phrase.size()) { ++count; }
    }
    return count;
  }

  std::vector<Phrase> phrases_;
  // The words of the text at hand, and where each ends.
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

}  // namespace heddle::sqlite::search
