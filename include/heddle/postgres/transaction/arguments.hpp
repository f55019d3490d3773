// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/parameter_types.hpp"
#include "heddle/postgres/libpq/parameters.hpp"
#include "heddle/postgres/search/words.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"

#include <libpq-fe.h>

#include <concepts>
#include <vector>

namespace heddle::postgres::transaction {

/// Appends the types of the parameters that one argument of a statement becomes. A text to search becomes its words:
/// the columns `search` and `words`.
template <class T>
void append_types(std::vector<Oid>& types) {
  if constexpr (std::same_as<T, sql::SearchText>) {
    types.insert(types.end(), {libpq::type::tsvector, libpq::type::text});
  } else {
    libpq::append_types<T>(types);
  }
}

/// Returns the types of the parameters of a statement.
template <class... Arguments>
[[nodiscard]] const std::vector<Oid>& types_of() {
  static const std::vector<Oid> types = [] {
    std::vector<Oid> list;
    (append_types<Arguments>(list), ...);
    return list;
  }();
  return types;
}

/// Appends the parameters that one argument of a statement becomes.
template <class T>
void append_argument(libpq::Parameters& parameters, const T& argument) {
  if constexpr (std::same_as<T, sql::SearchText>) {
    const search::Words words = search::words_of(argument);
    parameters.temporary_text(words.vector);
    if (words.list) {
      parameters.temporary_text(*words.list);
    } else {
      parameters.null();
    }
  } else {
    sql::write_argument(parameters, argument);
  }
}

}  // namespace heddle::postgres::transaction
