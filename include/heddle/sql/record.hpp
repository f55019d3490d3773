// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/value.hpp"

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace heddle::sql {

/// Members of a record as parameters of a statement, in order: all members, or those of a selection.
template <reflection::Record T, class Members = All<T>>
struct Fields {
  using Selection = Members;
  const T& record;
};

template <class T>
inline constexpr bool is_fields = false;
template <class T, class Selection>
inline constexpr bool is_fields<Fields<T, Selection>> = true;

/// Writes columns to a sink. Not a lambda, so that all statements share its functions.
template <class Sink>
struct ColumnWriter {
  Sink& sink;

  template <class Value, class NullByDefault>
  void operator()(const Value& member, NullByDefault null_by_default) const {
    if constexpr (null_by_default()) {
      if (member == Value{}) { return sink.null(); }
    }
    write_value(sink, member);
  }
};

/// Writes an argument of a statement to a sink: a plain value, or the members of Fields. A SearchText is not written: a
/// backend that splits texts into words handles it before.
template <class Sink, class T>
void write_argument(Sink& sink, const T& argument) {
  if constexpr (is_fields<T>) {
    const ColumnWriter<Sink> write{sink};
    reflection::Selected<typename T::Selection>::visit_columns(argument.record, write);
  } else if constexpr (!std::same_as<T, SearchText>) {
    write_value(sink, argument);
  }
}

/// A record and a number that callers do not see, such as the key of the row in a list.
template <reflection::Record Row>
struct Keyed {
  Row row;
  std::int64_t key = 0;
};

template <class T>
inline constexpr bool is_keyed = false;
template <class Row>
inline constexpr bool is_keyed<Keyed<Row>> = true;

/// Reads columns from a source, from the first on. Not a lambda, so that all statements share its functions.
template <class Source>
struct ColumnReader {
  const Source& source;
  int column = 0;

  template <class Value, class NullByDefault>
  void operator()(Value& member, NullByDefault /*null_by_default*/) {
    read_value_into(member, source, column++);
  }
};

/// Reads a row into an object that is as it was constructed: all members of a record, in order, or the first column for
/// a plain value. A record whose members depend on one another has a function `complete_row`. A row of
/// another form has a function `read`.
template <class Row, class Source>
void read_row_into(Row& row, const Source& source) {
  if constexpr (is_keyed<Row>) {
    read_row_into(row.row, source);
    row.key = source.integer(static_cast<int>(width<decltype(Row::row)>()));
  } else if constexpr (requires { Row::read(source); }) {
    row = Row::read(source);
  } else if constexpr (reflection::Record<Row>) {
    ColumnReader<Source> read{source};
    reflection::MembersIn<Row>::visit_columns(row, read);
    if constexpr (requires { complete_row(row); }) { complete_row(row); }
  } else {
    read_value_into(row, source, 0);
  }
}

/// Reads a row as above.
template <class Row, class Source>
[[nodiscard]] Row read_row(const Source& source) {
  Row row{};
  read_row_into(row, source);
  return row;
}

}  // namespace heddle::sql
