// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/query_words.hpp"
#include "heddle/text/word.hpp"
#include "heddle/text/words.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::text {

/// Finds the words and phrases of a query in texts, by the words that an index holds. A template only so that files
/// that search nothing do not compile it.
template <std::same_as<std::string_view> Text>
class Occurrences {
 public:
  /// A word of a text, in bytes and in code points.
  struct Place {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t first_point = 0;
    std::size_t end_point = 0;
  };
  /// A term that stands in a text.
  struct Occurrence {
    std::size_t first_word = 0;
    std::size_t words = 1;
    std::size_t term = 0;
  };

  /// Adds a word or phrase of the query. If it is the beginning of a word, one word stands for all that start so, as
  /// they are written.
  void add(Text phrase, bool begins_word) {
    std::vector<Wanted> term;
    std::string folded;
    for_each_query_word(phrase, [&](const QueryWord& word) {
      term.push_back({std::string(word.term), word.prefix ? Kind::character : Kind::word});
      folded = word.folded;
    });
    if (term.empty()) { return; }
    if (begins_word && term.size() == 1) { term.front() = {std::move(folded), Kind::beginning}; }
    std::vector<std::size_t> numbers;
    numbers.reserve(term.size());
    for (Wanted& word : term) { numbers.push_back(number_of(std::move(word))); }
    terms_of_.resize(wanted_.size());
    if (std::find(terms_.begin(), terms_.end(), numbers) != terms_.end()) { return; }
    terms_of_[numbers.front()].push_back(terms_.size());
    terms_.push_back(std::move(numbers));
  }

  /// The number of different terms.
  [[nodiscard]] std::size_t terms() const noexcept { return terms_.size(); }

  /// Looks at a text.
  void find(Text text) {
    read(text);
    found_.clear();
    for (const Hit& hit : hits_) {
      for (const std::size_t term : terms_of_[hit.number]) {
        if (stands(term, hit.word)) { found_.push_back({hit.word, terms_[term].size(), term}); }
      }
    }
  }

  /// The words of the text, and what was found, both in order.
  [[nodiscard]] const std::vector<Place>& words() const noexcept { return words_; }
  [[nodiscard]] const std::vector<Occurrence>& found() const noexcept { return found_; }

  /// Returns the offset behind a word of an occurrence. A character alone is found in the pair with its neighbour.
  [[nodiscard]] std::size_t end_of(const Occurrence& occurrence, std::size_t word) const {
    const Place& place = words_[word];
    const bool is_character = wanted_[terms_[occurrence.term].front()].kind == Kind::character;
    const bool is_pair =
        word + 1 < words_.size() && words_[word + 1].begin > place.begin && words_[word + 1].begin < place.end;
    return is_character && is_pair ? words_[word + 1].begin : place.end;
  }

 private:
  enum class Kind { word, character, beginning };
  struct Wanted {
    std::string term;
    Kind kind;

    bool operator==(const Wanted&) const = default;
    [[nodiscard]] bool starts(const Word& word) const {
      return word.term.starts_with(term) || (kind == Kind::beginning && word.folded.starts_with(term));
    }
  };
  struct Hit {
    std::size_t word;
    std::size_t number;

    bool operator<(const Hit& other) const noexcept {
      return word != other.word ? word < other.word : number < other.number;
    }
  };

  [[nodiscard]] auto before() const {
    return [this](std::size_t number, std::string_view term) { return wanted_[number].term < term; };
  }

  /// Returns the number of a word of the query, which it gets the first time.
  std::size_t number_of(Wanted word) {
    const auto place = std::lower_bound(whole_.begin(), whole_.end(), std::string_view(word.term), before());
    if (word.kind == Kind::word) {
      if (place != whole_.end() && wanted_[*place].term == word.term) { return *place; }
      whole_.insert(place, wanted_.size());
    } else {
      starts_.push_back(wanted_.size());
    }
    wanted_.push_back(std::move(word));
    return wanted_.size() - 1;
  }

  void read(Text text) {
    words_.clear();
    hits_.clear();
    std::size_t at = 0;
    std::size_t point = 0;
    const auto points = [text](std::size_t begin, std::size_t end) {
      const auto is_first = [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; };
      const auto first = text.begin() + static_cast<std::ptrdiff_t>(begin);
      return static_cast<std::size_t>(std::count_if(first, text.begin() + static_cast<std::ptrdiff_t>(end), is_first));
    };
    for_each_word(text, [&](const Word& word) {
      point += points(at, word.begin);
      at = word.begin;
      const auto place = std::lower_bound(whole_.begin(), whole_.end(), std::string_view(word.term), before());
      if (place != whole_.end() && wanted_[*place].term == word.term) { hits_.push_back({words_.size(), *place}); }
      for (const std::size_t number : starts_) {
        if (wanted_[number].starts(word)) { hits_.push_back({words_.size(), number}); }
      }
      words_.push_back({word.begin, word.end, point, point + points(word.begin, word.end)});
    });
    std::sort(hits_.begin(), hits_.end());
  }

  /// Returns true if a term stands in the text from a word on that is its first one.
  [[nodiscard]] bool stands(std::size_t term, std::size_t first) const {
    const std::vector<std::size_t>& numbers = terms_[term];
    for (std::size_t next = 1; next < numbers.size(); ++next) {
      if (!std::binary_search(hits_.begin(), hits_.end(), Hit{first + next, numbers[next]})) { return false; }
    }
    return true;
  }

  std::vector<Wanted> wanted_;                      ///< the words of the query
  std::vector<std::size_t> whole_;                  ///< the numbers of those that are whole, in their order as texts
  std::vector<std::size_t> starts_;                 ///< the numbers of the others
  std::vector<std::vector<std::size_t>> terms_;     ///< the numbers of their words
  std::vector<std::vector<std::size_t>> terms_of_;  ///< the terms that start with a word, by its number
  std::vector<Place> words_;
  std::vector<Hit> hits_;  ///< the words of the text that are wanted
  std::vector<Occurrence> found_;
};

}  // namespace heddle::text
