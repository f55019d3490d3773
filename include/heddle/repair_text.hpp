#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle {

/// Returns the length of the valid UTF-8 sequence at the start of a text. If there is none, the length of what one
/// replacement character stands for, with a minus sign: the longest start of a sequence (Unicode 15, section 3.9,
/// "U+FFFD Substitution of Maximal Subparts"). Precondition: the text is not empty.
[[nodiscard]] constexpr int utf8_sequence(std::string_view text) noexcept {
  const auto byte = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned char lead = byte(0);
  if (lead == 0) { return -1; }
  if (lead < 0x80) { return 1; }
  if (lead < 0xC2 || lead > 0xF4) { return -1; }
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
  const unsigned char least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (std::size_t at = 1; at < length; ++at) {
    const bool fits = at < text.size() && byte(at) >= (at == 1 ? least : 0x80) && byte(at) <= (at == 1 ? most : 0xBF);
    if (!fits) { return -static_cast<int>(at); }
  }
  return static_cast<int>(length);
}

/// Returns a text that can be stored: valid UTF-8 without NUL. Puts U+FFFD in the place of each NUL and of each
/// sequence that is not valid UTF-8; a text that can be stored is returned unchanged. For what tools and models emit in
/// other encodings or cut off in the middle of a character.
[[nodiscard]] inline std::string repair_text(std::string_view text) {
  constexpr std::string_view replacement = "\xEF\xBF\xBD";
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const int sequence = utf8_sequence(text);
    const auto length = static_cast<std::size_t>(sequence < 0 ? -sequence : sequence);
    repaired.append(sequence < 0 ? replacement : text.substr(0, length));
    text.remove_prefix(length);
  }
  return repaired;
}

}  // namespace heddle
