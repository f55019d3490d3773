// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/analysis.hpp"
#include "heddle/text/word.hpp"
#include "heddle/text/words.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::search {

/// The terms of one tenant in the indexes `message_words` and `artifact_words`. Each starts with the tenant: the digits
/// of its number to the base 64, each a byte from 0x80 to 0xBF. No word in UTF-8 starts with such a byte, so no term of
/// one tenant is a term of another one, and no text can make one. Indexes hold them: they must never change.
class IndexTerms {
 public:
  explicit IndexTerms(std::int64_t tenant) {
    do {
      prefix_.push_back(static_cast<char>(0x80 + (tenant & 63)));
      tenant >>= 6;
    } while (tenant > 0);
  }

  /// A word, or what it starts with.
  void append_word(std::string& terms, std::string_view word) const { terms.append(prefix_).append(word); }

  /// The end of a text, whose place is the number of its words: how long a text is belongs to its rank, and a table of
  /// lengths would cost each text a page of its own in a batch.
  void append_end(std::string& terms) const { terms.append(prefix_).push_back(end_mark); }

  /// Stands between two texts of a row, so that no phrase spans them.
  void append_border(std::string& terms) const { terms.append(prefix_).push_back(border_mark); }

  /// A word as it is written, or what it starts with.
  void append_written(std::string& terms, std::string_view word) const {
    terms.append(prefix_).push_back(written_mark);
    terms.append(word);
  }

 private:
  // In no UTF-8, and not a digit of a tenant.
  static constexpr char end_mark = '\xff';
  static constexpr char written_mark = '\xfe';
  static constexpr char border_mark = '\xfd';

  std::string prefix_;
};

/// Makes the terms of texts. A template only so that files that neither index nor search do not compile it.
template <std::same_as<std::string_view> Text>
class TextTerms {
 public:
  /// From now on, makes the terms by the rules of a version of the analysis; before, by the newest ones.
  void use(int analysis) noexcept { analysis_ = analysis; }

  /// Returns the terms of a text, separated by spaces: its words in order, its end, and each word that is not its own
  /// stem as it is written, once, for searches by what a word starts with. The result lives until the next call. A text
  /// without words has no terms, or only its end.
  [[nodiscard]] Text of(const IndexTerms& tenant, Text text, bool always_has_end) {
    start();
    if (!text.empty()) { add(tenant, text); }
    return terms_.empty() && !always_has_end ? Text() : finish(tenant);
  }

  // The same for several texts of a row: `start`, then `add` for each, then `finish`.

  void start() {
    terms_.clear();
    bytes_.clear();
    written_.clear();
  }

  void add(const IndexTerms& tenant, Text text) {
    if (!terms_.empty()) {
      tenant.append_border(terms_);
      terms_.push_back(' ');
    }
    text::for_each_word(analysis_, text, [&](const text::Word& word) {
      tenant.append_word(terms_, word.term);
      terms_.push_back(' ');
      if (word.folded != word.term) {
        written_.push_back({bytes_.size(), word.folded.size()});
        bytes_.append(word.folded);
      }
    });
  }

  [[nodiscard]] Text finish(const IndexTerms& tenant) {
    tenant.append_end(terms_);
    const auto less = [this](const Place& a, const Place& b) { return at(a) < at(b); };
    const auto same = [this](const Place& a, const Place& b) { return at(a) == at(b); };
    std::sort(written_.begin(), written_.end(), less);
    written_.erase(std::unique(written_.begin(), written_.end(), same), written_.end());
    for (const Place& place : written_) {
      terms_.push_back(' ');
      tenant.append_written(terms_, at(place));
    }
    return terms_;
  }

 private:
  struct Place {
    std::size_t begin;
    std::size_t size;
  };
  [[nodiscard]] Text at(const Place& place) const { return Text(bytes_).substr(place.begin, place.size); }

  int analysis_ = text::own_analysis();
  std::string terms_;
  std::string bytes_;
  std::vector<Place> written_;
};

}  // namespace heddle::sqlite::search
