// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/limits.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>

/// Members of a document that a reader looks at.
namespace heddle::formats::detail {

inline void require_object(const Json& json, const Pointer& at) {
  if (!json.is_object()) { refuse(at, "is not an object"); }
}
inline void require_array(const Json& json, const Pointer& at) {
  if (!json.is_array()) { refuse(at, "is not an array"); }
}

/// Returns a member that must be there.
[[nodiscard]] inline const Json& member(const Json& object, std::string_view name, const Pointer& at) {
  const Json* const found = object.find(name);
  if (found == nullptr) { refuse(at.member(name), "is missing"); }
  return *found;
}

/// Returns a member that must be a string.
[[nodiscard]] inline const std::string& text_of(const Json& object, std::string_view name, const Pointer& at) {
  const Json& found = member(object, name, at);
  if (!found.is_string()) { refuse(at.member(name), "is not a string"); }
  return found.text;
}

/// Returns a member that must be an object.
[[nodiscard]] inline const Json& object_of(const Json& object, std::string_view name, const Pointer& at) {
  const Json& found = member(object, name, at);
  require_object(found, at.member(name));
  return found;
}

/// Returns a member if it is a string that a column of so many bytes holds; else nothing, and the rest keeps it.
[[nodiscard]] inline std::string text_if(const Json& object, std::string_view name, std::size_t cap = limits::text) {
  const Json* const found = object.find(name);
  return found != nullptr && found->is_string() && found->text.size() <= cap ? found->text : std::string();
}

/// Returns a number of tokens, if a member is one; else 0, and the rest keeps the member.
[[nodiscard]] inline std::int64_t tokens_if(const Json& object, std::string_view name) {
  const Json* const found = object.find(name);
  if (found == nullptr || found->kind != Json::Kind::number) { return 0; }
  std::int64_t tokens = 0;
  const char* const end = found->text.data() + found->text.size();
  const auto parsed = std::from_chars(found->text.data(), end, tokens);
  const bool fits = parsed.ec == std::errc{} && parsed.ptr == end && tokens >= 0 && tokens <= limits::tokens;
  return fits ? tokens : 0;
}

/// Returns a member if it is an object, else an empty object.
[[nodiscard]] inline const Json& object_if(const Json& object, std::string_view name) {
  static const Json empty = Json::object();
  const Json* const found = object.find(name);
  return found != nullptr && found->is_object() ? *found : empty;
}

/// Sets a member of the object in a member, which is made if need be.
inline void set_tokens(Json& object, std::string_view name, std::int64_t tokens) {
  if (tokens != 0) { object.set(name, Json::integer(tokens)); }
}

}  // namespace heddle::formats::detail
