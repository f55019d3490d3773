// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/kind_ranges.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace heddle::text {

/// What a code point is to the splitting of a text into words. The order is that of the numbers in `kind_ranges`.
enum class Kind : std::uint8_t {
  separator,  ///< ends a word: spaces, punctuation, control characters, symbols of ASCII
  letter,     ///< letters and digits of scripts that separate words
  mark,       ///< a combining mark that stays: a vowel sign, a virama, the voicing of kana
  dense,      ///< a letter of a script that does not separate words (or, as Hangul, glues particles to them)
  dropped,    ///< a combining mark without which letters stand, too: accents, Hebrew points, Arabic harakat
  ignored,    ///< invisible: variation selectors, soft hyphens, controls of direction
  symbol,     ///< a word of its own: symbols, emoji, private use
  regional,   ///< half of a flag
  modifier,   ///< the colour of the skin of an emoji
  joiner,     ///< joins emoji to one; ignored elsewhere
  tag,        ///< part of the flag of a region; ignored elsewhere
  unknown,    ///< a symbol: what Unicode 15.0 has not
  // Not in the table: exceptions of single code points, and what folding finds out.
  breve,     ///< dropped unless it makes й of и
  negation,  ///< the stroke that makes ≠ of =; dropped after letters
  keycap,    ///< dropped after letters and digits, else a symbol
  apart,     ///< letters that no other letters join: the signs ™ and ℠
  sequence,  ///< several code points of different kinds
};

/// Returns the kind of a code point by the table, whatever the version of utf8proc.
[[nodiscard]] inline Kind kind_of(std::uint32_t point) noexcept {
  const auto after = std::upper_bound(kind_ranges.begin(), kind_ranges.end(), (point << 4U) | 15U);
  return static_cast<Kind>(*std::prev(after) & 15U);
}

}  // namespace heddle::text
