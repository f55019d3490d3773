// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/postgres/search/word_splitter.hpp"
#include "heddle/validation/text.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace heddle::postgres::search {

/// Words as they are stored and asked for. They stand in literals, between spaces and on lines of their own, so nothing
/// in one may have a meaning there; and PostgreSQL takes no word of any length, and no text that is not UTF-8.
namespace word {

/// Bytes of the longest word that is stored as it is.
inline constexpr std::size_t longest = 255;
/// Bytes of a word that FTS5 compares.
inline constexpr std::size_t compared = 32768;

/// Which bytes are small letters of ASCII and digits.
inline constexpr std::array<bool, 256> letters_and_digits = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("abcdefghijklmnopqrstuvwxyz0123456789")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

/// True if the word can be stored as it is. The stemmer takes no notice of characters of several bytes: it can leave
/// half of one at the end.
[[nodiscard]] inline bool is_plain(std::string_view word) noexcept {
  if (word.size() > longest) { return false; }
  // Nearly all words are of letters and digits, in any of which nothing needs to be looked for.
  bool simple = true;
  for (const char c : word) { simple &= letters_and_digits[static_cast<unsigned char>(c)]; }
  return simple ||
         (word.find_first_of("'\\|~ \n") == std::string_view::npos && heddle::validation::is_clean_utf8(word));
}

/// What stands for a word that cannot be stored as it is. A word itself has no tilde.
[[nodiscard]] inline std::string stand_in(std::string_view word) {
  return "~" + heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(word.substr(0, compared))));
}

}  // namespace word

/// Calls `visit(std::string_view)` with each word of a text in order, as it is stored.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  WordSplitter::of_thread().split(text, [&visit](std::string_view found) {
    if (word::is_plain(found)) {
      visit(found);
    } else {
      visit(std::string_view(word::stand_in(found)));
    }
  });
}

}  // namespace heddle::postgres::search
