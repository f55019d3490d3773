// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/control_characters.hpp"
#include "heddle/limits.hpp"
#include "heddle/validation/field_path.hpp"

#include <boost/locale/utf.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace heddle::validation {

/// Returns the offset of the first byte that is not part of valid UTF-8 (no surrogates, no overlong forms) or is NUL;
/// npos if there is none.
[[nodiscard]] inline std::size_t find_unclean(std::string_view text) noexcept {
  using Utf8 = boost::locale::utf::utf_traits<char>;
  constexpr std::uint64_t high_bits = 0x8080808080808080U;
  constexpr std::uint64_t low_bits = 0x0101010101010101U;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    // Most text is ASCII: tests eight bytes at once while none of them has its high bit set or is zero.
    while (end - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, at, sizeof word);
      if ((word & high_bits) != 0 || ((word - low_bits) & ~word & high_bits) != 0) { break; }
      at += 8;
    }
    for (int step = 0; step < 8 && at != end; ++step) {
      const char* const start = at;
      const auto point = Utf8::decode(at, end);
      if (point == 0 || point == boost::locale::utf::illegal || point == boost::locale::utf::incomplete) {
        return static_cast<std::size_t>(start - text.data());
      }
    }
  }
  return std::string_view::npos;
}

/// Returns whether the text is valid UTF-8 without a NUL byte.
[[nodiscard]] inline bool is_clean_utf8(std::string_view text) noexcept {
  return find_unclean(text) == std::string_view::npos;
}

/// Throws `invalid_argument` with the path if the bytes are more than the cap.
inline void check_length(const FieldPath& field, std::string_view bytes, std::size_t cap) {
  if (bytes.size() > cap) { refuse(field, "is longer than " + std::to_string(cap) + " bytes"); }
}

/// Throws `invalid_argument` with the path if the text is longer than the cap or is not valid UTF-8 without NUL: no
/// other text can be stored and read back unchanged on every backend.
inline void check_text(const FieldPath& field, std::string_view text, std::size_t cap) {
  check_length(field, text, cap);
  if (const std::size_t offset = find_unclean(text); offset != std::string_view::npos) {
    refuse(field, "is not UTF-8 without NUL at byte " + std::to_string(offset) + ": heddle::repair_text makes it so");
  }
}

/// Throws `invalid_argument` with the path if the text contains a control character. The one rule for them: contents,
/// names and ids are stored with theirs, byte for byte; tags have none; error messages show a space for each.
inline void check_printable(const FieldPath& field, std::string_view text) {
  if (const std::size_t offset = find_control(text); offset != std::string_view::npos) {
    refuse(field, "must not contain control characters, as at byte " + std::to_string(offset));
  }
}

/// Like `check_text` for an id, which must not be empty.
inline void check_id(const FieldPath& field, std::string_view id) {
  if (id.empty()) { refuse(field, "must not be empty"); }
  check_text(field, id, limits::id);
}

}  // namespace heddle::validation
