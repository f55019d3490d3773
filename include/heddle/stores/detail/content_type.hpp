// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/stores/detail/magic_type.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::stores::detail {

/// How many of the first bytes of a content decide its type. libmagic looks behind the first entry of an archive.
#ifdef HEDDLE_WITH_LIBMAGIC
inline constexpr std::size_t bytes_of_type = 16384;
#else
inline constexpr std::size_t bytes_of_type = 512;
#endif

/// True for text: UTF-8, of which the last character may be cut if there is more, without control characters but those
/// of white space.
[[nodiscard]] bool looks_like_text(std::same_as<std::string_view> auto bytes) {
  for (const char each : bytes) {
    constexpr std::string_view white = "\t\n\f\r";
    const auto byte = static_cast<unsigned char>(each);
    if ((byte < 0x20 && white.find(each) == std::string_view::npos) || byte == 0x7f) { return false; }
  }
  constexpr std::size_t longest_rest = 3;
  const std::size_t unclean = validation::find_unclean(bytes);
  return unclean == std::string_view::npos || (bytes.size() == bytes_of_type && unclean + longest_rest >= bytes.size());
}

/// Returns the content type that the first bytes of a content tell: a few formats that agents meet, `text/plain` or
/// `application/octet-stream`.
[[nodiscard]] std::string_view known_type_of(std::same_as<std::string_view> auto bytes) {
  struct Format {
    std::string_view start;
    std::string_view type;
  };
  using namespace std::string_view_literals;
  constexpr Format formats[] = {// NOLINT(modernize-avoid-c-arrays): its length is counted
                                {"\x89PNG\r\n\x1a\n"sv, "image/png"},
                                {"\xff\xd8\xff"sv, "image/jpeg"},
                                {"GIF87a"sv, "image/gif"},
                                {"GIF89a"sv, "image/gif"},
                                {"%PDF-"sv, "application/pdf"},
                                {"PK\x03\x04"sv, "application/zip"},
                                {"\x1f\x8b"sv, "application/gzip"},
                                {"SQLite format 3\0"sv, "application/vnd.sqlite3"},
                                {"ID3"sv, "audio/mpeg"},
                                {"OggS"sv, "application/ogg"},
                                {R"({\rtf)"sv, "application/rtf"}};
  for (const Format& format : formats) {
    if (bytes.starts_with(format.start)) { return format.type; }
  }
  if (bytes.starts_with("RIFF") && bytes.size() >= 12) {
    if (bytes.substr(8, 4) == "WEBP") { return "image/webp"; }
    if (bytes.substr(8, 4) == "WAVE") { return "audio/wav"; }
  }
  if (bytes.size() >= 12 && bytes.substr(4, 4) == "ftyp") { return "video/mp4"; }
  return looks_like_text(bytes) ? "text/plain" : "application/octet-stream";
}

/// The same, of the formats that libmagic knows, if the build has it.
[[nodiscard]] std::string content_type_of(std::same_as<std::string_view> auto bytes) {
#ifdef HEDDLE_WITH_LIBMAGIC
  // It has a type for nothing, which is text here.
  if (!bytes.empty()) {
    std::string type = Magic::shared().type_of(bytes);
    if (!type.empty()) { return type; }
  }
#endif
  return std::string(known_type_of(bytes));
}

}  // namespace heddle::stores::detail
