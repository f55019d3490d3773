// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/selection.hpp"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

/// The names of members in SQL. A template parameter `Selection` is a record or a selection of its members. The members
/// of a spread record have names of their own; see HEDDLE_SPREAD.
namespace heddle::sql {

using reflection::All;
using reflection::Join;
using reflection::Only;
using reflection::Without;

/// An SQL expression that a query selects for a member instead of its column.
struct Computed {
  std::string_view member;
  std::string sql;
};

/// Returns the expression for a member.
template <auto Member>
[[nodiscard]] Computed computed(std::string sql) {
  return {reflection::Selected<Only<Member>>::names.front(), std::move(sql)};
}

/// Returns the placeholder of a parameter: `?3`.
[[nodiscard]] inline std::string placeholder(std::size_t number) {
  // Not "?" + ..., of which g++ 12 warns where it optimizes.
  return std::string("?").append(std::to_string(number));
}

/// Names of columns as comma-separated lists; see `columns`, `updates` and `assignments`.
class ColumnList {
 public:
  // Not a span, which every size of list would convert to by a function of its own.
  template <std::size_t Size>
  explicit ColumnList(const std::array<const char*, Size>& names) : first_(names.data()), count_(Size) {}

  [[nodiscard]] std::string columns(std::string_view prefix, std::initializer_list<Computed> computed) const {
    return joined([&](std::string& list, std::string_view name) {
      for (const Computed& each : computed) {
        if (each.member == name) {
          list.append(each.sql);
          return;
        }
      }
      list.append(prefix).append(name);
    });
  }
  [[nodiscard]] std::string updates(std::size_t first) const {
    return joined([number = first](std::string& list, std::string_view name) mutable {
      list.append(name).append(" = ").append(placeholder(number++));
    });
  }
  [[nodiscard]] std::string assignments() const {
    return joined(
        [](std::string& list, std::string_view name) { list.append(name).append(" = excluded.").append(name); });
  }

 private:
  template <class Append>
  [[nodiscard]] std::string joined(Append append) const {
    std::string list;
    for (std::size_t index = 0; index < count_; ++index) {
      if (!list.empty()) { list += ", "; }
      append(list, first_[index]);
    }
    return list;
  }

  const char* const* first_;
  std::size_t count_;
};

// These are functions instead of constants, because compilers would compute constants in every file that includes the
// statements of a table.

/// Returns the number of columns of a selection.
template <class Selection>
[[nodiscard]] std::size_t width() {
  return reflection::Selected<Selection>::width();
}

/// Returns the names of the members of a selection, each with the prefix: `m.role, m.content`. All column names in SQL
/// come from here. For a member in `computed` its expression replaces the name.
template <class Selection>
[[nodiscard]] std::string columns(std::string_view prefix = {}, std::initializer_list<Computed> computed = {}) {
  return ColumnList(reflection::column_names<reflection::Selected<Selection>>()).columns(prefix, computed);
}

/// Returns `name = ?3` for the members of a selection, where `first` is the number of the first parameter. For UPDATE.
template <class Selection>
[[nodiscard]] std::string updates(std::size_t first) {
  return ColumnList(reflection::column_names<reflection::Selected<Selection>>()).updates(first);
}

/// Returns `name = excluded.name` for the members of a selection. For ON CONFLICT DO UPDATE.
template <class Selection>
[[nodiscard]] std::string assignments() {
  return ColumnList(reflection::column_names<reflection::Selected<Selection>>()).assignments();
}

/// Returns this many placeholders from number `first` on: `?3, ?4, ?5`.
[[nodiscard]] inline std::string placeholders(std::size_t first, std::size_t count) {
  std::string list;
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0) { list += ", "; }
    list += placeholder(first + index);
  }
  return list;
}

/// Returns the placeholders of a selection, where `first` is the number of the first parameter.
template <class Selection>
[[nodiscard]] std::string placeholders(std::size_t first) {
  return placeholders(first, width<Selection>());
}

/// Returns the placeholder of one member of a selection, where `first` is the number of its first parameter.
template <class Selection, auto Member>
[[nodiscard]] std::string placeholder(std::size_t first) {
  using Members = reflection::Selected<Selection>;
  constexpr std::size_t index = Members::template column<Member>();
  static_assert(index < Members::width(), "heddle: the member is not in the selection");
  return placeholder(first + index);
}

}  // namespace heddle::sql
