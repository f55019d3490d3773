#pragma once

#include "heddle/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle {

/// Returns an id for an error message, in quotes: at most its first 64 bytes, without control characters. Providers
/// make ids of many kilobytes.
[[nodiscard]] inline std::string quoted_id(std::string_view id) {
  constexpr std::size_t longest = 64;
  const bool whole = id.size() <= longest;
  std::size_t size = whole ? id.size() : longest;
  // Not in the middle of a character of UTF-8.
  while (!whole && size > 0 && (static_cast<unsigned char>(id[size]) & 0xC0U) == 0x80U) { --size; }
  std::string text(1, '"');
  for (const char each : id.substr(0, size)) {
    const auto byte = static_cast<unsigned char>(each);
    // U+0080 to U+009F are control characters too: terminals obey them.
    const bool second_half = text.back() == '\xC2' && byte >= 0x80 && byte < 0xA0;
    if (second_half) { text.pop_back(); }
    text += byte < 0x20 || byte == 0x7F || second_half ? ' ' : each;
  }
  return text.append(whole ? "\"" : "...\"");
}

/// The error for a statement that must find a row and finds none.
struct Refusal {
  ErrorCode code;
  std::string_view subject;  ///< of what kind: "the session"
  std::string_view what;     ///< what is the matter, and what to do: "does not exist"
  std::string_view id{};     ///< as the caller gave it; empty: the message names none. Must live as long as the call

  /// Returns the refusal for one id.
  [[nodiscard]] constexpr Refusal of(std::string_view given) const noexcept { return {code, subject, what, given}; }

  /// Returns the error.
  [[nodiscard]] Error error() const {
    std::string message(subject);
    if (!id.empty()) { message.append(" ").append(quoted_id(id)); }
    return {code, message.append(" ").append(what)};
  }
};

}  // namespace heddle
