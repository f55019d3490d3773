// Private: may change in every version; public headers include it where it is needed.
#pragma once

namespace heddle::sqlite::search {

/// The term frequency part of Okapi BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009) with
/// its usual k1 and b, for a text of some number of words. The other part, how rare a word is, is a weight that counts
/// the tenant's own texts only: the index holds the rows of all tenants, and the order of a tenant's own rows would
/// reveal what other tenants write.
class TextRank {
 public:
  explicit TextRank(int words) noexcept : norm_(k1 * (1 - b + b * words / usual_length)) {}

  /// Adds a term that occurs so often.
  void add(int frequency, double weight) noexcept { sum_ += weight * frequency * (k1 + 1) / (frequency + norm_); }

  /// How well the text matches, less being better.
  [[nodiscard]] double rank() const noexcept { return -sum_; }

 private:
  static constexpr double k1 = 1.2;
  static constexpr double b = 0.75;
  static constexpr double usual_length = 100;  // in words; the true mean would reveal the rows of other tenants too

  double norm_;
  double sum_ = 0;
};

}  // namespace heddle::sqlite::search
