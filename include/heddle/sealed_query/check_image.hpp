// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace heddle::sealed_query {

/// Throws `data_loss` unless the image has the header that `build_image` gives to every image. SQLite would take others
/// for a database with a log of its own, of another encoding or of pages as large as the cache.
inline void check_image_header(std::span<const std::byte> image) {
  using namespace std::string_view_literals;
  // The magic text, pages of 4096 bytes, no log to read or to write, no reserved bytes, and three constants.
  constexpr auto start = "SQLite format 3\0\x10\0\1\1\0\x40\x20\x20"sv;
  constexpr std::size_t header = 100;
  constexpr std::size_t page = 4096;
  const auto number_at = [image](std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) { number = number << 8U | std::to_integer<std::uint32_t>(image[at + i]); }
    return number;
  };
  constexpr std::size_t page_count = 28;
  constexpr std::size_t vacuum = 52;
  constexpr std::size_t encoding = 56;
  if (image.size() < header || std::memcmp(image.data(), start.data(), start.size()) != 0 ||
      std::size_t{number_at(page_count)} * page != image.size() || number_at(vacuum) != 0 || number_at(encoding) != 1) {
    throw Error(ErrorCode::data_loss, "the stored result is damaged: its header is not that of a result");
  }
}

}  // namespace heddle::sealed_query
