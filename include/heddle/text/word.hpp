// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace heddle::text {

/// The version of the rules by which texts become words. An index stores it: words that were made by other rules must
/// not be searched by these, nor removed from the index by them.
inline constexpr int analysis_version = 1;

/// Bytes of the longest `Word::term`. A longer word counts as its first bytes, as many whole characters as fit.
inline constexpr std::size_t longest_word = 255;

/// What a word is made of.
enum class WordKind : std::uint8_t {
  letters,  ///< letters, marks and digits between separators
  pair,     ///< two neighbours in a script without spaces, each with its marks
  single,   ///< the last, or only, character of a run of such a script
  symbol,   ///< a symbol or an emoji
};

/// One word of a text. The views are valid during the call that gets it.
struct Word {
  /// What an index holds: ASCII letters of lower case, digits, and characters beyond ASCII that are no spaces. In valid
  /// UTF-8, so FTS5's tokenizer `ascii` and a tsvector hold it as it is.
  std::string_view term{};
  std::string_view folded{};   ///< the word as written, folded: what it starts with is a prefix of it
  std::size_t begin = 0;       ///< offset of its first byte in the text
  std::size_t end = 0;         ///< offset after its last byte
  std::uint32_t position = 0;  ///< its place among the words, from 0: those of a phrase are consecutive
  WordKind kind = WordKind::letters;
};

}  // namespace heddle::text
