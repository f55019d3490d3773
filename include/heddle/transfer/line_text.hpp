// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/base64.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/validation/json_check.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace heddle::transfer {

/// Returns where the first byte from `at` on is that a string of JSON must escape; the size if there is none. Templates
/// here only so that files that call none compile none.
template <std::same_as<std::string_view> View>
[[nodiscard]] std::size_t find_escaped(View text, std::size_t at) {
  constexpr std::uint64_t each = 0x0101010101010101U;
  constexpr std::size_t width = sizeof(std::uint64_t);
  // Eight bytes at a time: the highest bit of some byte is set exactly if a byte is below the bound.
  const auto below = [](std::uint64_t word, std::uint64_t bound) { return (word - each * bound) & ~word; };
  while (at + width <= text.size()) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + at, width);
    const std::uint64_t found = below(word, 0x20) | below(word ^ (each * '"'), 1) | below(word ^ (each * '\\'), 1);
    if ((found & (each * 0x80U)) != 0) { break; }
    at += width;
  }
  for (; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte < 0x20 || byte == '"' || byte == '\\') { break; }
  }
  return at;
}

/// Appends a text as a string of JSON.
template <std::same_as<std::string> String>
void append_text(String& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  std::size_t start = 0;
  for (std::size_t at = find_escaped(text, 0); at < text.size(); at = find_escaped(text, at + 1)) {
    const auto byte = static_cast<unsigned char>(text[at]);
    out.append(text, start, at - start);
    start = at + 1;
    switch (byte) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out.append("\\u00").append(1, digits[byte >> 4U]).append(1, digits[byte & 15U]);
    }
  }
  out.append(text, start);
  out += '"';
}

/// Appends a number in the shortest form that is read back as the same number.
template <class Number>
void append_number(std::string& out, Number number) {
  constexpr std::size_t longest = 32;
  std::array<char, longest> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  out.append(digits.data(), end.ptr);
}

/// Appends JSON as it is, or as a string if it is not what Heddle writes: one line of an object or a list.
template <std::same_as<std::string> String>
void append_json(String& out, std::string_view text) {
  const bool is_structure = text.starts_with('[') || text.starts_with('{');
  if (is_structure && text.find('\n') == std::string_view::npos && validation::is_json(String(text))) {
    out.append(text);
  } else {
    append_text(out, text);
  }
}

/// Returns what stands before the value of each member of a row in a record.
template <class Row>
[[nodiscard]] const std::vector<std::string>& field_starts() {
  static const std::vector<std::string> starts = [] {
    const auto& names = reflection::MembersIn<Row>::names;
    std::vector<std::string> list;
    list.reserve(names.size());
    for (const char* const name : names) { list.push_back(std::string(",\"").append(name).append("\":")); }
    return list;
  }();
  return starts;
}

/// Appends the columns of a row as fields, without those that are null.
template <class Source>
struct FieldWriter {
  const Source& source;
  std::string& out;
  const std::string* start;  ///< of the field
  int column;

  template <class T>
  void operator()(std::type_identity<T> /*type*/) {
    if constexpr (reflection::is_optional<T>) {
      if (!source.is_null(column)) { write<typename T::value_type>(); }
    } else {
      write<T>();
    }
    ++start;
    ++column;
  }

 private:
  template <class T>
  void write() {
    out += *start;
    if constexpr (std::same_as<T, Text>) {
      append_text(out, source.text(column));
    } else if constexpr (std::same_as<T, Integer>) {
      append_number(out, source.integer(column));
    } else if constexpr (std::same_as<T, double>) {
      append_number(out, source.real(column));
    } else if constexpr (std::same_as<T, JsonColumn>) {
      append_json(out, source.text(column));
    } else {
      static_assert(std::same_as<T, Bytes>, "heddle: a type without a form in a stream");
      const std::span<const std::byte> bytes = source.blob(column);
      out += '"';
      out += detail::crypto::to_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      out += '"';
    }
  }
};

/// A row of a statement as a record of a stream: the numbers that it selects first, which the export replaces by places
/// in the stream, and the fields of the others. Made of the columns themselves: a row becomes no object in between.
template <class Row, std::size_t Numbers>
struct Line {
  /// Stands for null.
  static constexpr std::int64_t none = std::numeric_limits<std::int64_t>::min();

  /// Of the fields: the most that malloc keeps ready for the next row.
  static constexpr std::size_t usual_bytes = 1000;

  std::array<std::int64_t, Numbers> numbers{};
  std::string fields{};

  template <class Source>
  static Line read(const Source& source) {
    Line line;
    line.fields.reserve(usual_bytes);
    for (std::size_t index = 0; index < Numbers; ++index) {
      const int column = static_cast<int>(index);
      line.numbers[index] = source.is_null(column) ? none : source.integer(column);
    }
    FieldWriter<Source> write{source, line.fields, field_starts<Row>().data(), static_cast<int>(Numbers)};
    reflection::MembersIn<Row>::visit_types(write);
    return line;
  }
};

}  // namespace heddle::transfer
