#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace benchmarks {

/// Returns a name and a number, such as `s7`. g++ 12 warns of `"s" + std::to_string(7)` without reason.
inline std::string numbered(std::string name, std::int64_t number) { return name.append(std::to_string(number)); }

/// Text like that of an agent: words of a vocabulary in which few are frequent and many are rare. The same seed gives
/// the same text.
class TextSource {
 public:
  explicit TextSource(std::uint32_t seed) : random_(seed) {}

  std::string next(int words) {
    std::string text;
    for (int index = 0; index < words; ++index) {
      // Squaring a uniform number twice gives a long tail.
      const double uniform = std::uniform_real_distribution<double>(0, 1)(random_);
      const auto word = static_cast<std::uint32_t>(20000 * uniform * uniform * uniform);
      text.append(syllable(word)).append(syllable(word / 17 + 3)).append(syllable(word / 300)).push_back(' ');
    }
    return text;
  }

 private:
  static const char* syllable(std::uint32_t number) {
    static constexpr const char* all[] = {"ba", "co", "di", "fu", "ga", "he", "ki", "lo", "ma", "ne",
                                          "pi", "ro", "sa", "te", "vu", "wa", "xi", "yo", "ze"};
    return all[number % 19];
  }

  std::mt19937 random_;
};

}  // namespace benchmarks
