// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/text/words.hpp"

#include <boost/endian/conversion.hpp>

#include <algorithm>
#include <array>
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
/// No term has these characters. The number of a place is also the weight of its positions: 0 of a text without places.
inline constexpr std::string_view as_written = "=<>?";

/// The words of a text, in the two forms in which a row stores them.
struct Words {
  /// A tsvector in the binary format: each term with its positions, and without one each word as written that is not
  /// its term. The server takes its entries in order as they are; a literal it would parse, sort and merge.
  std::string vector{};
  std::optional<std::string> list{};  ///< " a b | c ": all terms of each text, if the vector lacks a position
};

/// Builds the `Words` of the texts of a row.
class WordsBuilder {
 public:
  /// As many texts as a message has places.
  static constexpr std::size_t texts = as_written.size();

  // Limits of a tsvector (https://www.postgresql.org/docs/current/textsearch-limitations.html): the last position, the
  // positions of one word, and its size in bytes, less a reserve for the word of the user that SQL adds.
  static constexpr std::uint32_t last_position = 16383;
  static constexpr std::size_t positions_of_word = 255;
  static constexpr std::size_t capacity = (std::size_t{1} << 20U) - 4096;

  /// Adds the next text, at most `texts` in all, as the one of a place or, if it has none, of the first. Leaves a gap
  /// between the positions of two texts, so that no phrase spans them.
  void add(std::string_view text, std::size_t place = 0) {
    starts_[started_++] = size_;
    place_ = static_cast<std::uint32_t>(place);
    if (text.empty()) { return; }
    if (position_ > 0) { ++position_; }
    text = text.substr(0, sql::searched_bytes);
    // What most texts need, so that each is allocated once.
    make_room(2 * text.size() + key_size);
    words_.reserve(words_.size() + text.size() / 4 + 8);
    text::for_each_word(text, [this](const text::Word& word) { append(word.term, word.folded); });
  }

  /// Returns the words. Precondition: it was not called before.
  [[nodiscard]] Words finish() {
    std::sort(words_.begin(), words_.end(), [this](const Occurrence& a, const Occurrence& b) {
      const int order = compare(a, b);
      return order != 0 ? order < 0 : a.position < b.position;
    });
    collect_entries();
    // Each word needs one byte for alignment, two for the number of its positions and two for each position.
    std::size_t size = 0;
    for (const Entry& entry : entries_) { size += words_[entry.first].size + 3 + 2 * entry.positions; }
    if (size > capacity) { drop_positions(); }
    Words words{encoded(), std::nullopt};
    if (!exact_) { words.list = words_in_order(); }
    return words;
  }

 private:
  /// One occurrence of a word in `bytes_`.
  struct Occurrence {
    std::uint64_t key = 0;  ///< its first bytes, which order as it does
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t position = 0;
    std::uint32_t weight = 0;  ///< or `as_written_weight`
  };
  /// The weight of a word as written, which has no position.
  static constexpr std::uint32_t as_written_weight = as_written.size();
  static constexpr std::size_t key_size = sizeof(std::uint64_t);
  /// A word, the index of its first occurrence, and how many of them are stored as positions.
  struct Entry {
    std::size_t first = 0;
    std::size_t positions = 0;
  };

  [[nodiscard]] std::string_view word_of(const Occurrence& each) const noexcept {
    return std::string_view(bytes_).substr(each.offset, each.size);
  }
  [[nodiscard]] static bool is_as_written(const Occurrence& each) noexcept { return each.weight == as_written_weight; }

  /// Compares by bytes, as a tsvector does.
  [[nodiscard]] int compare(const Occurrence& a, const Occurrence& b) const noexcept {
    if (a.key != b.key) { return a.key < b.key ? -1 : 1; }
    // No word has a zero byte, so two short ones with one key are equal.
    if (a.size <= key_size && b.size <= key_size) { return 0; }
    return word_of(a).compare(word_of(b));
  }

  /// Adds a term, and the word as written if it is another.
  void append(std::string_view term, std::string_view folded) {
    make_room(term.size() + folded.size() + 1 + key_size);
    ++position_;
    char* const at = bytes_.data() + size_;
    add_occurrence(copy(term, at), place_);
    if (same(term, folded)) { return; }
    char* const mark = bytes_.data() + size_;
    *mark = as_written[place_];
    add_occurrence(copy(folded, mark + 1), as_written_weight);
  }

  /// Adds the word between `size_` and this end.
  void add_occurrence(const char* end, std::uint32_t weight) {
    const char* const begin = bytes_.data() + size_;
    const auto size = static_cast<std::size_t>(end - begin);
    std::uint64_t key = 0;
    std::memcpy(&key, begin, key_size);
    key = boost::endian::big_to_native(key);
    if (size < key_size) { key &= ~(~std::uint64_t{0} >> 8 * size); }
    words_.push_back({key, static_cast<std::uint32_t>(size_), static_cast<std::uint32_t>(size), position_, weight});
    size_ += size;
  }

  /// Behind the words is as much room as a key takes.
  void make_room(std::size_t needed) {
    if (bytes_.size() - size_ < needed) { bytes_.resize(2 * bytes_.size() + needed); }
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

  /// Returns the terms in order, with the word '|' before each text but the first.
  [[nodiscard]] std::string words_in_order() {
    std::sort(words_.begin(), words_.end(),
              [](const Occurrence& a, const Occurrence& b) { return a.offset < b.offset; });
    std::string list = " ";
    list.reserve(size_ + words_.size());
    std::size_t text = 1;
    for (const Occurrence& each : words_) {
      if (is_as_written(each)) { continue; }
      for (; text < started_ && each.offset >= starts_[text]; ++text) { list += "| "; }
      list.append(word_of(each)) += ' ';
    }
    return list;
  }

  /// Makes one entry for each word of the sorted occurrences.
  void collect_entries() {
    entries_.reserve(words_.size());
    for (std::size_t at = 0; at < words_.size(); ++at) {
      const Occurrence& each = words_[at];
      if (entries_.empty() || compare(words_[entries_.back().first], each) != 0) { entries_.push_back({at, 0}); }
      if (is_as_written(each)) { continue; }
      if (each.position <= last_position && entries_.back().positions < positions_of_word) {
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
      const Occurrence& first = words_[a.first];
      const Occurrence& second = words_[b.first];
      if (is_as_written(first) != is_as_written(second)) { return is_as_written(second); }
      return first.position < second.position;
    });
    std::size_t size = 0;
    std::size_t kept = 0;
    for (Entry& entry : entries_) {
      entry.positions = 0;
      size += words_[entry.first].size;
      if (size <= capacity) { ++kept; }
    }
    entries_.resize(kept);
    std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.first < b.first; });
  }

  /// Returns the entries as PostgreSQL's `tsvectorrecv` reads them: their number; of each the bytes, a zero, the number
  /// of its positions, and these with their weights in the upper two bits.
  [[nodiscard]] std::string encoded() const {
    std::size_t size = 4;
    for (const Entry& entry : entries_) { size += words_[entry.first].size + 3 + 2 * entry.positions; }
    std::string vector(size, '\0');
    char* at = vector.data();
    boost::endian::store_big_u32(reinterpret_cast<unsigned char*>(at), static_cast<std::uint32_t>(entries_.size()));
    at += 4;
    const auto put = [&at](std::size_t number) {
      *at++ = static_cast<char>(number >> 8U);
      *at++ = static_cast<char>(number & 0xFFU);
    };
    for (const Entry& entry : entries_) {
      const Occurrence* each = &words_[entry.first];
      at = copy(word_of(*each), at) + 1;
      put(entry.positions);
      for (std::size_t index = 0; index < entry.positions; ++index, ++each) {
        put((std::size_t{each->weight} << 14U) | each->position);
      }
    }
    return vector;
  }

  std::string bytes_{};                      // every occurrence of every word, then unused space
  std::size_t size_ = 0;                     // of the used part of `bytes_`
  std::array<std::size_t, texts> starts_{};  // of the texts in them
  std::size_t started_ = 0;
  std::uint32_t place_ = 0;  // of the text at hand
  std::vector<Occurrence> words_{};
  std::vector<Entry> entries_{};
  std::uint32_t position_ = 0;  // of the last word
  bool exact_ = true;           // the vector has all positions
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
