// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/transfer/json_ends.hpp"
#include "heddle/transfer/rows.hpp"

#include <openssl/evp.h>

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heddle::transfer {

/// Throws `data_loss` for a line of a stream; `what` follows "line 7 of the stream ".
[[noreturn]] inline void refuse_line(std::int64_t line, std::string_view what) {
  throw Error(ErrorCode::data_loss, "line " + std::to_string(line) + " of the stream " + std::string(what));
}

/// Appends the text of a string of JSON, without its quotes. Precondition: it is valid.
template <std::same_as<std::string> String>
void append_unescaped(String& out, std::string_view text) {
  const auto unit_at = [&](std::size_t at) {
    unsigned unit = 0;
    std::from_chars(text.data() + at, text.data() + at + 4, unit, 16);
    return unit;
  };
  const auto append_code = [&](unsigned code) {
    const auto byte = [&](unsigned value) { out += static_cast<char>(value); };
    if (code < 0x80) { return byte(code); }
    if (code < 0x800) { return byte(0xC0 | code >> 6U), byte(0x80 | (code & 0x3FU)); }
    if (code < 0x10000) {
      return byte(0xE0 | code >> 12U), byte(0x80 | (code >> 6U & 0x3FU)), byte(0x80 | (code & 0x3FU));
    }
    byte(0xF0 | code >> 18U);
    byte(0x80 | (code >> 12U & 0x3FU));
    byte(0x80 | (code >> 6U & 0x3FU));
    byte(0x80 | (code & 0x3FU));
  };
  for (;;) {
    const std::size_t escape = text.find('\\');
    out.append(text, 0, escape);
    if (escape == std::string_view::npos) { return; }
    const char kind = text[escape + 1];
    text.remove_prefix(escape + 2);
    switch (kind) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        unsigned code = unit_at(0);
        text.remove_prefix(4);
        if (code >= 0xD800 && code < 0xDC00) {
          code = 0x10000 + ((code - 0xD800) << 10U) + (unit_at(2) - 0xDC00);
          text.remove_prefix(6);
        }
        append_code(code);
        break;
      }
      default: out += kind;
    }
  }
}

/// The fields of one line: their names, and their values as they stand in it. Refers to the line.
class LineFields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  /// Reads the next line. Throws `data_loss` if it is no JSON object.
  void parse(const std::string& line, std::int64_t number) {
    fields_.clear();
    next_ = 0;
    used_ = 0;
    number_ = number;
    if (!take_fields(line)) { refuse("is not one JSON object"); }
  }

  [[noreturn]] void refuse(std::string_view what) const { refuse_line(number_, what); }

  /// Returns whether the line has a field, and reads it.
  template <class T>
  bool find(std::string_view name, T& value) {
    // No field is read twice: most lines end with what they lack.
    if (used_ == fields_.size()) { return false; }
    // Fields are read in their order.
    std::size_t at = next_;
    for (std::size_t count = 0; count < fields_.size(); ++count, ++at) {
      if (at == fields_.size()) { at = 0; }
      const Field& field = fields_[at];
      if (field.name != name) { continue; }
      next_ = at + 1;
      ++used_;
      read(field.value, value);
      return true;
    }
    return false;
  }
  /// Reads a field. Throws `data_loss` if the line lacks it.
  template <class T>
  [[nodiscard]] T get(std::string_view name) {
    T value{};
    if (!find(name, value)) { refuse("lacks the field " + std::string(name)); }
    return value;
  }
  /// Reads all members of a row.
  template <class Row>
  [[nodiscard]] Row row() {
    Row row{};
    const MemberReader read{*this};
    reflection::MembersIn<Row>::visit(row, read);
    return row;
  }
  /// Throws `data_loss` if a field was not read.
  void require_end() const {
    if (used_ != fields_.size()) { refuse("has a field that its type has not"); }
  }
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }

 private:
  struct MemberReader {
    LineFields& fields;
    template <class T>
    void operator()(const char* name, T& member) const {
      if constexpr (reflection::is_optional<T>) {
        typename T::value_type value{};
        if (fields.find(name, value)) { member = std::move(value); }
      } else {
        member = fields.get<T>(name);
      }
    }
  };

  /// Returns false if the line is no JSON object.
  bool take_fields(const std::string& line) {
    const JsonEnds ends(line);
    const std::string_view text(line);
    if (!text.starts_with('{')) { return false; }
    std::size_t at = ends.space(1);
    if (line[at] != '}') {
      for (;; at = ends.space(at + 1)) {
        const std::size_t name_end = ends.text(at);
        if (name_end == JsonEnds::npos) { return false; }
        const std::size_t colon = ends.space(name_end);
        if (line[colon] != ':') { return false; }
        const std::size_t begin = ends.space(colon + 1);
        const std::size_t end = ends.value(begin);
        if (end == JsonEnds::npos) { return false; }
        fields_.push_back({text.substr(at + 1, name_end - at - 2), text.substr(begin, end - begin)});
        at = ends.space(end);
        if (line[at] != ',') { break; }
      }
      if (line[at] != '}') { return false; }
    }
    return ends.space(at + 1) == line.size();
  }

  template <class T>
  void read(std::string_view value, T& member) const {
    const bool is_text = value.starts_with('"');
    const std::string_view inner = is_text ? value.substr(1, value.size() - 2) : value;
    if constexpr (std::same_as<T, Text>) {
      if (!is_text) { refuse("has a field of another kind than text"); }
      append_unescaped(member, inner);
    } else if constexpr (std::same_as<T, JsonColumn>) {
      if (is_text) {
        append_unescaped(member.text, inner);
      } else {
        member.text = value;
      }
    } else if constexpr (std::same_as<T, Bytes>) {
      if (!is_text || !decode(inner, member)) { refuse("has bytes that are no base64"); }
    } else {
      const auto end = std::from_chars(value.data(), value.data() + value.size(), member);
      if (end.ec != std::errc() || end.ptr != value.data() + value.size()) {
        refuse("has a field of another kind than a number");
      }
    }
  }

  static bool decode(std::string_view text, Bytes& bytes) {
    if (text.size() % 4 != 0) { return false; }
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    constexpr std::size_t piece = std::size_t{1} << 20U;
    bytes.resize(text.size() / 4 * 3);
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());
    while (!text.empty()) {
      const std::string_view next = text.substr(0, piece);
      const int size =
          EVP_DecodeBlock(out, reinterpret_cast<const unsigned char*>(next.data()), static_cast<int>(next.size()));
      if (size != static_cast<int>(next.size() / 4 * 3)) { return false; }
      out += size;
      text.remove_prefix(next.size());
    }
    bytes.resize(bytes.size() - padding);
    return true;
  }

  std::vector<Field> fields_;
  std::size_t next_ = 0;
  std::size_t used_ = 0;
  std::int64_t number_ = 0;
};

}  // namespace heddle::transfer
