// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/json.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The rest of an object: what a reader must keep beside the members of a record, so that a writer makes the same
/// object of both. It is the difference between the object that was read and the one that the writer makes of the
/// record, so nothing can be lost, whatever a provider adds. The members of a rest are the provider's, and win over
/// those that the writer makes; a member that is an object adds to the one that the writer makes.
///
/// Names that begin with `$` are notes: `$absent` lists what the writer makes and the object did not have, others tell
/// the writer which of two forms to make. A provider's own member with such a name has one more `$`.
namespace heddle::formats::detail {

inline constexpr std::string_view absent_note = "$absent";

[[nodiscard]] inline std::string note_name(std::string_view note) { return std::string("$").append(note); }

inline void add_note(Json& rest, std::string_view note) { rest.set(note_name(note), Json::boolean(true)); }

[[nodiscard]] inline bool has_note(const Json& rest, std::string_view note) {
  const Json* const found = rest.find(note_name(note));
  return found != nullptr && found->is_true();
}

/// Returns the text of a note; empty if there is none.
[[nodiscard]] inline std::string_view text_note(const Json& rest, std::string_view note) {
  const Json* const found = rest.find(note_name(note));
  return found != nullptr && found->is_string() ? std::string_view(found->text) : std::string_view();
}

[[nodiscard]] inline std::string escape_name(std::string_view name) {
  return name.starts_with('$') ? std::string("$").append(name) : std::string(name);
}

/// Returns a value with its names escaped. Those inside of arrays are not: a rest only adds to objects.
[[nodiscard]] inline Json escape_names(const Json& value) {
  if (!value.is_object()) { return value; }
  Json escaped = Json::object();
  escaped.names.reserve(value.names.size());
  for (std::size_t at = 0; at < value.items.size(); ++at) {
    escaped.names.push_back(escape_name(value.names[at]));
    escaped.items.push_back(escape_names(value.items[at]));
  }
  return escaped;
}

/// Adds to a rest what an object has and `made`, the object that a writer makes, has not.
inline void keep_rest(Json& rest, const Json& object, const Json& made) {
  for (std::size_t at = 0; at < object.items.size(); ++at) {
    const Json& value = object.items[at];
    const Json* const other = made.find(object.names[at]);
    if (other != nullptr && value.is_object() && other->is_object()) {
      Json inner = Json::object();
      keep_rest(inner, value, *other);
      if (!inner.items.empty()) { rest.set(escape_name(object.names[at]), std::move(inner)); }
    } else if (other == nullptr || !same(value, *other)) {
      rest.names.push_back(escape_name(object.names[at]));
      rest.items.push_back(escape_names(value));
    }
  }
  Json absent = Json::array();
  for (const std::string& name : made.names) {
    if (object.find(name) == nullptr) { absent.push(Json::string(name)); }
  }
  if (!absent.items.empty()) { rest.set(absent_note, std::move(absent)); }
}

/// Makes the object that was read of the one that a writer makes and the rest.
inline void put_back(Json& made, const Json& rest) {
  if (const Json* const absent = rest.find(absent_note)) {
    for (const Json& name : absent->items) { made.take(name.text); }
  }
  // The names of a rest differ: only those that the writer made need to be compared, however many there are.
  const std::vector<std::string> own = made.names;
  for (std::size_t at = 0; at < rest.items.size(); ++at) {
    std::string_view name = rest.names[at];
    if (name.starts_with('$')) {
      name.remove_prefix(1);
      if (!name.starts_with('$')) { continue; }
    }
    const auto found = static_cast<std::size_t>(std::find(own.begin(), own.end(), name) - own.begin());
    if (found == own.size()) {
      made.names.emplace_back(name);
      made.items.emplace_back();
    }
    Json& place = found == own.size() ? made.items.back() : made.items[found];
    const Json& value = rest.items[at];
    if (value.is_object()) {
      if (!place.is_object()) { place = Json::object(); }
      put_back(place, value);
    } else {
      place = value;
    }
  }
}

}  // namespace heddle::formats::detail
