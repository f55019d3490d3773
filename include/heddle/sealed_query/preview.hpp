// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/table.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace heddle::sealed_query {

/// How many rows a preview takes from each end.
inline constexpr std::size_t preview_rows = 5;

/// All columns with the first five and the last five rows, in order; each row once if there are ten or fewer.
[[nodiscard]] inline Table preview(const Table& table) {
  const auto& rows = table.rows;
  const std::size_t head = std::min(rows.size(), preview_rows);
  const std::size_t tail = std::min(rows.size() - head, preview_rows);
  Table shown{table.columns, {}};
  shown.rows.reserve(head + tail);
  std::copy_n(rows.begin(), head, std::back_inserter(shown.rows));
  std::copy_n(std::prev(rows.end(), static_cast<std::ptrdiff_t>(tail)), tail, std::back_inserter(shown.rows));
  return shown;
}

}  // namespace heddle::sealed_query
