// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace heddle::text {

/// Removes English endings as the tokenizer `porter` of FTS5 does: the algorithm of M. F. Porter, "An algorithm for
/// suffix stripping", 1980, with FTS5's additions (`bli` and `logi` in step 2) and without its exceptions for words of
/// one or two letters. Indexes hold its results, so it never changes without a new `analysis_version`.
class Porter {
 public:
  /// Words outside of these bounds have no ending.
  static constexpr std::size_t shortest = 3;
  static constexpr std::size_t longest = 64;

  /// Returns false if no word with this last letter has an ending.
  [[nodiscard]] static bool may_end_with(char last) noexcept {
    return last == 'd' || last == 'g' || last == 'y' || may_go_on_with(last);
  }

  /// Stems a word in place and returns the length of its stem, which is never longer. Precondition: the word consists
  /// of ASCII letters of lower case and digits, and its length is within the bounds.
  [[nodiscard]] static std::size_t stem(char* word, std::size_t size) noexcept {
    Porter porter(word, size);
    porter.plural();
    porter.past_and_progressive();
    if (porter.last() == 'y' && has_vowel(word, porter.size_ - 1)) { word[porter.size_ - 1] = 'i'; }
    if (!may_go_on_with(porter.last())) { return porter.size_; }
    porter.longer_suffixes();
    porter.shorter_suffixes();
    porter.suffixes_of_long_stems();
    porter.final_letters();
    return porter.size_;
  }

 private:
  /// Returns whether a suffix of the steps from the second on ends with the letter.
  [[nodiscard]] static bool may_go_on_with(char last) noexcept {
    constexpr std::uint32_t letters = [] {
      std::uint32_t set = 0;
      for (const char c : std::string_view("ceilmnrstu")) { set |= 1U << static_cast<unsigned>(c - 'a'); }
      return set;
    }();
    return last >= 'a' && ((letters >> static_cast<unsigned>(last - 'a')) & 1U) != 0;
  }

  Porter(char* word, std::size_t size) noexcept : word_(word), size_(size) {}

  [[nodiscard]] static bool is_plain_vowel(char c) noexcept {
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
  }

  /// Returns whether the stem has a vowel. A y is one unless it is the first letter.
  [[nodiscard]] static bool has_vowel(const char* stem, std::size_t size) noexcept {
    for (std::size_t at = 0; at < size; ++at) {
      if (is_plain_vowel(stem[at]) || (stem[at] == 'y' && at > 0)) { return true; }
    }
    return false;
  }

  /// Returns how many times consonants follow vowels, at most two: Porter's m. A y after a consonant is a vowel.
  [[nodiscard]] static int measure(const char* stem, std::size_t size) noexcept {
    int measure = 0;
    bool vowel = true;  // so that a y at the start is a consonant
    bool seen = false;
    for (std::size_t at = 0; at < size; ++at) {
      vowel = is_plain_vowel(stem[at]) || (stem[at] == 'y' && !vowel);
      if (vowel) {
        seen = true;
      } else if (seen) {
        if (++measure == 2) { break; }
        seen = false;
      }
    }
    return measure;
  }

  /// Returns whether the stem ends with consonant, vowel, consonant, and the last is none of w, x, y.
  [[nodiscard]] static bool ends_with_short_syllable(const char* stem, std::size_t size) noexcept {
    if (stem[size - 1] == 'w' || stem[size - 1] == 'x' || stem[size - 1] == 'y') { return false; }
    unsigned consonants = 0;
    bool vowel = true;
    for (std::size_t at = 0; at < size; ++at) {
      vowel = is_plain_vowel(stem[at]) || (stem[at] == 'y' && !vowel);
      consonants = (consonants << 1U) | (vowel ? 0U : 1U);
    }
    return (consonants & 7U) == 5U;
  }

  [[nodiscard]] char last() const noexcept { return word_[size_ - 1]; }

  /// Returns the letter before the last, by which suffixes are told apart; 0 if there is none.
  [[nodiscard]] char penultimate() const noexcept { return size_ < 2 ? '\0' : word_[size_ - 2]; }

  // NOLINTBEGIN(modernize-avoid-c-arrays): suffixes are literals.

  /// Returns whether the word is longer than the suffix and ends with it.
  template <std::size_t Size>
  [[nodiscard]] bool has(const char (&suffix)[Size]) const noexcept {
    // A template, so that the size is a constant and no function is called.
    constexpr std::size_t length = Size - 1;
    return size_ > length && std::memcmp(word_ + size_ - length, suffix, length) == 0;
  }

  /// If the word has the suffix, puts another in its place where the measure of the rest is greater than the given one,
  /// and returns true in any case.
  template <std::size_t Size>
  bool replace(const char (&suffix)[Size], std::string_view by, int greater_than = 0) noexcept {
    if (!has(suffix)) { return false; }
    const std::size_t rest = size_ - (Size - 1);
    if (measure(word_, rest) > greater_than) {
      std::memcpy(word_ + rest, by.data(), by.size());
      size_ = rest + by.size();
    }
    return true;
  }

  template <std::size_t Size>
  bool remove(const char (&suffix)[Size]) noexcept {
    return replace(suffix, "", 1);
  }
  // NOLINTEND(modernize-avoid-c-arrays)

  /// Step 1a.
  void plural() noexcept {
    if (last() != 's') { return; }
    if (penultimate() == 'e') {
      const bool two =
          (size_ > 4 && word_[size_ - 3] == 's' && word_[size_ - 4] == 's') || (size_ > 3 && word_[size_ - 3] == 'i');
      size_ -= two ? 2 : 1;
    } else if (penultimate() != 's') {
      --size_;
    }
  }

  /// Step 1b.
  void past_and_progressive() noexcept {
    if (last() != 'd' && last() != 'g') { return; }
    if (has("eed")) {
      (void)replace("eed", "ee");
      return;
    }
    const std::size_t suffix = has("ed") ? 2 : has("ing") ? 3 : 0;
    if (suffix == 0 || !has_vowel(word_, size_ - suffix)) { return; }
    size_ -= suffix;
    if (has("at") || has("bl") || has("iz")) {
      word_[size_++] = 'e';
      return;
    }
    const char c = last();
    if (!is_plain_vowel(c) && c != 'l' && c != 's' && c != 'z' && c == penultimate()) {
      --size_;
    } else if (measure(word_, size_) == 1 && ends_with_short_syllable(word_, size_)) {
      word_[size_++] = 'e';
    }
  }

  /// Step 2.
  void longer_suffixes() noexcept {
    switch (penultimate()) {
      case 'a': (void)(replace("ational", "ate") || replace("tional", "tion")); break;
      case 'c': (void)(replace("enci", "ence") || replace("anci", "ance")); break;
      case 'e': (void)replace("izer", "ize"); break;
      case 'g': (void)replace("logi", "log"); break;
      case 'l':
        (void)(replace("bli", "ble") || replace("alli", "al") || replace("entli", "ent") || replace("eli", "e") ||
               replace("ousli", "ous"));
        break;
      case 'o': (void)(replace("ization", "ize") || replace("ation", "ate") || replace("ator", "ate")); break;
      case 's':
        (void)(replace("alism", "al") || replace("iveness", "ive") || replace("fulness", "ful") ||
               replace("ousness", "ous"));
        break;
      case 't': (void)(replace("aliti", "al") || replace("iviti", "ive") || replace("biliti", "ble")); break;
      default: break;
    }
  }

  /// Step 3.
  void shorter_suffixes() noexcept {
    switch (penultimate()) {
      case 'a': (void)replace("ical", "ic"); break;
      case 's': (void)replace("ness", ""); break;
      case 't': (void)(replace("icate", "ic") || replace("iciti", "ic")); break;
      case 'u': (void)replace("ful", ""); break;
      case 'v': (void)replace("ative", ""); break;
      case 'z': (void)replace("alize", "al"); break;
      default: break;
    }
  }

  /// Step 4.
  void suffixes_of_long_stems() noexcept {
    switch (penultimate()) {
      case 'a': (void)remove("al"); break;
      case 'c': (void)(remove("ance") || remove("ence")); break;
      case 'e': (void)remove("er"); break;
      case 'i': (void)remove("ic"); break;
      case 'l': (void)(remove("able") || remove("ible")); break;
      case 'n': (void)(remove("ant") || remove("ement") || remove("ment") || remove("ent")); break;
      case 'o':
        if (has("ion")) {
          if (size_ > 3 && (word_[size_ - 4] == 's' || word_[size_ - 4] == 't')) { (void)remove("ion"); }
        } else {
          (void)remove("ou");
        }
        break;
      case 's': (void)remove("ism"); break;
      case 't': (void)(remove("ate") || remove("iti")); break;
      case 'u': (void)remove("ous"); break;
      case 'v': (void)remove("ive"); break;
      case 'z': (void)remove("ize"); break;
      default: break;
    }
  }

  /// Step 5.
  void final_letters() noexcept {
    if (last() == 'e') {
      const int rest = measure(word_, size_ - 1);
      if (rest > 1 || (rest == 1 && !ends_with_short_syllable(word_, size_ - 1))) { --size_; }
    }
    if (last() == 'l' && penultimate() == 'l' && measure(word_, size_ - 1) > 1) { --size_; }
  }

  char* word_;
  std::size_t size_;
};

}  // namespace heddle::text
