#pragma once

#include "heddle/model/json_text.hpp"
#include "heddle/model/table.hpp"
#include "heddle/reflection/type_traits.hpp"

#include <boost/hana/accessors.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>

#include <concepts>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

/// Every text in a record of the model, found through reflection: new members of the model are tested without being
/// named here.
namespace property {

/// Of a text in a record: any text, a JsonValue, or a JsonObject.
enum class TextKind { plain, json, object };

/// Calls `visit(path, text, kind)` with a reference to each text in a value, at any depth.
template <class T, class Visit>
void each_text(const std::string& path, T& value, Visit& visit) {
  using Plain = std::remove_const_t<T>;
  if constexpr (std::same_as<Plain, std::string>) {
    visit(path, value, TextKind::plain);
  } else if constexpr (std::same_as<Plain, heddle::JsonObject>) {
    visit(path, value.text, TextKind::object);
  } else if constexpr (std::same_as<Plain, heddle::JsonValue>) {
    visit(path, value.text, TextKind::json);
  } else if constexpr (std::same_as<Plain, heddle::Cell>) {
    if (auto* const text = std::get_if<std::string>(&value)) { visit(path, *text, TextKind::plain); }
  } else if constexpr (heddle::reflection::is_optional<Plain>) {
    if (value) { each_text(path, *value, visit); }
  } else if constexpr (heddle::reflection::is_vector<Plain>) {
    for (auto& element : value) { each_text(path + "[]", element, visit); }
  } else if constexpr (heddle::reflection::StringMap<Plain>) {
    Plain visited;
    for (const auto& entry : value) {
      std::string key = entry.first;
      std::string text = entry.second;
      visit(path + ".key", key, TextKind::plain);
      visit(path + ".value", text, TextKind::plain);
      visited.emplace(std::move(key), std::move(text));
    }
    if constexpr (!std::is_const_v<T>) { value = std::move(visited); }
  } else if constexpr (heddle::reflection::Record<Plain>) {
    boost::hana::for_each(boost::hana::accessors<Plain>(), [&](const auto& member) {
      const std::string name = boost::hana::first(member).c_str();
      each_text(path.empty() ? name : path + "." + name, boost::hana::second(member)(value), visit);
    });
  }
}

/// Fills every optional, list and map of a value, and sets every text to a harmless one.
template <class T>
void fill(T& value) {
  if constexpr (std::same_as<T, std::string>) {
    value = "text";
  } else if constexpr (std::same_as<T, heddle::Cell>) {
    value = std::string("text");
  } else if constexpr (heddle::reflection::is_optional<T>) {
    fill(value.emplace());
  } else if constexpr (heddle::reflection::is_vector<T>) {
    fill(value.emplace_back());
  } else if constexpr (heddle::reflection::StringMap<T>) {
    value = {{"key", "value"}};
  } else if constexpr (heddle::reflection::Record<T>) {
    boost::hana::for_each(boost::hana::accessors<T>(),
                          [&](const auto& member) { fill(boost::hana::second(member)(value)); });
  }
}

/// Returns a record in which every part is filled.
template <class Record>
[[nodiscard]] Record filled() {
  Record record{};
  fill(record);
  return record;
}

/// A text of a record: its path and its kind.
struct Text {
  std::string path;
  std::string value;
  TextKind kind = TextKind::plain;

  friend bool operator==(const Text&, const Text&) = default;
};

template <class Record>
[[nodiscard]] std::vector<Text> texts_of(const Record& record) {
  std::vector<Text> texts;
  auto visit = [&texts](const std::string& path, const std::string& value, TextKind kind) {
    texts.push_back({path, value, kind});
  };
  each_text("", record, visit);
  return texts;
}

/// Returns the record with its n-th text replaced.
template <class Record>
[[nodiscard]] Record with_text(Record record, std::size_t index, const std::string& replacement) {
  std::size_t at = 0;
  auto visit = [&](const std::string& /*path*/, std::string& value, TextKind /*kind*/) {
    if (at++ == index) { value = replacement; }
  };
  each_text("", record, visit);
  return record;
}

}  // namespace property
