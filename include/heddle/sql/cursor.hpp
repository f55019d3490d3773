// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/validation/text.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::sql {

/// Where a list goes on: behind the row at this position, and behind this id among rows at one position.
struct Position {
  std::int64_t at = 0;
  std::string id{};
};

/// The position as an opaque cursor: the list's own letter, the number, the id.
[[nodiscard]] inline std::string make_cursor(char list, const Position& position) {
  return list + std::to_string(position.at) + "." + position.id;
}

/// The position of a cursor, or `start` for an empty one. Throws `invalid_argument` for one that another list made.
[[nodiscard]] inline Position read_cursor(char list, const std::string& cursor, Position start) {
  if (cursor.empty()) { return start; }
  validation::check_text("page.cursor", cursor, limits::name);
  Position position;
  const char* const end = cursor.data() + cursor.size();
  const auto parsed = std::from_chars(cursor.data() + 1, end, position.at);
  if (cursor.front() != list || parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != '.') {
    validation::refuse("page.cursor", "does not come from this list");
  }
  position.id.assign(parsed.ptr + 1, end);
  return position;
}

/// The wanted number of items. Throws `invalid_argument` if it is out of bounds.
[[nodiscard]] inline std::int64_t limit_of(const PageRequest& request, std::int64_t fallback) {
  if (request.limit < 0 || request.limit > limits::page) {
    validation::refuse("page.limit", "is not between 0 and " + std::to_string(limits::page));
  }
  return request.limit == 0 ? fallback : request.limit;
}

/// A page of the rows of a query for one row more than `limit`: if that one came, there is a next page, behind the last
/// row that is given.
template <class Row, class PositionOf>
[[nodiscard]] Page<Row> make_page(char list, std::vector<Row> rows, std::int64_t limit, PositionOf position_of) {
  Page<Row> page;
  const auto size = static_cast<std::size_t>(limit);
  if (rows.size() > size) {
    rows.resize(size);
    page.next = make_cursor(list, position_of(rows.back()));
  }
  page.items = std::move(rows);
  return page;
}

/// The same for rows that come with the key that the list goes on from.
template <class Row>
[[nodiscard]] Page<Row> make_keyed_page(char list, std::vector<Keyed<Row>> rows, std::int64_t limit) {
  auto keyed = make_page(list, std::move(rows), limit, [](const Keyed<Row>& last) { return Position{last.key, {}}; });
  Page<Row> page{{}, std::move(keyed.next)};
  page.items.reserve(keyed.items.size());
  for (auto& each : keyed.items) { page.items.push_back(std::move(each.row)); }
  return page;
}

}  // namespace heddle::sql
