// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/selection.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

/// The names of members as SQL has them. A template argument `Selection` is a record or a selection of its members.
namespace heddle::sql {

using reflection::All;
using reflection::Join;
using reflection::Only;
using reflection::Without;

/// SQL that a query selects for a member instead of the column of its name.
struct Computed {
  std::string_view member;
  std::string sql;
};

/// The SQL that a query selects for this member.
template <auto Member>
[[nodiscard]] Computed computed(std::string sql) {
  return {reflection::Selected<Only<Member>>::names.front(), std::move(sql)};
}

/// The placeholder of an argument: `?3`.
[[nodiscard]] inline std::string placeholder(std::size_t number) { return "?" + std::to_string(number); }

/// Names of columns as SQL has them in lists; see `columns`, `updates` and `assignments`.
class ColumnList {
 public:
  explicit ColumnList(std::span<const char* const> names) : names_(names) {}

  [[nodiscard]] std::string columns(std::string_view prefix, std::initializer_list<Computed> computed) const {
    return joined([&](std::string& list, std::string_view name) {
      const auto* const found =
          std::find_if(computed.begin(), computed.end(), [name](const Computed& each) { return each.member == name; });
      found == computed.end() ? list.append(prefix).append(name) : list.append(found->sql);
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
    for (const char* name : names_) {
      if (!list.empty()) { list += ", "; }
      append(list, name);
    }
    return list;
  }

  std::span<const char* const> names_;
};

// Functions and no constants: a compiler would compute these in every file that includes the statements of a table.

/// How many columns a selection has.
template <class Selection>
[[nodiscard]] std::size_t width() {
  return reflection::Selected<Selection>::names.size();
}

/// The names of the members of a selection, `prefix` before each, separated by commas: the one place from which SQL
/// takes its column names. A member that is `computed` has its SQL in the place of the name.
template <class Selection>
[[nodiscard]] std::string columns(std::string_view prefix = {}, std::initializer_list<Computed> computed = {}) {
  return ColumnList(reflection::Selected<Selection>::names).columns(prefix, computed);
}

/// `name = ?3` for the members of a selection whose first member is argument number `first`: those of an UPDATE.
template <class Selection>
[[nodiscard]] std::string updates(std::size_t first) {
  return ColumnList(reflection::Selected<Selection>::names).updates(first);
}

/// `name = excluded.name` for the members of a selection: the assignments of an upsert.
template <class Selection>
[[nodiscard]] std::string assignments() {
  return ColumnList(reflection::Selected<Selection>::names).assignments();
}

/// `count` numbered placeholders from `first` on: `?3, ?4, ?5`.
[[nodiscard]] inline std::string placeholders(std::size_t first, std::size_t count) {
  std::string list;
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0) { list += ", "; }
    list += placeholder(first + index);
  }
  return list;
}

/// The placeholders of a selection whose first member is argument number `first`.
template <class Selection>
[[nodiscard]] std::string placeholders(std::size_t first) {
  return placeholders(first, width<Selection>());
}

/// The placeholder of one member of a selection whose first member is argument number `first`.
template <class Selection, auto Member>
[[nodiscard]] std::string placeholder(std::size_t first) {
  using Members = reflection::Selected<Selection>;
  constexpr std::size_t index = Members::template index<Member>();
  static_assert(index < Members::names.size(), "heddle: the member is not in the selection");
  return placeholder(first + index);
}

}  // namespace heddle::sql
