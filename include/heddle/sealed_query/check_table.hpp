// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/validation/is_finite.hpp"
#include "heddle/validation/text.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which tables can be stored. Each check throws `invalid_argument`.
namespace heddle::sealed_query {

inline constexpr std::size_t max_columns = 2000;  ///< SQLite's own limit in a default build

/// Of one row: the bytes of its texts plus `cell_overhead` for each cell. Larger content belongs in an artifact. A
/// query can read every row within this limit, because its own limit on one value is a little higher.
inline constexpr std::size_t max_row_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t cell_overhead = 18;  ///< the most that SQLite's record format adds to a cell

/// `text` with ASCII letters in lower case; SQLite ignores the case of no others.
[[nodiscard]] inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') { c = static_cast<char>(c - 'A' + 'a'); }
  }
  return lower;
}

inline void check_table_name(std::string_view name) {
  validation::check_text("table name", name, limits::id);
  if (name.empty()) { validation::refuse("table name", "is empty"); }
  if (ascii_lower(name).starts_with("sqlite_")) { validation::refuse("table name", "cannot start with sqlite_"); }
}

inline void check_columns(const std::vector<std::string>& columns) {
  if (columns.empty()) { validation::refuse("table", "needs at least one column"); }
  if (columns.size() > max_columns) { validation::refuse("table", "has more than 2000 columns"); }
  std::set<std::string> seen;
  std::size_t bytes = 0;
  for (const auto& column : columns) {
    validation::check_text("column name", column, limits::name);
    if (column.empty()) { validation::refuse("column name", "is empty"); }
    if (!seen.insert(ascii_lower(column)).second) {
      validation::refuse("column name", "occurs twice (the case of ASCII letters is ignored)");
    }
    bytes += column.size();
  }
  if (bytes > max_row_bytes) { validation::refuse("column names", "are longer than 1 MiB in total"); }
}

/// Returns the bytes of the cell's text, 0 for other cells.
[[nodiscard]] inline std::size_t check_cell(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell); number != nullptr && !validation::is_finite(*number)) {
    // SQL has no NaN: it would be read back as null.
    validation::refuse("number cell", "is infinite or not a number");
  }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    validation::check_text("text cell", *text, max_row_bytes);
    return text->size();
  }
  return 0;
}

inline void check_table(const Table& table) {
  check_columns(table.columns);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size()) { validation::refuse("row", "does not have one cell for each column"); }
    std::size_t bytes = row.size() * cell_overhead;
    for (const auto& cell : row) { bytes += check_cell(cell); }
    if (bytes > max_row_bytes) {
      validation::refuse("row", "is larger than 1 MiB; store large content as an artifact");
    }
  }
}

}  // namespace heddle::sealed_query
