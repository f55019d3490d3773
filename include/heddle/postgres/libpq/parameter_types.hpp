// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/selection.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/time.hpp"

#include <libpq-fe.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace heddle::postgres::libpq {

/// The types of parameters. Source: pg_type.dat of PostgreSQL.
namespace type {
inline constexpr Oid boolean = 16;
inline constexpr Oid bytea = 17;
inline constexpr Oid int8 = 20;
inline constexpr Oid int2 = 21;
inline constexpr Oid int4 = 23;
inline constexpr Oid text = 25;
inline constexpr Oid float8 = 701;
inline constexpr Oid tsvector = 3614;
}  // namespace type

/// Returns the type of a value as `sql::write_value` writes it.
template <class T>
[[nodiscard]] consteval Oid type_of() {
  if constexpr (heddle::reflection::is_optional<T>) {
    return type_of<typename T::value_type>();
  } else if constexpr (std::same_as<T, bool>) {
    return type::boolean;
  } else if constexpr (std::integral<T> || std::same_as<T, Timestamp> || std::same_as<T, std::chrono::milliseconds>) {
    return type::int8;
  } else if constexpr (std::floating_point<T>) {
    return type::float8;
  } else if constexpr (std::convertible_to<const T&, std::span<const std::byte>>) {
    return type::bytea;
  } else {
    return type::text;  // also names of enumerations and JSON
  }
}

/// Appends the types of one argument of a statement.
template <class T>
void append_types(std::vector<Oid>& types) {
  if constexpr (sql::is_fields<T>) {
    auto append = [&types]<class Value>(std::type_identity<Value> /*member*/) { types.push_back(type_of<Value>()); };
    heddle::reflection::Selected<typename T::Selection>::visit_types(append);
  } else {
    types.push_back(type_of<T>());
  }
}

}  // namespace heddle::postgres::libpq
