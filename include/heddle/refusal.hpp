#pragma once

#include "heddle/control_characters.hpp"
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
  for (std::string_view rest = id.substr(0, size); !rest.empty();) {
    const std::size_t control = leading_control(rest);
    text += control == 0 ? rest.front() : ' ';
    rest.remove_prefix(control == 0 ? 1 : control);
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
