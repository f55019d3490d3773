// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

namespace heddle::sqlite::search {

/// How much each term of a query counts, in order, in the form that SQL functions pass on: a blob of doubles. 0: it is
/// not looked for. Negative: it is the beginning of a word, which is two phrases in the query of FTS5. A template only
/// so that files that search nothing do not compile it.
template <std::same_as<double> Weight>
class TermWeights {
 public:
  explicit TermWeights(std::string_view blob) noexcept : blob_(blob) {}

  [[nodiscard]] std::size_t size() const noexcept { return blob_.size() / sizeof(Weight); }
  [[nodiscard]] bool is_wanted(std::size_t term) const noexcept { return at(term) != 0; }
  [[nodiscard]] bool is_beginning(std::size_t term) const noexcept { return at(term) < 0; }
  [[nodiscard]] Weight of(std::size_t term) const noexcept { return at(term) < 0 ? -at(term) : at(term); }

  static void append(std::string& blob, Weight weight, bool is_beginning) {
    const Weight value = is_beginning ? -weight : weight;
    blob.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

 private:
  [[nodiscard]] Weight at(std::size_t term) const noexcept {
    Weight value = 0;
    std::memcpy(&value, blob_.data() + term * sizeof(value), sizeof(value));
    return value;
  }

  std::string_view blob_;
};

}  // namespace heddle::sqlite::search
