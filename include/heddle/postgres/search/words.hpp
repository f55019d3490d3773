// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/search/position.hpp"
#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/text/words.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres::search {

/// Stand before a word as written, folded, in a vector: one for each place of a message, in the order of `SearchPlace`.
/// No term has these characters.
inline constexpr std::string_view as_written = "=<>?";
/// The weights that stand behind a position: one for each place of a message. The first one is not written, so a vector
/// has it of a text without places, too.
inline constexpr std::string_view place_weights = "DCBA";

/// The words of a text, in the two forms in which a row stores them.
struct Words {
  /// A literal of a tsvector: each term with its positions, and without one each word as written that is not its term.
  std::string vector{};
  std::optional<std::string> list{};  ///< " a b | c ": all terms of each text, if the vector lacks a position
};

/// Builds the `Words` of the texts of a row.
class WordsBuilder {
 public:
  /// As many texts as a message has places.
  static constexpr std::size_t texts = place_weights.size();

  // Limits of a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html): the last position, the
  // positions of one word, and its size in bytes, less a reserve for the word of the user that SQL adds.
  static constexpr std::uint32_t last_position = 16383;
  static constexpr std::size_t positions_of_word = 255;
  static constexpr std::size_t capacity = (std::size_t{1} << 20U) - 4096;

  /// Adds the next text, at most `texts` in all, as the one of a place or, if it has none, of the first. Leaves a gap
  /// between the positions of two texts, so that no phrase spans them.
  void add(std::string_view text, std::size_t place = 0) {
    starts_[started_++] = size_;
    place_ = place;
    if (text.empty()) { return; }
    if (count_ > 0) { position_.advance(); }
    text = text.substr(0, sql::searched_bytes);
    // What most texts need, so that the literal is allocated once.
    make_room(2 * text.size() + room);
    text::for_each_word(text, [this](const text::Word& word) { append(word.term, word.folded); });
  }

  /// Returns the words. Precondition: it was not called before.
  [[nodiscard]] Words finish() {
    literal_.resize(size_);
    // So few words fit into a tsvector in any case, and PostgreSQL itself merges equal ones.
    if (places_.empty()) { return {std::move(literal_), std::nullopt}; }
    std::string list = words_in_order();
    std::sort(places_.begin(), places_.end(), [this](const Place& a, const Place& b) {
      const int order = word_at(a).compare(word_at(b));
      return order != 0 ? order < 0 : a.position < b.position;
    });
    collect_entries();
    // Each word needs one byte for alignment, two for the number of its positions and two for each position.
    std::size_t size = 0;
    for (const Entry& entry : entries_) { size += entry.word.size() + 3 + 2 * entry.positions; }
    if (size > capacity) { drop_positions(); }
    Words words{literal(), std::nullopt};
    if (!exact_) { words.list = std::move(list); }
    return words;
  }

 private:
  /// One occurrence of a word in the literal.
  struct Place {
    std::size_t offset = 0;
    std::size_t size = 0;
    std::uint32_t position = 0;
    std::uint32_t weight = 0;
  };
  /// The room that a word needs beside its two forms: quotes, a colon, spaces, a mark and a position.
  static constexpr std::size_t room = 24;
  /// A word, the index of its first place, and how many of its places are stored as positions.
  struct Entry {
    std::string_view word{};
    std::size_t first = 0;
    std::size_t positions = 0;
  };

  [[nodiscard]] std::string_view word_at(const Place& place) const noexcept {
    return std::string_view(literal_).substr(place.offset, place.size);
  }
  /// True for a word as written, which has no positions.
  [[nodiscard]] static bool is_as_written(std::string_view word) noexcept {
    return as_written.find(word.front()) != std::string_view::npos;
  }

  /// Appends a term and its position to the literal, and the word as written if it is another.
  void append(std::string_view term, std::string_view folded) {
    make_room(term.size() + folded.size() + room);
    char* at = literal_.data() + size_;
    if (size_ != 0) { *at++ = ' '; }
    *at++ = '\'';
    position_.advance();
    if (++count_ > positions_of_word) {
      if (places_.empty()) { find_places(); }
      places_.push_back({static_cast<std::size_t>(at - literal_.data()), term.size(), position_.number(), weight()});
    }
    at = copy(term, at);
    *at++ = '\'';
    *at++ = ':';
    at = position_.write(at);
    if (place_ > 0) { *at++ = place_weights[place_]; }
    if (!same(term, folded)) {
      *at++ = ' ';
      *at++ = '\'';
      if (!places_.empty()) {
        places_.push_back(
            {static_cast<std::size_t>(at - literal_.data()), folded.size() + 1, position_.number(), weight()});
      }
      *at++ = as_written[place_];
      at = copy(folded, at);
      *at++ = '\'';
    }
    size_ = static_cast<std::size_t>(at - literal_.data());
  }

  [[nodiscard]] std::uint32_t weight() const noexcept { return static_cast<std::uint32_t>(place_); }

  void make_room(std::size_t needed) {
    if (literal_.size() - size_ < needed) { literal_.resize(2 * literal_.size() + needed); }
  }

  /// Returns whether two words are equal; most are in one place.
  static bool same(std::string_view a, std::string_view b) noexcept {
    const std::size_t size = a.size();
    if (size != b.size()) { return false; }
    if (a.data() == b.data()) { return true; }
    if (size >= 8 && size <= 16) { return have_same_ends<std::uint64_t>(a, b); }
    if (size >= 4 && size < 8) { return have_same_ends<std::uint32_t>(a, b); }
    return a == b;
  }
  template <class T>
  static bool have_same_ends(std::string_view a, std::string_view b) noexcept {
    const auto read = [](const char* from) {
      T bytes = 0;
      std::memcpy(&bytes, from, sizeof(T));
      return bytes;
    };
    const std::size_t last = a.size() - sizeof(T);
    return read(a.data()) == read(b.data()) && read(a.data() + last) == read(b.data() + last);
  }

  /// Copies bytes and returns the end of the copy. Most words are short: calling memcpy would cost more than the copy.
  static char* copy(std::string_view bytes, char* to) noexcept {
    const std::size_t size = bytes.size();
    if (size >= 8 && size <= 16) {
      copy_ends<std::uint64_t>(bytes, to);
    } else if (size >= 4 && size < 8) {
      copy_ends<std::uint32_t>(bytes, to);
    } else if (size > 16) {
      std::memcpy(to, bytes.data(), size);
    } else {
      for (std::size_t at = 0; at < size; ++at) { to[at] = bytes[at]; }
    }
    return to + size;
  }
  /// Copies the first and the last bytes, as many as T has, which may overlap.
  template <class T>
  static void copy_ends(std::string_view bytes, char* to) noexcept {
    T first = 0;
    T last = 0;
    std::memcpy(&first, bytes.data(), sizeof(T));
    std::memcpy(&last, bytes.data() + bytes.size() - sizeof(T), sizeof(T));
    std::memcpy(to, &first, sizeof(T));
    std::memcpy(to + bytes.size() - sizeof(T), &last, sizeof(T));
  }

  /// Parses the places of the words so far, which are not recorded while they are few.
  void find_places() {
    std::uint32_t position = 0;
    std::uint32_t weight = 0;
    for (std::size_t at = 0; at < size_;) {
      const std::size_t begin = literal_.find('\'', at) + 1;
      const std::size_t end = literal_.find('\'', begin);
      at = end + 1;
      if (!is_as_written(std::string_view(literal_).substr(begin))) {
        const char* const rest = std::from_chars(literal_.data() + end + 2, literal_.data() + size_, position).ptr;
        at = static_cast<std::size_t>(rest - literal_.data());
        const std::size_t found = at < size_ ? place_weights.find(literal_[at]) : std::string_view::npos;
        weight = found == std::string_view::npos ? 0 : static_cast<std::uint32_t>(found);
        // Behind the weight: what follows the last word is not a word yet.
        if (weight > 0) { ++at; }
      }
      places_.push_back({begin, end - begin, position, weight});
    }
  }

  /// Returns the terms in order, with the word '|' before each text but the first.
  [[nodiscard]] std::string words_in_order() const {
    std::string list = " ";
    list.reserve(literal_.size());
    std::size_t text = 1;
    for (const Place& place : places_) {
      if (is_as_written(word_at(place))) { continue; }
      for (; text < started_ && place.offset > starts_[text]; ++text) { list += "| "; }
      list.append(word_at(place)) += ' ';
    }
    return list;
  }

  /// Makes one entry for each word of the sorted places.
  void collect_entries() {
    for (std::size_t at = 0; at < places_.size(); ++at) {
      const std::string_view word = word_at(places_[at]);
      if (entries_.empty() || entries_.back().word != word) { entries_.push_back({word, at, 0}); }
      if (is_as_written(word)) { continue; }
      if (places_[at].position <= last_position && entries_.back().positions < positions_of_word) {
        ++entries_.back().positions;
      } else {
        exact_ = false;
      }
    }
  }

  /// Drops all positions: the list replaces them. If all words are still too large, drops those as written from some
  /// place in the text on, and then terms. Only texts whose terms are longer than they are lose terms: those of a
  /// script without spaces stand in two pairs.
  void drop_positions() {
    exact_ = false;
    std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
      if (is_as_written(a.word) != is_as_written(b.word)) { return is_as_written(b.word); }
      return places_[a.first].position < places_[b.first].position;
    });
    std::size_t size = 0;
    std::size_t kept = 0;
    for (Entry& entry : entries_) {
      entry.positions = 0;
      size += entry.word.size();
      if (size <= capacity) { ++kept; }
    }
    entries_.resize(kept);
  }

  /// Returns the literal of the entries.
  [[nodiscard]] std::string literal() const {
    std::string text;
    for (const Entry& entry : entries_) {
      text.append(text.empty() ? "'" : " '").append(entry.word) += '\'';
      for (std::size_t index = 0; index < entry.positions; ++index) {
        const Place& place = places_[entry.first + index];
        text.append(index == 0 ? ":" : ",").append(std::to_string(place.position));
        if (place.weight > 0) { text += place_weights[place.weight]; }
      }
    }
    return text;
  }

  std::string literal_{};                    // every occurrence of every word, then unused space
  std::size_t size_ = 0;                     // of the used part of `literal_`
  std::array<std::size_t, texts> starts_{};  // of the texts in the literal
  std::size_t started_ = 0;
  std::size_t place_ = 0;        // of the text at hand
  std::vector<Place> places_{};  // empty while the words are few
  std::vector<Entry> entries_{};
  Position position_{};    // of the last word
  std::size_t count_ = 0;  // of words
  bool exact_ = true;      // the vector has all positions
};

/// Returns the words by which a search finds a row.
[[nodiscard]] inline Words words_of(const sql::SearchText& texts) {
  WordsBuilder builder;
  if (texts.message() != nullptr) {
    sql::MessageTexts<Message> places;
    std::size_t place = 0;
    for (const std::string_view text : places.of(*texts.message())) { builder.add(text, place++); }
  } else {
    texts.for_each([&builder](std::string_view text) { builder.add(text); });
  }
  return builder.finish();
}

}  // namespace heddle::postgres::search
