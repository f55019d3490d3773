// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

namespace heddle::detail::files {

/// `text` with every byte but ASCII letters, digits, `-` and `_` as `%XX`. The result has no meaning to a file system
/// or in a URI, and two texts never have the same one. Stored files are named by it: it must never change.
[[nodiscard]] inline std::string percent_encode(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string encoded;
  for (const char each : text) {
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       each == '-' || each == '_';
    if (plain) {
      encoded += each;
    } else {
      const auto byte = static_cast<unsigned char>(each);
      encoded.append({'%', hex[byte >> 4U], hex[byte & 15U]});
    }
  }
  return encoded;
}

}  // namespace heddle::detail::files
