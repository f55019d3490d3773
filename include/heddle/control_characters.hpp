#pragma once

#include <cstddef>
#include <string_view>

namespace heddle {

/// Returns how many bytes the control character has at the start of a text in UTF-8; 0 if there is none. Those of
/// Unicode (Cc): U+0000 to U+001F, U+007F, and U+0080 to U+009F, which terminals obey too.
[[nodiscard]] constexpr std::size_t leading_control(std::string_view text) noexcept {
  if (text.empty()) { return 0; }
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x20 || first == 0x7F) { return 1; }
  if (first != 0xC2 || text.size() < 2) { return 0; }
  const auto second = static_cast<unsigned char>(text[1]);
  return second >= 0x80 && second < 0xA0 ? 2 : 0;
}

/// Returns the offset of the first control character of a text in UTF-8; npos if there is none.
[[nodiscard]] constexpr std::size_t find_control(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (leading_control(text.substr(at)) != 0) { return at; }
  }
  return std::string_view::npos;
}

}  // namespace heddle
