// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/bytes.hpp"
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

  /// True if no term is a phrase.
  [[nodiscard]] bool are_words() const noexcept {
    return std::all_of(terms_.begin(), terms_.end(), [](const auto& term) { return term.size() == 1; });
  }

  /// Starts with a text. What stands before all terms is left out of `words()`, but for so many bytes.
  void start(Text text, std::size_t context) {
    start_at_begin(text);
    // To look for many words takes longer than to look at the text.
    constexpr std::size_t few = 16;
    const std::size_t first = wanted_.size() > few ? 0 : first_possible(text);
    const std::size_t space = first > context ? text.rfind(' ', first - context) : std::string_view::npos;
    // Only ASCII is left out: as many code points.
    if (space != std::string_view::npos) { at_ = point_ = space; }
  }
  void start_at_begin(Text text) {
    text_ = text;
    at_ = 0;
    point_ = 0;
    words_.clear();
    hits_.clear();
    found_.clear();
  }

  /// Looks at so many further bytes of the text, up to the end of a word. Returns false at the end of the text.
  bool read(std::size_t bytes) {
    const std::size_t space = bytes < text_.size() - at_ ? text_.find(' ', at_ + bytes) : std::string_view::npos;
    read_to(std::min(space, text_.size()));
    found_.clear();
    for (const Hit& hit : hits_) {
      for (const std::size_t term : terms_of_[hit.number]) {
        if (stands(term, hit.word)) { found_.push_back({hit.word, terms_[term].size(), term}); }
      }
    }
    return at_ < text_.size();
  }

  /// How many code points of the text come before what was not looked at.
  [[nodiscard]] std::size_t point() const noexcept { return point_; }

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

  /// Returns the offset of what can be the first word of the query; the size of the text if there is none. A word of
  /// ASCII begins as its stem does, but for the last bytes of that; other words have a byte beyond ASCII.
  [[nodiscard]] std::size_t first_possible(Text text) const {
    std::size_t word = 0;
    bool is_inside = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (static_cast<unsigned char>(text[at]) >= 0x80) { return is_inside ? word : at; }
      const bool was_inside = is_inside;
      is_inside = lower_letter(text[at]) != 0;
      if (!is_inside || was_inside) { continue; }
      word = at;
      if (can_be_wanted(text.substr(at))) { return at; }
    }
    return text.size();
  }

  [[nodiscard]] bool can_be_wanted(Text text) const {
    return std::any_of(wanted_.begin(), wanted_.end(), [text](const Wanted& word) {
      const std::size_t size = word.term.size() > 3 ? word.term.size() - 2 : 1;
      std::size_t same = 0;
      while (same < size && same < text.size() && lower_letter(text[same]) == word.term[same]) { ++same; }
      return same == size;
    });
  }

  void read_to(std::size_t end) {
    const auto points = [this](std::size_t from, std::size_t to) {
      const auto is_first = [](char each) { return (static_cast<unsigned char>(each) & 0xC0U) != 0x80U; };
      const auto first = text_.begin() + static_cast<std::ptrdiff_t>(from);
      return static_cast<std::size_t>(std::count_if(first, text_.begin() + static_cast<std::ptrdiff_t>(to), is_first));
    };
    const std::size_t begin = at_;
    for_each_word(text_.substr(begin, end - begin), [&](const Word& word) {
      const Place place{begin + word.begin, begin + word.end, 0, 0};
      point_ += points(at_, place.begin);
      at_ = place.begin;
      const auto whole = std::lower_bound(whole_.begin(), whole_.end(), std::string_view(word.term), before());
      if (whole != whole_.end() && wanted_[*whole].term == word.term) { hits_.push_back({words_.size(), *whole}); }
      for (const std::size_t number : starts_) {
        if (wanted_[number].starts(word)) { hits_.push_back({words_.size(), number}); }
      }
      words_.push_back({place.begin, place.end, point_, point_ + points(place.begin, place.end)});
    });
    point_ += points(at_, end);
    at_ = end;
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
  Text text_{};
  std::size_t at_ = 0;     ///< where what was not looked at begins
  std::size_t point_ = 0;  ///< the same in code points
  std::vector<Place> words_;
  std::vector<Hit> hits_;  ///< the words of the text that are wanted
  std::vector<Occurrence> found_;
};

}  // namespace heddle::text
