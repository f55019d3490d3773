// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/model/table.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/sql/frozen.hpp"
#include "heddle/sql/frozen_members.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/json_check.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

/// Converts records to JSON and back, by the names of their members. JSON text in a record becomes a string, so that it
/// is returned byte for byte.
namespace heddle::sql::json {

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

inline void write_text(Writer& out, std::string_view text) {
  out.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

/// The name of the text in the object that marks a value as text that is not JSON.
inline constexpr const char* text_key = "text";

/// Writes JSON text as a string, text that is not JSON as an object with it.
inline void write_value(Writer& out, const JsonValue& value) {
  if (validation::is_json(value.text)) {
    write_text(out, value.text);
    return;
  }
  out.StartObject();
  out.Key(text_key);
  write_text(out, value.text);
  out.EndObject();
}

/// Writes members with their names. Not a lambda, so that all records share its functions.
struct MemberWriter {
  Writer& out;

  template <class T>
  void operator()(const char* name, const T& member) const;
};

template <class T>
void write(Writer& out, const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    write_text(out, value);
  } else if constexpr (std::same_as<T, JsonObject>) {
    write_text(out, value.text);
  } else if constexpr (std::same_as<T, JsonValue>) {
    write_value(out, value);
  } else if constexpr (NamedEnum<T>) {
    write_text(out, to_string(value));
  } else if constexpr (std::same_as<T, bool>) {
    out.Bool(value);
  } else if constexpr (std::integral<T>) {
    out.Int64(static_cast<std::int64_t>(value));
  } else if constexpr (std::floating_point<T>) {
    out.Double(value);
  } else if constexpr (std::same_as<T, std::monostate>) {
    out.Null();
  } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
    out.Int64(value.count());
  } else if constexpr (std::same_as<T, Timestamp>) {
    out.Int64(microseconds_of(value));
  } else if constexpr (std::same_as<T, Cell>) {
    std::visit([&out](const auto& cell) { write(out, cell); }, value);
  } else if constexpr (reflection::is_optional<T>) {
    value ? write(out, *value) : static_cast<void>(out.Null());
  } else if constexpr (reflection::is_vector<T>) {
    out.StartArray();
    for (const auto& element : value) { write(out, element); }
    out.EndArray();
  } else if constexpr (reflection::StringMap<T>) {
    out.StartObject();
    for (const auto& [key, text] : value) {
      out.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
      write_text(out, text);
    }
    out.EndObject();
  } else {
    static_assert(HasFrozenForm<T>, "heddle: a type without a JSON form");
    static_assert(std::same_as<typename Frozen<T>::Ignored, reflection::Only<>>,
                  "heddle: a record that is stored as JSON keeps all of its members");
    const MemberWriter write_member{out};
    out.StartObject();
    reflection::Selected<typename Frozen<T>::Members>::visit(value, write_member);
    for_each_later_member<Frozen<T>>(value, write_member);
    out.EndObject();
  }
}

template <class T>
void MemberWriter::operator()(const char* name, const T& member) const {
  out.Key(name);
  write(out, member);
}

[[noreturn]] inline void unreadable() {
  throw Error(ErrorCode::data_loss, "a stored JSON value is damaged: it does not have the structure that was written");
}

inline void expect(bool holds) {
  if (!holds) { unreadable(); }
}

// The reader's values are template parameters: a file that reads no JSON does not compile RapidJSON's document.
template <class Json>
std::string_view text_of(const Json& in) {
  expect(in.IsString());
  return {in.GetString(), in.GetStringLength()};
}

template <class Json>
void read_cell(const Json& in, Cell& cell) {
  if (in.IsNull()) {
    cell = std::monostate{};
  } else if (in.IsBool()) {
    cell = in.GetBool();
  } else if (in.IsInt64()) {
    cell = in.GetInt64();
  } else if (in.IsNumber()) {
    cell = in.GetDouble();
  } else {
    cell = std::string(text_of(in));
  }
}

template <class Json>
void read_value(const Json& in, JsonValue& value) {
  value.is_json = in.IsString();
  if (value.is_json) {
    value.text = text_of(in);
    return;
  }
  expect(in.IsObject() && in.HasMember(text_key));
  value.text = text_of(in[text_key]);
}

template <class Json, class T>
void read(const Json& in, T& value) {
  if constexpr (std::same_as<T, std::string>) {
    value = text_of(in);
  } else if constexpr (std::same_as<T, JsonObject>) {
    value.text = text_of(in);
  } else if constexpr (std::same_as<T, JsonValue>) {
    read_value(in, value);
  } else if constexpr (NamedEnum<T>) {
    const auto parsed = parse_enum<T>(text_of(in));
    expect(parsed.has_value());
    value = *parsed;
  } else if constexpr (std::same_as<T, bool>) {
    expect(in.IsBool());
    value = in.GetBool();
  } else if constexpr (std::same_as<T, Cell>) {
    read_cell(in, value);
  } else if constexpr (std::same_as<T, std::int64_t>) {
    expect(in.IsInt64());
    value = in.GetInt64();
  } else if constexpr (std::same_as<T, std::chrono::milliseconds> || std::same_as<T, Timestamp>) {
    std::int64_t count = 0;
    read(in, count);
    value = T(std::chrono::duration<std::int64_t, typename T::period>(count));
  } else if constexpr (reflection::is_optional<T>) {
    if (in.IsNull()) {
      value.reset();
    } else {
      read(in, value.emplace());
    }
  } else if constexpr (reflection::is_vector<T>) {
    expect(in.IsArray());
    value.resize(in.Size());
    for (rapidjson::SizeType index = 0; index < in.Size(); ++index) { read(in[index], value[index]); }
  } else if constexpr (reflection::StringMap<T>) {
    expect(in.IsObject());
    value.clear();
    for (const auto& member : in.GetObject()) {
      value.emplace(std::string(text_of(member.name)), std::string(text_of(member.value)));
    }
  } else {
    expect(in.IsObject());
    reflection::for_each_member(value, [&in](const char* name, auto& member) {
      const auto found = in.FindMember(name);
      // A missing member keeps its default; see Frozen.
      if (found != in.MemberEnd()) { read(found->value, member); }
    });
  }
}

/// Returns a value as JSON text.
template <class T>
[[nodiscard]] std::string encode(const T& value) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  write(writer, value);
  return {buffer.GetString(), buffer.GetSize()};
}

/// Returns the value in JSON text of `encode`. Throws `data_loss` for other text.
template <class T, class Document = rapidjson::Document>
[[nodiscard]] T decode(std::string_view text) {
  Document document;
  document.template Parse<rapidjson::kParseFullPrecisionFlag>(text.data(), text.size());
  expect(!document.HasParseError());
  T value{};
  read(static_cast<const typename Document::ValueType&>(document), value);
  return value;
}

}  // namespace heddle::sql::json
