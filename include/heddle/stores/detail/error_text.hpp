// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/base64.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/repair_text.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"

#include <rapidjson/stringbuffer.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Generates the parts of a StoredError that the caller does not give.
namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns the text itself if it is JSON, else `{"message": <text>}`. Of bytes that are not UTF-8 without NUL the
/// message is the repaired text, and a further member `bytes` has all of them in base64.
[[nodiscard]] std::string as_json(const std::same_as<std::string> auto& text) {
  const bool clean = validation::is_clean_utf8(text);
  if (clean && validation::is_json(text)) { return text; }
  rapidjson::StringBuffer buffer;
  sql::json::Writer writer(buffer);
  writer.StartObject();
  writer.Key("message");
  sql::json::write_text(writer, clean ? text : repair_text(text));
  if (!clean) {
    writer.Key("bytes");
    sql::json::write_text(writer, heddle::detail::crypto::to_base64(text));
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

/// Returns the first line that is not empty, cut to 100 characters (code points). Precondition: the text is UTF-8.
[[nodiscard]] inline std::string summary_of(std::string_view text) {
  constexpr std::size_t most = 100;
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  text = text.substr(0, text.find_first_of("\r\n"));
  std::size_t characters = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    // A byte that does not continue a sequence begins a character.
    const bool begins = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    if (begins && ++characters > most) { return std::string(text.substr(0, at)); }
  }
  return std::string(text);
}

/// Returns a number in decimal with leading zeros.
[[nodiscard]] inline std::string pad(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) { digits.insert(0, width - digits.size(), '0'); }
  return digits;
}

/// Returns a new id for an error of this time: `err_YYYYMMDD_HHMMSS_` in UTC and that many random hexadecimal digits.
[[nodiscard]] std::string make_error_id(std::same_as<Timestamp> auto time, std::size_t random_digits) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  return "err_" + pad(static_cast<int>(date.year()), 4) + pad(static_cast<unsigned>(date.month()), 2) +
         pad(static_cast<unsigned>(date.day()), 2) + "_" + pad(clock.hours().count(), 2) +
         pad(clock.minutes().count(), 2) + pad(clock.seconds().count(), 2) + "_" +
         heddle::detail::crypto::random_hex(random_digits);
}

}  // namespace heddle::stores::detail
