// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/table.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace heddle::sealed_query {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// How many rows a preview takes from each end.
inline constexpr std::size_t preview_rows = 5;

/// All columns with the first five and the last five rows, in order; each row once if there are ten or fewer.
[[nodiscard]] Table preview(const std::same_as<Table> auto& table) {
  const std::size_t size = table.rows.size();
  const std::size_t head = std::min(size, preview_rows);
  const std::size_t tail = std::min(size - head, preview_rows);
  Table shown{table.columns, {}};
  for (std::size_t row = 0; row < head; ++row) { shown.rows.push_back(table.rows[row]); }
  for (std::size_t row = size - tail; row < size; ++row) { shown.rows.push_back(table.rows[row]); }
  return shown;
}

/// Adds a row to the preview of a table that grows, of which it is the row with this number, counted from 0.
void add_to_preview(std::same_as<Table> auto& shown, const std::vector<Cell>& row, std::int64_t number) {
  if (number >= static_cast<std::int64_t>(2 * preview_rows)) {
    shown.rows.erase(shown.rows.begin() + static_cast<std::ptrdiff_t>(preview_rows));
  }
  shown.rows.push_back(row);
}

}  // namespace heddle::sealed_query
