// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"

#include <openssl/rand.h>

#include <array>
#include <cstddef>
#include <limits>
#include <string>

namespace heddle::detail::crypto {

/// Fills `bytes` from OpenSSL's cryptographic random generator. Throws `internal` if that fails. Any thread.
template <std::size_t Size>
void fill_random(std::array<std::byte, Size>& bytes) {
  static_assert(Size <= std::numeric_limits<int>::max());
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(Size)) != 1) {
    throw Error(ErrorCode::internal, "OpenSSL's random generator failed");
  }
}

/// Returns so many random lower-case hexadecimal digits, of 4 random bits each. Any thread.
[[nodiscard]] inline std::string random_hex(std::size_t digits) {
  std::string text;
  while (text.size() < digits) {
    std::array<std::byte, 16> bytes{};
    fill_random(bytes);
    text += to_hex(bytes);
  }
  text.resize(digits);
  return text;
}

/// Returns a random UUID (version 4, RFC 9562) in its usual form of 36 lower-case characters. Any thread.
[[nodiscard]] inline std::string random_uuid() {
  std::array<std::byte, 16> bytes{};
  fill_random(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};  // the variant of RFC 9562
  auto text = to_hex(bytes);
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) { text.insert(dash, 1, '-'); }
  return text;
}

}  // namespace heddle::detail::crypto
