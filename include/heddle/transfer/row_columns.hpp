// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/json_check.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// The rows of a stream as the records of the model, so that the checks of the writes serve for them.
namespace heddle::transfer {

/// The value of a member of a row.
struct RowCell {
  std::string_view text{};
  std::int64_t integer = 0;
  double real = 0;
  bool is_null = false;
};

/// Reads the members of a row in order. Throws `invalid_argument` for a column with JSON that is none, or is nested so
/// deeply that what decodes it needs too much stack.
struct RowCellReader {
  RowCell* next;

  template <class T>
  void operator()(const char* name, const T& member) {
    RowCell& cell = *next++;
    if constexpr (reflection::is_optional<T>) {
      cell.is_null = !member.has_value();
      if (member) { read(name, *member, cell); }
    } else {
      read(name, member, cell);
    }
  }

 private:
  template <class T>
  static void read(const char* name, const T& value, RowCell& cell) {
    if constexpr (std::same_as<T, Text>) {
      cell.text = value;
    } else if constexpr (std::same_as<T, JsonColumn>) {
      if (!validation::is_json(value.text)) {
        validation::refuse(name, "is not valid JSON, or is nested too deeply, or has a NUL or a lone surrogate");
      }
      cell.text = value.text;
    } else if constexpr (std::same_as<T, Integer>) {
      cell.integer = value;
    } else if constexpr (std::same_as<T, double>) {
      cell.real = value;
    } else {
      static_assert(std::same_as<T, Bytes>, "heddle: a type without a form in a stream");
    }
  }
};

/// The columns of a list of members, read from a row that has members of their names.
template <class Row, class List>
class RowColumns {
 public:
  explicit RowColumns(const Row& row) {
    RowCellReader read{cells_.data()};
    reflection::MembersIn<Row>::visit(row, read);
  }

  [[nodiscard]] bool is_null(int column) const { return at(column).is_null; }
  [[nodiscard]] std::string_view text(int column) const { return at(column).text; }
  [[nodiscard]] std::int64_t integer(int column) const { return at(column).integer; }
  [[nodiscard]] double real(int column) const { return at(column).real; }

 private:
  static constexpr auto& names = reflection::MembersIn<Row>::names;

  /// Returns where the row has each column.
  static consteval auto find_places() {
    std::array<std::size_t, List::width()> places{};
    std::size_t column = 0;
    for (const char* const wanted : reflection::column_names<List>()) {
      std::size_t place = 0;
      while (std::string_view(names.at(place)) != wanted) { ++place; }
      places.at(column++) = place;
    }
    return places;
  }

  [[nodiscard]] const RowCell& at(int column) const {
    static constexpr auto places = find_places();
    return cells_.at(places.at(static_cast<std::size_t>(column)));
  }

  std::array<RowCell, names.size()> cells_{};
};

/// Returns the record that a row describes: the members of a selection. Throws if it describes none.
template <class Selection, class Model, class Row>
void read_model(const Row& row, Model& model) {
  using List = reflection::Selected<Selection>;
  const RowColumns<Row, List> source(row);
  sql::ColumnReader<RowColumns<Row, List>> read{source};
  List::visit_columns(model, read);
}

}  // namespace heddle::transfer
