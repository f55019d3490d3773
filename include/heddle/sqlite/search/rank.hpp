// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"

#include <array>
#include <cstddef>

namespace heddle::sqlite::search {

/// How often each term of a query occurs in a text.
using Frequencies = std::array<int, limits::query_terms>;

/// Returns how well a text of this many words matches, smaller being better: the term frequency part of Okapi BM25
/// (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with its usual k1 and b. The other part, how
/// rare a word is in the whole index, is left out on purpose: the index holds the rows of all tenants, and the order of
/// a tenant's own rows would reveal what other tenants write.
[[nodiscard]] inline double rank_of(const Frequencies& frequencies, int length) noexcept {
  constexpr double k1 = 1.2;
  constexpr double b = 0.75;
  constexpr double usual_length = 100;  // in words; the true mean would reveal the rows of other tenants too
  const double norm = k1 * (1 - b + b * length / usual_length);
  double score = 0;
  for (const int frequency : frequencies) { score += frequency * (k1 + 1) / (frequency + norm); }
  return -score;
}

}  // namespace heddle::sqlite::search
