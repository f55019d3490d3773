// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/analysis.hpp"

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// How much each term of a query counts, in order, in the form that SQL functions pass on: a blob of doubles, of which
/// the first is the version of the analysis by whose rules the index is searched. 0: it is not looked for. Negative: it
/// is the beginning of a word, which is two phrases in the query of FTS5. A template only
/// so that files that search nothing do not compile it.
template <std::same_as<double> Weight>
class TermWeights {
 public:
  explicit TermWeights(std::string_view blob) noexcept : blob_(blob) {}

  [[nodiscard]] std::size_t size() const noexcept { return blob_.empty() ? 0 : blob_.size() / sizeof(Weight) - 1; }
  /// The version of the analysis.
  [[nodiscard]] int analysis() const noexcept {
    return blob_.empty() ? text::own_analysis() : static_cast<int>(number(0));
  }
  [[nodiscard]] bool is_wanted(std::size_t term) const noexcept { return at(term) != 0; }
  [[nodiscard]] bool is_beginning(std::size_t term) const noexcept { return at(term) < 0; }
  [[nodiscard]] Weight of(std::size_t term) const noexcept { return at(term) < 0 ? -at(term) : at(term); }

  static void begin(std::string& blob, int analysis) { append(blob, static_cast<Weight>(analysis)); }
  static void append(std::string& blob, Weight weight, bool is_beginning) {
    append(blob, is_beginning ? -weight : weight);
  }

 private:
  static void append(std::string& blob, Weight value) {
    blob.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  [[nodiscard]] Weight at(std::size_t term) const noexcept { return number(term + 1); }
  [[nodiscard]] Weight number(std::size_t place) const noexcept {
    Weight value = 0;
    std::memcpy(&value, blob_.data() + place * sizeof(value), sizeof(value));
    return value;
  }

  std::string_view blob_;
};

}  // namespace heddle::sqlite::search
