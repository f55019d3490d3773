// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/value.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

namespace heddle::sql {

/// How many columns a record has.
template <reflection::Record T>
inline constexpr std::size_t width = reflection::member_names<T>.size();

/// The first `N` members of a record as arguments of a statement, in order. The members behind them are filled in when
/// a row is read.
template <reflection::Record T, std::size_t N = width<T>>
struct Fields {
  static constexpr std::size_t count = N;
  const T& record;
};

template <class T>
inline constexpr bool is_fields = false;
template <class T, std::size_t N>
inline constexpr bool is_fields<Fields<T, N>> = true;

/// The names of the first `count` members, `prefix` before each, separated by commas: the one place from which SQL
/// takes its column names.
template <reflection::Record T>
[[nodiscard]] std::string columns(std::string_view prefix = {}, std::size_t count = width<T>) {
  std::string list;
  std::size_t index = 0;
  for (const char* name : reflection::member_names<T>) {
    if (index++ >= count) { break; }
    if (!list.empty()) { list += ", "; }
    list.append(prefix).append(name);
  }
  return list;
}

/// `name = excluded.name` for the first `count` members behind the first `skip`: the assignments of an upsert.
template <reflection::Record T>
[[nodiscard]] std::string assignments(std::size_t skip, std::size_t count = width<T>) {
  std::string list;
  std::size_t index = 0;
  for (const char* name : reflection::member_names<T>) {
    const std::size_t at = index++;
    if (at < skip || at >= count) { continue; }
    if (!list.empty()) { list += ", "; }
    list.append(name).append(" = excluded.").append(name);
  }
  return list;
}

/// `count` numbered placeholders from `first` on: `?3, ?4, ?5`.
[[nodiscard]] inline std::string placeholders(std::size_t first, std::size_t count, char sign = '?') {
  std::string list;
  for (std::size_t index = 0; index < count; ++index) {
    if (index != 0) { list += ", "; }
    list += sign;
    list += std::to_string(first + index);
  }
  return list;
}

/// Hands an argument of a statement to a sink: a plain value or the members of `Fields`. A text to search is no
/// parameter here: a backend that splits texts into words itself handles it before.
template <class Sink, class T>
void write_argument(Sink& sink, const T& argument) {
  if constexpr (is_fields<T>) {
    std::size_t index = 0;
    reflection::for_each_member(argument.record, [&](const char* /*name*/, const auto& member) {
      if (index++ < T::count) { write_value(sink, member); }
    });
  } else if constexpr (!std::same_as<T, SearchText>) {
    write_value(sink, argument);
  }
}

/// A record with a number behind it that only the database knows, such as the key that a list goes on from.
template <reflection::Record Row>
struct Keyed {
  Row row;
  std::int64_t key = 0;
};

template <class T>
inline constexpr bool is_keyed = false;
template <class Row>
inline constexpr bool is_keyed<Keyed<Row>> = true;

/// Reads a row: all members of a record in order, or the first column for a plain value.
template <class Row, class Source>
[[nodiscard]] Row read_row(const Source& source) {
  if constexpr (is_keyed<Row>) {
    using Record = decltype(Row::row);
    return {read_row<Record>(source), source.integer(static_cast<int>(width<Record>))};
  } else if constexpr (reflection::Record<Row>) {
    Row row{};
    int column = 0;
    reflection::for_each_member(row, [&](const char* /*name*/, auto& member) {
      member = read_value<std::remove_cvref_t<decltype(member)>>(source, column++);
    });
    return row;
  } else {
    return read_value<Row>(source, 0);
  }
}

}  // namespace heddle::sql
