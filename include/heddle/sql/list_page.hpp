// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/options.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/validation/field_path.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace heddle::sql {

/// The number of items of a page if the request does not set a limit.
inline constexpr std::int64_t default_limit = 100;
/// The same for a search.
inline constexpr std::int64_t default_search_limit = 20;

/// Returns the requested number of items. Throws `invalid_argument` if it is out of range.
[[nodiscard]] inline std::int64_t limit_of(const PageRequest& request, std::int64_t fallback) {
  if (request.limit < 0 || request.limit > limits::page) {
    validation::refuse("page.limit", "is not between 0 and " + std::to_string(limits::page));
  }
  return request.limit == 0 ? fallback : request.limit;
}

/// One page of a list: its start, the number of rows to read, and the cursor of the next page. A cursor is valid only
/// for the same list with the same arguments. Refers to the arguments.
template <class... Arguments>
class ListPage {
 public:
  /// Throws `invalid_argument` if the limit of the request is out of range, or if its cursor belongs to another list.
  ListPage(Listing listing, const PageRequest& request, std::int64_t fallback_limit, const Position& start,
           const Arguments&... arguments)
      : listing_(listing),
        arguments_(arguments...),
        limit_(limit_of(request, fallback_limit)),
        start_(request.cursor.empty() ? start : read_cursor(key(), request.cursor)) {}

  /// The position of the row before the page.
  [[nodiscard]] const Position& start() const noexcept { return start_; }
  /// The number of rows before the page, for a list without keys. Throws `invalid_argument` for a cursor with a number
  /// that no page has.
  [[nodiscard]] std::int64_t offset() const {
    if (start_.at < 0 || start_.at > std::numeric_limits<std::int64_t>::max() - limits::page - 1) { refuse_cursor(); }
    return start_.at;
  }
  /// The number of rows to read: one more than the page can have, which shows whether there is a next page.
  [[nodiscard]] std::int64_t rows() const noexcept { return limit_ + 1; }

  /// Returns the parameters for a list that is ordered by time. They refer to this object.
  [[nodiscard]] TimeWindow window() const noexcept { return {start_.time(), start_.id, rows()}; }

  /// Returns the page of the rows that were read. `position_of(row)` returns the position of a row.
  template <class Row, class PositionOf>
  [[nodiscard]] Page<Row> of(std::vector<Row> rows, PositionOf position_of) const {
    return of(RowList<Row>{std::move(rows), false}, position_of);
  }

  /// The same for rows that may have been cut: then the page ends with the last of them.
  template <class Row, class PositionOf>
  [[nodiscard]] Page<Row> of(RowList<Row> list, PositionOf position_of) const {
    Page<Row> page;
    if (goes_on(list)) { page.next = make_cursor(key(), position_of(list.rows.back())); }
    page.items = std::move(list.rows);
    return page;
  }

  /// The same for rows with keys: `position_of(row, key)`.
  template <class Row, class PositionOf>
  [[nodiscard]] Page<Row> of(RowList<Keyed<Row>> list, PositionOf position_of) const {
    Page<Row> page;
    if (goes_on(list)) {
      page.next = make_cursor(key(), position_of(list.rows.back(), list.keys[list.rows.size() - 1]));
    }
    page.items = std::move(list.rows);
    return page;
  }

  /// Returns the page of rows that were read with the numbers of their positions.
  template <class Row>
  [[nodiscard]] Page<Row> of_keyed(RowList<Keyed<Row>> list) const {
    return of(std::move(list), [](const Row& /*last*/, std::int64_t key) { return Position{key, {}}; });
  }

  /// Returns the page of rows that were read from the offset `start().at` on.
  template <class Row>
  [[nodiscard]] Page<Row> of_offset(RowList<Row> list) const {
    const auto read = static_cast<std::int64_t>(list.rows.size());
    const std::int64_t end = start_.at + std::min(read, limit_);
    return of(std::move(list), [end](const Row& /*last*/) { return Position{end, {}}; });
  }

 private:
  /// Drops the row that only shows that there is a next page; returns true if there is one.
  template <class List>
  [[nodiscard]] bool goes_on(List& list) const {
    const auto size = static_cast<std::size_t>(limit_);
    const bool has_more = list.rows.size() > size;
    if (has_more) { list.rows.pop_back(); }
    return has_more || list.cut;
  }

  /// Returns the first part of the list's cursors: a digest of the list and its arguments.
  [[nodiscard]] std::string key() const {
    constexpr std::size_t digits = 16;
    Fingerprint digest;
    digest.add(listing_);
    std::apply([&digest](const auto&... arguments) { (add(digest, arguments), ...); }, arguments_);
    return digest.hex().substr(0, digits);
  }

  template <class Argument>
  static void add(Fingerprint& digest, const Argument& argument) {
    if constexpr (reflection::Record<Argument>) {
      reflection::for_each_member(argument,
                                  [&digest](const char* /*name*/, const auto& member) { digest.add(member); });
    } else {
      digest.add(argument);
    }
  }

  Listing listing_;
  std::tuple<const Arguments&...> arguments_;
  std::int64_t limit_;
  Position start_{};
};

}  // namespace heddle::sql
