// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the formats share.
namespace heddle::formats::detail {

/// A JSON value whose numbers are texts: no digit of a number is lost. RapidJSON's document has no such numbers.
struct Json {
  enum class Kind : unsigned char { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  std::string text{};                ///< of a string, decoded; of a number or a boolean as it is written
  std::vector<Json> items{};         ///< of an array, or the values of an object
  std::vector<std::string> names{};  ///< of an object

  [[nodiscard]] static Json of_kind(Kind kind, std::string text = {}) {
    Json json;
    json.kind = kind;
    json.text = std::move(text);
    return json;
  }
  [[nodiscard]] static Json object() { return of_kind(Kind::object); }
  [[nodiscard]] static Json array() { return of_kind(Kind::array); }
  [[nodiscard]] static Json string(std::string_view text) { return of_kind(Kind::string, std::string(text)); }
  [[nodiscard]] static Json boolean(bool value) { return of_kind(Kind::boolean, value ? "true" : "false"); }
  [[nodiscard]] static Json integer(std::int64_t value) { return of_kind(Kind::number, std::to_string(value)); }

  [[nodiscard]] bool is_null() const noexcept { return kind == Kind::null; }
  [[nodiscard]] bool is_string() const noexcept { return kind == Kind::string; }
  [[nodiscard]] bool is_array() const noexcept { return kind == Kind::array; }
  [[nodiscard]] bool is_object() const noexcept { return kind == Kind::object; }
  [[nodiscard]] bool is_true() const noexcept { return kind == Kind::boolean && text == "true"; }

  /// Returns the member of an object; null if it has none, or if this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const {
    const std::size_t at = place_of(name);
    return at == names.size() ? nullptr : &items[at];
  }
  [[nodiscard]] Json* find(std::string_view name) {
    const std::size_t at = place_of(name);
    return at == names.size() ? nullptr : &items[at];
  }

  /// Sets a member of an object; returns it.
  Json& set(std::string_view name, Json value) {
    if (Json* const found = find(name)) { return *found = std::move(value); }
    names.emplace_back(name);
    return items.emplace_back(std::move(value));
  }
  Json& set(std::string_view name, std::string_view value) { return set(name, string(value)); }
  Json& set(std::string_view name, const char* value) { return set(name, string(value)); }
  /// Sets a member to a text, if that is not empty.
  void set_text(std::string_view name, std::string_view value) {
    if (!value.empty()) { set(name, value); }
  }
  /// Removes a member, if there is one; returns it.
  Json take(std::string_view name) {
    Json* const found = find(name);
    if (found == nullptr) { return {}; }
    Json value = std::move(*found);
    const auto at = found - items.data();
    items.erase(items.begin() + at);
    names.erase(names.begin() + at);
    return value;
  }
  Json& push(Json value) { return items.emplace_back(std::move(value)); }

 private:
  [[nodiscard]] std::size_t place_of(std::string_view name) const {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  }
};

/// Returns the indexes of the members of an object in the order of their names.
[[nodiscard]] inline std::vector<std::size_t> sorted_members(const Json& object) {
  std::vector<std::size_t> order(object.names.size());
  for (std::size_t at = 0; at < order.size(); ++at) { order[at] = at; }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return object.names[a] < object.names[b]; });
  return order;
}

/// True for the same value: members in any order, numbers as they are written.
[[nodiscard]] inline bool same(const Json& a, const Json& b) {
  if (a.kind != b.kind || a.text != b.text || a.items.size() != b.items.size()) { return false; }
  const bool ordered = a.names == b.names;
  const auto order_a = ordered ? std::vector<std::size_t>{} : sorted_members(a);
  const auto order_b = ordered ? std::vector<std::size_t>{} : sorted_members(b);
  for (std::size_t at = 0; at < a.items.size(); ++at) {
    const std::size_t in_a = ordered ? at : order_a[at];
    const std::size_t in_b = ordered ? at : order_b[at];
    if (!ordered && a.names[in_a] != b.names[in_b]) { return false; }
    if (!same(a.items[in_a], b.items[in_b])) { return false; }
  }
  return true;
}

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

inline void print(JsonWriter& out, const Json& json) {
  const auto size = static_cast<rapidjson::SizeType>(json.text.size());
  switch (json.kind) {
    case Json::Kind::null: out.Null(); return;
    case Json::Kind::boolean: out.Bool(json.is_true()); return;
    case Json::Kind::number: out.RawValue(json.text.data(), json.text.size(), rapidjson::kNumberType); return;
    case Json::Kind::string: out.String(json.text.data(), size); return;
    case Json::Kind::array:
      out.StartArray();
      for (const Json& item : json.items) { print(out, item); }
      out.EndArray();
      return;
    case Json::Kind::object:
      out.StartObject();
      for (std::size_t at = 0; at < json.items.size(); ++at) {
        out.Key(json.names[at].data(), static_cast<rapidjson::SizeType>(json.names[at].size()));
        print(out, json.items[at]);
      }
      out.EndObject();
      return;
  }
}

/// Returns a value as JSON text without white space.
[[nodiscard]] inline std::string print(const Json& json) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  print(writer, json);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace heddle::formats::detail
