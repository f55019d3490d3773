// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/is_finite.hpp"
#include "heddle/validation/text.hpp"

#include <concepts>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Which tables can be stored. Each check throws `invalid_argument`.
namespace heddle::sealed_query {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

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

void check_columns(const validation::FieldPath& field, const std::same_as<std::vector<std::string>> auto& columns) {
  if (columns.empty()) { validation::refuse(field, "needs at least one column"); }
  if (columns.size() > max_columns) { validation::refuse(field, "has more than 2000 columns"); }
  std::set<std::string> seen;
  std::size_t bytes = 0;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const validation::FieldPath column = field.element(index);
    validation::check_text(column, columns[index], limits::name);
    if (columns[index].empty()) { validation::refuse(column, "is empty"); }
    if (!seen.insert(ascii_lower(columns[index])).second) {
      validation::refuse(column, "has the name of an earlier column (the case of ASCII letters is ignored)");
    }
    bytes += columns[index].size();
  }
  if (bytes > max_row_bytes) { validation::refuse(field, "are longer than 1 MiB in total"); }
}

/// Returns the bytes of the cell's text, 0 for other cells.
[[nodiscard]] std::size_t check_cell(const validation::FieldPath& field, const std::same_as<Cell> auto& cell) {
  if (const auto* number = std::get_if<double>(&cell); number != nullptr && !validation::is_finite(*number)) {
    // SQL has no NaN: it would be read back as null.
    validation::refuse(field, "is infinite or not a number: store a null or a text instead");
  }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    validation::check_text(field, *text, max_row_bytes);
    return text->size();
  }
  return 0;
}

/// Throws `invalid_argument` with the column, counted from 0, of the first cell that cannot be stored, or if the row
/// has too few cells, too many, or too much text.
void check_row(const validation::FieldPath& place, const std::same_as<std::vector<Cell>> auto& row,
               std::size_t columns) {
  if (row.size() != columns) {
    validation::refuse(place, "has " + std::to_string(row.size()) + " cells, and the table has " +
                                  std::to_string(columns) + " columns");
  }
  std::size_t bytes = row.size() * cell_overhead;
  for (std::size_t column = 0; column < row.size(); ++column) {
    bytes += check_cell(place.element(column), row[column]);
  }
  if (bytes > max_row_bytes) { validation::refuse(place, "is larger than 1 MiB: store large content as an artifact"); }
}

/// `check_columns` and `check_row` for a table; the path of a row has its index, counted from 0.
void check_table(const std::same_as<Table> auto& table) {
  const validation::FieldPath field("table");
  check_columns(field.member("columns"), table.columns);
  const validation::FieldPath rows = field.member("rows");
  for (std::size_t index = 0; index < table.rows.size(); ++index) {
    check_row(rows.element(index), table.rows[index], table.columns.size());
  }
}

}  // namespace heddle::sealed_query
