// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/columns.hpp"

#include <cstddef>
#include <string>
#include <string_view>

/// Conditions that compare the members of a selection with other values, null with null, in the SQL of a dialect.
namespace heddle::sql {

/// True if the row that an upsert found has the values that it wanted to insert.
template <class Sql, class Selection>
[[nodiscard]] std::string same_as_excluded(std::string_view table) {
  std::string condition;
  for (const std::string_view name : reflection::column_names<reflection::Selected<Selection>>()) {
    if (!condition.empty()) { condition += " AND "; }
    condition += Sql::same(std::string(table).append(".").append(name), std::string("excluded.").append(name));
  }
  return condition;
}

/// True if the row has the values of the parameters from number `first` on.
template <class Sql, class Selection>
[[nodiscard]] std::string same_as_given(std::size_t first) {
  std::string condition;
  for (const std::string_view name : reflection::column_names<reflection::Selected<Selection>>()) {
    if (!condition.empty()) { condition += " AND "; }
    condition += Sql::same(name, placeholder(first++));
  }
  return condition;
}

}  // namespace heddle::sql
