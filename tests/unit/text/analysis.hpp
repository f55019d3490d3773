#pragma once

#include "heddle/text/query_words.hpp"
#include "heddle/text/words.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace analysis {

/// A word that outlives the visit.
struct Kept {
  std::string term{};
  std::string folded{};
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint32_t position = 0;
  heddle::text::WordKind kind = heddle::text::WordKind::letters;

  bool operator==(const Kept&) const = default;
};

inline std::vector<Kept> words(std::string_view text) {
  std::vector<Kept> kept;
  heddle::text::for_each_word(text, [&kept](const heddle::text::Word& word) {
    kept.push_back({std::string(word.term), std::string(word.folded), word.begin, word.end, word.position, word.kind});
  });
  return kept;
}

/// Returns the words as written, folded, separated by spaces.
inline std::string folded(std::string_view text) {
  std::string all;
  for (const Kept& word : words(text)) { (all += all.empty() ? "" : " ") += word.folded; }
  return all;
}

/// Returns the terms, separated by spaces: what an index gets.
inline std::string terms(std::string_view text) {
  std::string all;
  for (const Kept& word : words(text)) { (all += all.empty() ? "" : " ") += word.term; }
  return all;
}

/// Returns the terms of a phrase of a query, those with a star that stand for all words that begin so.
inline std::string query(std::string_view phrase) {
  std::string all;
  heddle::text::for_each_query_word(phrase, [&all](const heddle::text::QueryWord& word) {
    ((all += all.empty() ? "" : " ") += word.term) += word.prefix ? "*" : "";
  });
  return all;
}

/// Returns whether an index of the text finds the phrase: its terms stand at consecutive positions.
inline bool finds(std::string_view phrase, std::string_view text) {
  struct Wanted {
    std::string term{};
    bool prefix = false;
  };
  std::vector<Wanted> wanted;
  heddle::text::for_each_query_word(phrase, [&wanted](const heddle::text::QueryWord& word) {
    wanted.push_back({std::string(word.term), word.prefix});
  });
  const std::vector<Kept> found = words(text);
  if (wanted.empty()) { return false; }
  for (std::size_t start = 0; start + wanted.size() <= found.size(); ++start) {
    bool all = true;
    for (std::size_t at = 0; at < wanted.size() && all; ++at) {
      const std::string& term = found[start + at].term;
      all = wanted[at].prefix ? term.starts_with(wanted[at].term) : term == wanted[at].term;
    }
    if (all) { return true; }
  }
  return false;
}

}  // namespace analysis
