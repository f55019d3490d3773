// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace heddle::text {

/// The lower case of ASCII letters, ASCII digits as they are, 0 for every other byte.
inline constexpr std::array<char, 256> lower_letters = [] {
  std::array<char, 256> table{};
  for (std::size_t byte = 0; byte < 128; ++byte) {
    const char c = static_cast<char>(byte);
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')) { table[byte] = c; }
    if (c >= 'A' && c <= 'Z') { table[byte] = static_cast<char>(c - 'A' + 'a'); }
  }
  return table;
}();

/// Returns the lower case of an ASCII letter, an ASCII digit as it is, and 0 for every other byte.
[[nodiscard]] inline char lower_letter(char byte) noexcept { return lower_letters[static_cast<unsigned char>(byte)]; }

/// Returns the code point of valid UTF-8 of two to four bytes.
[[nodiscard]] constexpr std::uint32_t decode_utf8(const char* bytes, int length) noexcept {
  const auto bits = [bytes](int at) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at])); };
  std::uint32_t point = length == 2 ? bits(0) & 0x1FU : length == 3 ? bits(0) & 0x0FU : bits(0) & 0x07U;
  for (int at = 1; at < length; ++at) { point = point << 6U | (bits(at) & 0x3FU); }
  return point;
}

}  // namespace heddle::text
