// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

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

/// Eight bytes at once.
struct EightBytes {
  std::uint64_t lower = 0;  ///< the bytes, ASCII letters in lower case; in the order of memory
  std::size_t letters = 0;  ///< how many of them are ASCII letters and digits before the first other byte
};

/// Reads eight bytes. Precondition: the machine is little-endian.
[[nodiscard]] inline EightBytes lower_eight(const char* bytes) noexcept {
  constexpr std::uint64_t each = 0x0101010101010101U;
  constexpr std::uint64_t high = 0x80U * each;
  std::uint64_t read = 0;
  std::memcpy(&read, bytes, sizeof(read));
  // Sums of seven bits, so no byte carries into the next; the highest bit says that a byte is at least a bound.
  const std::uint64_t low = read & ~high;
  const std::uint64_t lower = low | (0x20U * each);
  const std::uint64_t letter = (lower + (0x80U - 'a') * each) & ~(lower + (0x80U - 'z' - 1U) * each);
  const std::uint64_t digit = (low + (0x80U - '0') * each) & ~(low + (0x80U - '9' - 1U) * each);
  const std::uint64_t other = (~(letter | digit) | read) & high;
  return {lower, other == 0 ? sizeof(read) : static_cast<std::size_t>(std::countr_zero(other)) / 8};
}

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
