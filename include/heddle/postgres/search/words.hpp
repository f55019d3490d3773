// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/search_words.hpp"
#include "heddle/sql/search_text.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres::search {

/// The words of a text, in the two forms in which a row keeps them.
struct Words {
  std::string vector{};               ///< the literal of a tsvector: each word with its positions
  std::optional<std::string> list{};  ///< all words in order, if the positions do not say everything: " a b c "
};

/// Makes `Words` of the texts of a row.
class WordsBuilder {
 public:
  // Bounds of a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html): positions, positions
  // of one word, and all bytes together, of which some stay free for what is added to it.
  static constexpr std::uint32_t last_position = 16383;
  static constexpr std::size_t positions_of_word = 255;
  static constexpr std::size_t capacity = (std::size_t{1} << 20U) - 4096;

  /// Adds the next text. No phrase reaches from one text into the next.
  void add(std::string_view text) {
    if (position_ > 0) { ++position_; }
    text = text.substr(0, sql::searched_bytes);
    for_each_word(text, [this](std::string_view each) { append(each); });
  }

  [[nodiscard]] Words finish() {
    literal_.resize(size_);
    // With so few words everything fits, whichever they are, and PostgreSQL itself puts equal ones together.
    if (places_.empty()) { return {std::move(literal_), std::nullopt}; }
    std::string list = words_in_order();
    std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
      const int order = word_at(a).compare(word_at(b));
      return order != 0 ? order < 0 : a.position < b.position;
    });
    collect();
    // A word takes a byte to align its positions, two for their number and two for each.
    std::size_t size = 0;
    for (const Entry& entry : entries_) { size += entry.word.size() + 3 + 2 * entry.positions; }
    if (size > capacity) { drop_positions(); }
    Words words{literal(), std::nullopt};
    if (!exact_) { words.list = std::move(list); }
    return words;
  }

 private:
  /// A word in the literal.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint32_t position = 0;
  };
  /// A word, the first of its places, and how many of them are kept as positions.
  struct Entry {
    std::string_view word{};
    std::size_t first = 0;
    std::size_t positions = 0;
  };

  [[nodiscard]] std::string_view word_at(const Place& place) const noexcept {
    return std::string_view(literal_).substr(place.offset, place.size);
  }

  /// Writes the word with its position behind the others.
  void append(std::string_view word) {
    // Quotes, a colon, a space and a number.
    const std::size_t most = word.size() + 16;
    if (literal_.size() - size_ < most) { literal_.resize(2 * literal_.size() + most); }
    char* at = literal_.data() + size_;
    if (size_ != 0) { *at++ = ' '; }
    *at++ = '\'';
    ++position_;
    if (++count_ > positions_of_word) {
      if (places_.empty()) { find_places(); }
      places_.push_back({static_cast<std::size_t>(at - literal_.data()), word.size(), position_});
    }
    at = std::copy(word.begin(), word.end(), at);
    *at++ = '\'';
    *at++ = ':';
    at = std::to_chars(at, literal_.data() + literal_.size(), position_).ptr;
    size_ = static_cast<std::size_t>(at - literal_.data());
  }

  /// Finds the places of the words so far, which nobody notes as long as they are few.
  void find_places() {
    for (std::size_t at = 0; at < size_;) {
      const std::size_t begin = literal_.find('\'', at) + 1;
      const std::size_t end = literal_.find('\'', begin);
      Place place{begin, end - begin, 0};
      const char* const digits = literal_.data() + end + 2;
      const char* const rest = std::from_chars(digits, literal_.data() + size_, place.position).ptr;
      at = static_cast<std::size_t>(rest - literal_.data());
      places_.push_back(place);
    }
  }

  /// The words behind one another, with the word '|' between the texts.
  [[nodiscard]] std::string words_in_order() const {
    std::string list = " ";
    list.reserve(literal_.size());
    std::uint32_t last = 0;
    for (const Place& place : places_) {
      if (place.position > last + 1) { list += "| "; }
      list.append(word_at(place)) += ' ';
      last = place.position;
    }
    return list;
  }

  /// One entry for each word.
  void collect() {
    for (std::size_t at = 0; at < places_.size(); ++at) {
      const std::string_view word = word_at(places_[at]);
      if (entries_.empty() || entries_.back().word != word) { entries_.push_back({word, at, 0}); }
      if (places_[at].position <= last_position && entries_.back().positions < positions_of_word) {
        ++entries_.back().positions;
      } else {
        exact_ = false;
      }
    }
  }

  /// The list then says what the positions would. Should even the words be too many, which takes ones that became
  /// longer than they were in the text, the last of the text are left out.
  void drop_positions() {
    exact_ = false;
    std::sort(entries_.begin(), entries_.end(),
              [this](const Entry& a, const Entry& b) { return places_[a.first].position < places_[b.first].position; });
    std::size_t size = 0;
    std::size_t kept = 0;
    for (Entry& entry : entries_) {
      entry.positions = 0;
      size += entry.word.size();
      if (size <= capacity) { ++kept; }
    }
    entries_.resize(kept);
  }

  [[nodiscard]] std::string literal() const {
    std::string text;
    for (const Entry& entry : entries_) {
      text.append(text.empty() ? "'" : " '").append(entry.word) += '\'';
      for (std::size_t index = 0; index < entry.positions; ++index) {
        text.append(index == 0 ? ":" : ",").append(std::to_string(places_[entry.first + index].position));
      }
    }
    return text;
  }

  std::string literal_ = std::string(512, '\0');  // each word as often as it occurs, then what is free
  std::size_t size_ = 0;                          // of what is written there
  std::vector<Place> places_{};                   // none as long as the words are few
  std::vector<Entry> entries_{};
  std::uint32_t position_ = 0;
  std::size_t count_ = 0;
  bool exact_ = true;
};

/// The words by which a row is found.
[[nodiscard]] inline Words words_of(const sql::SearchText& texts) {
  WordsBuilder builder;
  texts.for_each([&builder](std::string_view text) { builder.add(text); });
  return builder.finish();
}

}  // namespace heddle::postgres::search
