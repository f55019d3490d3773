// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/transfer/line_text.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

namespace heddle::transfer {

/// Finds where the values of a line of JSON end, and checks them on the way by the rules of `validation::is_json`: what
/// most lines have is read once, eight bytes at a time. Refers to the line, whose terminating zero ends every value.
/// All functions take the place where a value begins, at most the size of the line, and return the place behind it;
/// npos if it is not valid.
class JsonEnds {
 public:
  static constexpr std::size_t npos = std::string::npos;

  explicit JsonEnds(const std::string& line) noexcept : line_(line) {}

  [[nodiscard]] std::size_t value(std::size_t at) const {
    switch (line_[at]) {
      case '"': return text(at);
      case '{':
      case '[': return structure(at);
      default: return literal(at);
    }
  }

  /// Of a string, with its quotes.
  [[nodiscard]] std::size_t text(std::size_t at) const {
    if (line_[at] != '"') { return npos; }
    const std::string_view line(line_);
    const std::size_t begin = at + 1;
    for (at = begin;;) {
      at = find_escaped(line, at);
      if (at == line.size()) { return npos; }
      if (line[at] == '"') { break; }
      // A character that must be escaped, or an escape.
      const std::size_t width = line[at] == '\\' ? escape(line.substr(at)) : 0;
      if (width == 0) { return npos; }
      at += width;
    }
    return validation::is_clean_utf8(line.substr(begin, at - begin)) ? at + 1 : npos;
  }

  /// Of white space.
  [[nodiscard]] std::size_t space(std::size_t at) const noexcept {
    while (line_[at] == ' ' || line_[at] == '\t' || line_[at] == '\r') { ++at; }
    return at;
  }

 private:
  /// Returns the width of an escape, or of the two of a character that needs two; 0 if it is not valid.
  [[nodiscard]] static std::size_t escape(std::string_view text) {
    constexpr std::size_t single = 6;
    if (text.size() < 2) { return 0; }
    if (text[1] != 'u') { return std::string_view("\"\\/bfnrt").find(text[1]) == std::string_view::npos ? 0 : 2; }
    const unsigned unit = code_unit(text);
    if (unit < 0xD800 || unit >= 0xE000) { return unit == 0 ? 0 : single; }
    const unsigned second = unit < 0xDC00 ? code_unit(text.substr(single)) : 0;
    return second >= 0xDC00 && second < 0xE000 ? 2 * single : 0;
  }
  /// Returns the code unit of an escape by its number; 0 if it is no such escape, or is that of NUL.
  [[nodiscard]] static unsigned code_unit(std::string_view text) {
    constexpr std::size_t width = 6;
    if (text.size() < width || !text.starts_with("\\u")) { return 0; }
    unsigned unit = 0;
    const char* const last = text.data() + width;
    const auto end = std::from_chars(text.data() + 2, last, unit, 16);
    return end.ec == std::errc() && end.ptr == last ? unit : 0;
  }

  [[nodiscard]] std::size_t structure(std::size_t at) const {
    const std::size_t begin = at;
    std::size_t depth = 0;
    do {
      const char byte = line_[at];
      if (byte == '"') {
        at = text(at);
        if (at == npos) { return npos; }
        continue;
      }
      if (byte == '\0') { return npos; }
      if (byte == '{' || byte == '[') { ++depth; }
      if (byte == '}' || byte == ']') { --depth; }
      ++at;
    } while (depth != 0);
    return validation::is_json(line_.substr(begin, at - begin)) ? at : npos;
  }

  /// Of a number, or a name.
  [[nodiscard]] std::size_t literal(std::size_t at) const {
    const std::size_t begin = at;
    if (line_[at] == '-') { ++at; }
    const std::size_t first = at;
    while (line_[at] >= '0' && line_[at] <= '9') { ++at; }
    const bool is_integer = at != first && (line_[first] != '0' || at == first + 1);
    if (is_integer && is_end(line_[at])) { return at; }
    while (!is_end(line_[at])) { ++at; }
    return validation::is_json(line_.substr(begin, at - begin)) ? at : npos;
  }
  [[nodiscard]] static bool is_end(char byte) noexcept {
    return std::string_view(",}] \t\r\0", 7).find(byte) != std::string_view::npos;
  }

  const std::string& line_;
};

}  // namespace heddle::transfer
