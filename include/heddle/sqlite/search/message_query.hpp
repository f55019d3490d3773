// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/search_terms.hpp"
#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/search/rank.hpp"
#include "heddle/sqlite/search/term_weights.hpp"
#include "heddle/text/analysis.hpp"
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

/// What a search of messages looks for: terms, each a phrase of one word or more, or the beginning of a word. A text
/// matches if it has all of them, or any. Asks the index, and texts that are not in it yet, with the same result. A
/// template only so that files that search nothing do not compile it.
template <std::same_as<std::string_view> Text>
class MessageQuery {
 public:
  /// The texts of a message in each place.
  using Texts = typename sql::MessageTexts<Message>::Texts;

  /// Takes what `quoted_terms` returns. A term without words is left out, and so is one that is there already if one is
  /// enough. `analysis` is the version of the analysis by whose rules the terms are searched.
  MessageQuery(Text quoted, int analysis)
      : analysis_(text::searched_analysis(analysis)), places_(take_places(quoted)), any_(quoted.starts_with('|')) {
    for (std::size_t begin = 0; (begin = quoted.find('"', begin)) != std::string_view::npos; ++begin) {
      const std::size_t end = std::min(quoted.find('"', begin + 1), quoted.size());
      add(quoted.substr(begin + 1, end - begin - 1), end + 1 < quoted.size() && quoted[end + 1] == '*');
      begin = end;
    }
    frequencies_.resize(terms_.size());
  }

  [[nodiscard]] std::size_t size() const noexcept { return terms_.size(); }
  [[nodiscard]] bool is_any() const noexcept { return any_; }
  [[nodiscard]] int analysis() const noexcept { return analysis_; }
  [[nodiscard]] bool is_beginning(std::size_t term) const noexcept { return terms_[term].is_beginning; }

  /// True if a term stands for all words that start with something: the index finds these anew for each scan.
  [[nodiscard]] bool has_start() const noexcept {
    return std::any_of(terms_.begin(), terms_.end(), [](const Term& term) { return term.words.back().is_start; });
  }

  /// Returns the query of FTS5 for a tenant's texts in the index `message_words`, in the places that are searched. If
  /// they are ranked, the end of the text is its last phrase, for `search_rank`; it does not change what matches, and
  /// takes longer than most terms, as each text has one. Without words it matches nothing.
  [[nodiscard]] std::string match(std::int64_t tenant, const TermWeights<double>& weights, bool is_ranked) const {
    const IndexTerms terms(tenant);
    std::string query;
    for (std::size_t index = 0; index < terms_.size(); ++index) {
      if (!weights.is_wanted(index)) { continue; }
      query += query.empty() ? "(" : any_ ? " OR " : " AND ";
      append(query, terms, terms_[index]);
    }
    if (query.empty()) { return R"("")"; }
    query += ')';
    if (is_ranked) {
      query += " AND \"";
      terms.append_end(query);
      query += '"';
    }
    return places_ == sql::all_places ? query : columns() + "(" + query + ")";
  }

  /// Returns the query for the messages that have one of the terms, in any place.
  [[nodiscard]] std::string match_of(std::int64_t tenant, std::size_t term) const {
    std::string query;
    append(query, IndexTerms(tenant), terms_[term]);
    return query;
  }

  /// Returns how often a message has each term, in any place; valid until the next call.
  const std::vector<int>& count(const Texts& texts) {
    count_in(sql::all_places, texts);
    return frequencies_;
  }

  /// Returns the rank of a message as `search_rank` does; nothing if it does not match.
  [[nodiscard]] std::optional<double> rank(const Texts& texts, const TermWeights<double>& weights) {
    TextRank rank(count_in(places_, texts));
    bool matches = !any_ && !terms_.empty();
    for (std::size_t index = 0; index < terms_.size(); ++index) {
      if (!weights.is_wanted(index)) { continue; }
      const bool has_term = frequencies_[index] > 0;
      matches = any_ ? matches || has_term : matches && has_term;
      rank.add(frequencies_[index], weights.of(index));
    }
    if (!matches) { return std::nullopt; }
    return rank.rank();
  }

 private:
  struct Word {
    std::string term{};
    bool is_start = false;  ///< all words that start with it are meant

    bool operator==(const Word&) const = default;
    [[nodiscard]] bool is(std::string_view word) const { return is_start ? word.starts_with(term) : word == term; }
  };
  struct Term {
    std::vector<Word> words;
    bool is_beginning = false;  ///< words that start so as they are written are meant, too

    bool operator==(const Term&) const = default;
  };

  static constexpr char no_places = '@';

  /// Returns the places at the start of a query, and takes them off it.
  static std::int64_t take_places(Text& quoted) {
    if (quoted.empty() || quoted.front() < no_places || quoted.front() > no_places + sql::all_places) {
      return sql::all_places;
    }
    const std::int64_t places = quoted.front() - no_places;
    quoted.remove_prefix(1);
    return places;
  }

  /// The filter of FTS5. The columns have the names of the places.
  [[nodiscard]] std::string columns() const {
    std::string filter = "{";
    for (std::size_t place = 0; place < EnumNames<SearchPlace>::values.size(); ++place) {
      if ((places_ >> place & 1) != 0) { filter.append(" ").append(EnumNames<SearchPlace>::values[place]); }
    }
    return filter += " } : ";
  }

  void add(std::string_view phrase, bool is_beginning) {
    Term term;
    std::string folded;
    text::for_each_query_word(analysis_, phrase, [&](const text::QueryWord& word) {
      term.words.push_back({std::string(word.term), word.prefix});
      folded = word.folded;
    });
    if (term.words.empty()) { return; }
    if (is_beginning && term.words.size() == 1) {
      term = {{{std::move(folded), true}}, true};
      beginning_ = term.words.front().term;
    }
    if (any_ && std::find(terms_.begin(), terms_.end(), term) != terms_.end()) { return; }
    terms_.push_back(std::move(term));
  }

  static void append(std::string& query, const IndexTerms& terms, const Term& term) {
    const std::size_t begin = query.size();
    query += '"';
    for (const Word& word : term.words) {
      terms.append_word(query, word.term);
      query += ' ';
    }
    // Only the last word of a phrase can be the start of a word.
    query += term.words.back().is_start ? "\" * " : "\" ";
    if (!term.is_beginning) { return; }
    query.insert(begin, "(");
    query += "OR \"";
    terms.append_written(query, term.words.front().term);
    query += "\" *)";
  }

  void read(Text text) {
    bytes_.clear();
    ends_.clear();
    written_.clear();
    text::for_each_word(analysis_, text, [&](const text::Word& word) {
      bytes_.append(word.term);
      ends_.push_back(bytes_.size());
      if (!beginning_.empty() && word.folded != word.term && word.folded.starts_with(beginning_)) {
        written_.emplace_back(word.folded);
      }
    });
    std::sort(written_.begin(), written_.end());
    written_.erase(std::unique(written_.begin(), written_.end()), written_.end());
  }

  /// Counts how often these places of a message have each term; returns the number of their words.
  int count_in(std::int64_t places, const Texts& texts) {
    std::fill(frequencies_.begin(), frequencies_.end(), 0);
    std::size_t words = 0;
    for (std::size_t place = 0; place < texts.size(); ++place) {
      if ((places >> place & 1) == 0 || texts[place].empty()) { continue; }
      read(texts[place]);
      words += ends_.size();
      for (std::size_t index = 0; index < terms_.size(); ++index) { frequencies_[index] += count_of(terms_[index]); }
    }
    return static_cast<int>(words);
  }

  /// Returns how often the text at hand has a term. Of a beginning, words that are written otherwise than they are
  /// indexed count once, as the index has each of them once.
  [[nodiscard]] int count_of(const Term& term) const {
    const std::vector<Word>& phrase = term.words;
    int count = term.is_beginning ? static_cast<int>(written_.size()) : 0;
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

  int analysis_;
  std::int64_t places_;
  bool any_;
  std::vector<Term> terms_;
  std::string beginning_;  ///< the term that is one
  // The words of the text at hand, and where each ends.
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<std::string> written_;  ///< each word once that starts with the beginning and is not its stem
  std::vector<int> frequencies_;
};

}  // namespace heddle::sqlite::search
