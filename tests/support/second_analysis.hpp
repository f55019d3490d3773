#pragma once

#include "heddle/text/analysis.hpp"
#include "heddle/text/words.hpp"

#include <string>
#include <string_view>

namespace support {

/// Version 2 of the analysis, as a later version of the library could have it: the first four bytes of a word are what
/// an index holds, so `decided` and `decision` are the same. No word is one of version 1. While it exists, this program
/// is of that version.
class SecondAnalysis {
 public:
  static constexpr int version = heddle::text::analysis_version + 1;

  SecondAnalysis() { heddle::text::other_rules = &rules; }
  SecondAnalysis(const SecondAnalysis&) = delete;
  SecondAnalysis& operator=(const SecondAnalysis&) = delete;
  SecondAnalysis(SecondAnalysis&&) = delete;
  SecondAnalysis& operator=(SecondAnalysis&&) = delete;
  ~SecondAnalysis() { heddle::text::other_rules = nullptr; }

 private:
  static void split(std::string_view text, void* context, heddle::text::Rules::Visit visit) {
    heddle::text::for_each_word(text, [&](const heddle::text::Word& word) {
      const std::string folded = "v2" + std::string(word.folded);
      heddle::text::Word other = word;
      other.folded = folded;
      other.term = std::string_view(folded).substr(0, 6);
      visit(context, other);
    });
  }

  static constexpr heddle::text::Rules rules{version, &split};
};

}  // namespace support
