#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// Returns the literal of a tsvector that is in the binary format: "'red':1,3C 'green'". Throws std::out_of_range if it
/// ends too early.
inline std::string literal_of(const std::string& vector) {
  const auto number_at = [&vector](std::size_t at, std::size_t size) {
    std::size_t number = 0;
    for (std::size_t byte = at; byte < at + size; ++byte) {
      number = number << 8U | static_cast<unsigned char>(vector.at(byte));
    }
    return number;
  };
  std::string literal;
  std::size_t at = 4;
  for (std::size_t left = number_at(0, 4); left > 0; --left) {
    const std::size_t end = vector.find('\0', at);
    literal.append(literal.empty() ? "'" : " '").append(vector.substr(at, end - at)) += '\'';
    const std::size_t positions = number_at(end + 1, 2);
    at = end + 3;
    for (std::size_t index = 0; index < positions; ++index, at += 2) {
      const std::size_t position = number_at(at, 2);
      literal.append(index == 0 ? ":" : ",").append(std::to_string(position & 0x3FFFU));
      if (position >> 14U != 0) { literal += std::string_view("DCBA")[position >> 14U]; }
    }
  }
  return literal;
}
