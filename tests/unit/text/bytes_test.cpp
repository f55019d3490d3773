#include "heddle/text/bytes.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

using namespace heddle::text;

TEST_CASE("text: eight bytes at once are what they are one by one") {
  if constexpr (std::endian::native == std::endian::little) {
    for (std::size_t place = 0; place < 8; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        for (const char other : {'a', 'Z', '0', '\x7f', '\xff'}) {
          std::array<char, 8> bytes{};
          bytes.fill(other);
          bytes[place] = static_cast<char>(byte);
          std::size_t letters = 0;
          while (letters < 8 && lower_letter(bytes[letters]) != 0) { ++letters; }
          const EightBytes eight = lower_eight(bytes.data());
          std::array<char, 8> lower{};
          std::memcpy(lower.data(), &eight.lower, 8);
          bool same = eight.letters == letters;
          for (std::size_t at = 0; at < letters; ++at) { same = same && lower[at] == lower_letter(bytes[at]); }
          if (!same) { FAIL_CHECK("byte " << byte << " at " << place << " among " << int{other}); }
        }
      }
    }
  }
}
