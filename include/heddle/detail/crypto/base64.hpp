// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::detail::crypto {

/// Returns bytes in base64 (RFC 4648, section 4).
[[nodiscard]] inline std::string to_base64(std::string_view bytes) {
  // A multiple of three: only the last piece is padded. The size of a piece is an int.
  constexpr std::size_t piece = std::size_t{3} << 20U;
  std::string text;
  while (!bytes.empty()) {
    const std::string_view next = bytes.substr(0, piece);
    std::string encoded((next.size() + 2) / 3 * 4 + 1, '\0');  // and a NUL
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                        reinterpret_cast<const unsigned char*>(next.data()), static_cast<int>(next.size()));
    text.append(encoded, 0, static_cast<std::size_t>(length));
    bytes.remove_prefix(next.size());
  }
  return text;
}

}  // namespace heddle::detail::crypto
