// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/word.hpp"
#include "heddle/text/words.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace heddle::text {

/// One word that a query looks for. The views are valid during the call that gets it.
struct QueryWord {
  std::string_view term{};    ///< what the index holds, or what that starts with
  std::string_view folded{};  ///< as `Word::folded`: what to look for if the query asks for words that start so
  /// True for one character alone of a script without spaces: the index holds it with its neighbour, so all terms that
  /// start with it are looked for.
  bool prefix = false;
  WordKind kind = WordKind::letters;
};

/// Calls `visit(const QueryWord&)` with what must stand at consecutive positions of a text in which the phrase, or the
/// single word, of a query is found. Calls it never for a phrase without words ("+++").
///
/// These are the words of `for_each_word`, but the last character of a run of a script without spaces stands for itself
/// only within the phrase: at its end the text may go on. The version of the analysis is one whose rules the program
/// has.
template <class Visit>
void for_each_query_word(int analysis, std::string_view phrase, Visit&& visit) {
  // A single is kept until it is known whether it is the last word.
  std::array<char, longest_word> kept;  // NOLINT(cppcoreguidelines-pro-type-member-init): not initialised, it is long
  std::size_t size = 0;
  bool after_pair = false;  // the kept character is the second one of a pair
  bool pair = false;
  auto visit_word = [&](const Word& word) {
    if (size > 0) {
      const std::string_view single(kept.data(), size);
      visit(QueryWord{single, single, false, WordKind::single});
      size = 0;
    }
    if (word.kind == WordKind::single) {
      std::memcpy(kept.data(), word.term.data(), word.term.size());
      size = word.term.size();
      after_pair = pair;
    } else {
      visit(QueryWord{word.term, word.folded, false, word.kind});
    }
    pair = word.kind == WordKind::pair;
  };
  for_each_word(analysis, phrase, visit_word);
  if (size > 0 && !after_pair) {
    const std::string_view single(kept.data(), size);
    visit(QueryWord{single, single, true, WordKind::single});
  }
}

/// The same by the rules of `Analyzer`.
template <class Visit>
void for_each_query_word(std::string_view phrase, Visit&& visit) {
  for_each_query_word(analysis_version, phrase, visit);
}

}  // namespace heddle::text
