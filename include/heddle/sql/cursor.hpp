// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <charconv>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

namespace heddle::sql {

/// The position of a row in a list: the number by which the list is ordered, and the id of the row if several rows can
/// have the same number.
struct Position {
  std::int64_t at = 0;
  std::string id{};

  /// Returns the number as a time, for a list that is ordered by time.
  [[nodiscard]] Timestamp time() const noexcept { return Timestamp(Timestamp::duration(at)); }
};

/// The numbers before the first row of a list in ascending order, and in descending order.
inline constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t after_all = std::numeric_limits<std::int64_t>::max();

/// Throws `invalid_argument`: the cursor was made for another list.
[[noreturn]] inline void refuse_cursor() { validation::refuse("page.cursor", "does not belong to this list"); }

/// Returns the text of a cursor: the key of its list, the number, the id, separated by points.
[[nodiscard]] inline std::string make_cursor(std::string_view key, const Position& position) {
  return std::string(key).append(".").append(std::to_string(position.at)).append(".").append(position.id);
}

/// Returns the position in a cursor. Throws `invalid_argument` if the key of its list is another one.
[[nodiscard]] inline Position read_cursor(std::string_view key, const std::string& cursor) {
  validation::check_text("page.cursor", cursor, limits::name);
  if (!cursor.starts_with(key) || cursor.size() == key.size() || cursor[key.size()] != '.') { refuse_cursor(); }
  Position position;
  const char* const end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data() + key.size() + 1, end, position.at);
  if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != '.') { refuse_cursor(); }
  position.id.assign(parsed.ptr + 1, end);
  return position;
}

}  // namespace heddle::sql
