// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/postgres/search/word_splitter.hpp"
#include "heddle/validation/text.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace heddle::postgres::search {

/// The form in which these words are stored and searched. They stood in literals of a tsvector, between spaces and on
/// lines, so no character of a word could have a meaning there; and PostgreSQL limits the length of a word and requires
/// UTF-8.
namespace word {

/// Bytes of the longest word that is stored unchanged.
inline constexpr std::size_t longest = 255;
/// How many bytes of a word FTS5 compares.
inline constexpr std::size_t compared = 32768;

/// Returns true if the word can be stored unchanged. The stemmer ignores multi-byte characters: it can leave half of
/// one at the end.
[[nodiscard]] inline bool is_plain(std::string_view word) noexcept {
  return word.size() <= longest && word.find_first_of("'\\|~ \n") == std::string_view::npos &&
         heddle::validation::is_clean_utf8(word);
}

/// Returns the replacement of a word that cannot be stored unchanged: a tilde, which no other word contains, and a
/// digest.
[[nodiscard]] inline std::string replacement_of(std::string_view word) {
  return "~" + heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(word.substr(0, compared))));
}

}  // namespace word

/// Calls `visit(std::string_view)` with each word of a text in order, in its stored form: by the rules of the analysis
/// before the first numbered one. Rows have such words until they are indexed anew, and queries look for both.
template <class Visit>
void for_each_former_word(std::string_view text, Visit&& visit) {
  WordSplitter::of_thread().split(text, [&visit](std::string_view found) {
    if (word::is_plain(found)) {
      visit(found);
    } else {
      visit(std::string_view(word::replacement_of(found)));
    }
  });
}

}  // namespace heddle::postgres::search
