#pragma once

#include "heddle/repair_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::formats {

/// Returns JSON text that the readers of the formats accept, if it is JSON: puts U+FFFD in the place of each NUL and of
/// each half of a surrogate pair in its strings, where they are written as `\u0000` and `\uD800`, and of what is not
/// valid UTF-8. For what tools emit that cut text off in the middle of a character; all else is returned unchanged.
[[nodiscard]] inline std::string repair_json(std::string_view json) {
  const std::string text = repair_text(json);
  // Returns the four digits of an escape as a number; -1 if there is none at this place.
  const auto unit = [&text](std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') { return -1; }
    int value = 0;
    for (std::size_t digit = at + 2; digit < at + 6; ++digit) {
      constexpr std::string_view digits = "0123456789abcdef";
      const char each = text[digit];
      const std::size_t found = digits.find(each >= 'A' && each <= 'F' ? static_cast<char>(each - 'A' + 'a') : each);
      if (found == std::string_view::npos) { return -1; }
      value = value * 16 + static_cast<int>(found);
    }
    return value;
  };
  const auto is_high = [](int value) { return value >= 0xD800 && value <= 0xDBFF; };
  const auto is_low = [](int value) { return value >= 0xDC00 && value <= 0xDFFF; };
  std::string repaired;
  repaired.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const int value = unit(at);
    std::size_t length = text[at] == '\\' ? 2 : 1;  // an escaped backslash begins no escape
    if (is_high(value) && is_low(unit(at + 6))) {
      length = 12;
    } else if (value == 0 || is_high(value) || is_low(value)) {
      repaired += "\\ufffd";
      at += 6;
      continue;
    }
    repaired.append(text, at, length);
    at += length;
  }
  return repaired;
}

}  // namespace heddle::formats
