// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/folding.hpp"
#include "heddle/text/word.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace heddle::text {

/// The bytes of the word that an `Analyzer` reads. What does not fit is left out, and all that follows it. A
/// template for the reason of BasicFolding.
template <std::same_as<Folded> Entry>
class BasicWordBuffer {  // NOLINT(cppcoreguidelines-pro-type-member-init): see bytes_
 public:
  void clear() noexcept {
    size_ = 0;
    limit_ = longest_word;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

  void push(char byte) noexcept {
    if (size_ < limit_) { bytes_[size_++] = byte; }
  }

  /// What follows the bytes: `room()` bytes that may be written, and then be made part by `grow`.
  [[nodiscard]] char* tail() noexcept { return bytes_.data() + size_; }
  [[nodiscard]] std::size_t room() const noexcept { return limit_ - size_; }
  void grow(std::size_t count) noexcept { size_ += count; }

  void append(std::string_view bytes) noexcept {
    if (size_ + bytes.size() > limit_) {
      limit_ = size_;
      return;
    }
    std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += bytes.size();
  }

  void erase_front(std::size_t count) noexcept {
    size_ -= count;
    std::memmove(bytes_.data(), bytes_.data() + count, size_);
    limit_ = longest_word;
  }

  /// Puts a letter in the place of another of the same size, if that is the last one, whatever marks it has.
  void replace_last(std::string_view letter, std::string_view by) noexcept {
    const std::size_t at = last_starter(0);
    if (view().substr(at).starts_with(letter)) {
      std::copy(by.begin(), by.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }

  /// Appends a mark to the character that starts at the offset, or later, as NFC does: in the order of marks, joined to
  /// the character if there is one that is both.
  void append_mark(std::size_t from, const Entry& mark) {
    const bool in_order = mark.combining_class == 0 || mark.combining_class >= last_class(from);
    if (!mark.composes && mark.kind != Kind::negation && in_order) { return append(mark.view()); }
    if (size_ + mark.size > limit_) {
      limit_ = size_;
      return;
    }
    const std::size_t start = last_starter(from);
    Points points;
    for (std::size_t each = start; each < size_;) { points.decompose(next(view(), each), 0); }
    std::size_t at = 0;
    points.decompose(next(mark.view(), at), 0);
    points.compose();
    write(start, points);
  }

  /// Makes one syllable of Hangul of the only character behind the offset and a letter; returns false if there is none.
  [[nodiscard]] bool compose_syllable(std::size_t from, const Entry& letter) {
    if (from == size_) { return false; }
    Points points;
    for (std::size_t at = from; at < size_ && points.size() < 3;) { points.add(next(view(), at)); }
    if (points.size() != 1) { return false; }
    std::size_t at = 0;
    points.add(next(letter.view(), at));
    points.compose();
    if (points.size() != 1) { return false; }
    write(from, points);
    return true;
  }

 private:
  /// Returns the code point at the offset, and moves it behind that. Precondition: the bytes are UTF-8.
  [[nodiscard]] static std::int32_t next(std::string_view bytes, std::size_t& at) noexcept {
    std::int32_t point = 0;
    const auto length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()) + at,
                                         static_cast<utf8proc_ssize_t>(bytes.size() - at), &point);
    at += length > 0 ? static_cast<std::size_t>(length) : 1;
    return point;
  }

  /// Returns where the code point before an offset starts. Precondition: there is one.
  [[nodiscard]] std::size_t before(std::size_t at) const noexcept {
    do { --at; } while (at > 0 && (static_cast<unsigned char>(bytes_[at]) & 0xC0U) == 0x80U);
    return at;
  }

  [[nodiscard]] int class_at(std::size_t at) const noexcept { return combining_class_of(next(view(), at)); }

  /// Returns the combining class of the last code point behind the offset.
  [[nodiscard]] int last_class(std::size_t from) const noexcept { return size_ == from ? 0 : class_at(before(size_)); }

  /// Returns where the last code point starts that is no reordered mark, not before the offset.
  [[nodiscard]] std::size_t last_starter(std::size_t from) const noexcept {
    std::size_t at = size_;
    while (at > from) {
      at = before(at);
      if (class_at(at) == 0) { break; }
    }
    return at;
  }

  void write(std::size_t from, const Points& points) {
    size_ = from;
    for (const std::int32_t each : points) { append(BasicFolding<Entry>::of(static_cast<std::uint32_t>(each)).view()); }
  }

  std::array<char, longest_word + 1> bytes_;  // not initialised
  std::size_t size_ = 0;
  std::size_t limit_ = longest_word;
};

using WordBuffer = BasicWordBuffer<Folded>;

}  // namespace heddle::text
