// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/json_check.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Converts C++ values to columns and back, in the same way for all backends. Columns are null, integer, real, text or
/// blob. Times are microseconds, durations are milliseconds, enumerators are their names, records and lists are JSON;
/// an empty list is null.
namespace heddle::sql {

/// A sink for a database with a boolean type; for others booleans are integers.
template <class Sink>
concept TellsTruth = requires(Sink& sink) {
  sink.boolean(true);
};

/// Writes one value to a sink. The sink can refer to the value until its statement has run.
template <class Sink, class T>
void write_value(Sink& sink, const T& value) {  // NOLINT(readability-function-cognitive-complexity)
  // Exact types come first: it takes the compiler long to find out whether a list of records is convertible to
  // something.
  if constexpr (std::same_as<T, std::string> || std::same_as<T, std::string_view>) {
    sink.text(value);
  } else if constexpr (std::same_as<T, bool> && TellsTruth<Sink>) {
    sink.boolean(value);
  } else if constexpr (std::integral<T>) {
    sink.integer(static_cast<std::int64_t>(value));
  } else if constexpr (std::floating_point<T>) {
    // Minus zero becomes zero: not every database stores its sign.
    sink.real(value == 0 ? T{} : value);
  } else if constexpr (NamedEnum<T>) {
    sink.text(to_string(value));
  } else if constexpr (std::same_as<T, Timestamp>) {
    sink.integer(microseconds_of(value));
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    sink.integer(value.count());
  } else if constexpr (std::same_as<T, JsonValue> || std::same_as<T, JsonObject>) {
    sink.text(value.text);
  } else if constexpr (reflection::is_optional<T>) {
    if (value) {
      write_value(sink, *value);
    } else {
      sink.null();
    }
  } else if constexpr (std::same_as<T, std::vector<std::byte>> || std::same_as<T, std::span<const std::byte>>) {
    sink.blob(value);
  } else if constexpr (reflection::is_vector<T> || reflection::StringMap<T>) {
    if (value.empty()) {
      sink.null();
    } else {
      sink.temporary_text(json::encode(value));
    }
  } else if constexpr (reflection::Record<T>) {
    sink.temporary_text(json::encode(value));
  } else {
    static_assert(std::convertible_to<const T&, std::string_view>, "heddle: a type without a form in a column");
    sink.text(value);
  }
}

/// Reads the value of a column. Throws `data_loss` if the column has another kind of value.
template <class T, class Source>
[[nodiscard]] T read_value(const Source& source, int column) {
  if constexpr (reflection::is_optional<T>) {
    if (source.is_null(column)) { return std::nullopt; }
    return read_value<typename T::value_type>(source, column);
  } else if constexpr (std::same_as<T, std::string>) {
    return std::string(source.text(column));
  } else if constexpr (std::same_as<T, JsonValue>) {
    if (source.is_null(column)) { return T{}; }
    JsonValue value(std::string(source.text(column)));
    value.is_json = validation::is_json(value.text);
    return value;
  } else if constexpr (std::same_as<T, JsonObject>) {
    return source.is_null(column) ? T{} : T{std::string(source.text(column))};
  } else if constexpr (NamedEnum<T>) {
    const auto parsed = parse_enum<T>(source.text(column));
    if (!parsed) { throw Error(ErrorCode::data_loss, "a stored name is not one of its enumeration's names"); }
    return *parsed;
  } else if constexpr (std::same_as<T, bool>) {
    return source.integer(column) != 0;
  } else if constexpr (std::integral<T>) {
    return static_cast<T>(source.integer(column));
  } else if constexpr (std::floating_point<T>) {
    return source.real(column);
  } else if constexpr (std::same_as<T, Timestamp>) {
    return Timestamp(Timestamp::duration(source.integer(column)));
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    return std::chrono::milliseconds(source.integer(column));
  } else if constexpr (std::same_as<T, std::vector<std::byte>>) {
    const std::span<const std::byte> bytes = source.blob(column);
    return {bytes.begin(), bytes.end()};
  } else if constexpr (reflection::Record<T>) {
    return json::decode<T>(source.text(column));
  } else {
    return source.is_null(column) ? T{} : json::decode<T>(source.text(column));
  }
}

/// The same into a value that is as it was constructed, without a copy of a text.
template <class T, class Source>
void read_value_into(T& value, const Source& source, int column) {
  if constexpr (reflection::is_optional<T>) {
    if (!source.is_null(column)) { read_value_into(value.emplace(), source, column); }
  } else if constexpr (std::same_as<T, std::string>) {
    value.assign(source.text(column));
  } else if constexpr (reflection::is_vector<T> && !std::same_as<T, std::vector<std::byte>>) {
    if (!source.is_null(column)) { value = json::decode<T>(source.text(column)); }
  } else {
    value = read_value<T>(source, column);
  }
}

}  // namespace heddle::sql
