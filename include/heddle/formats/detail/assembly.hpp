// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"

#include <charconv>
#include <cstddef>
#include <string>
#include <string_view>
#include <system_error>

/// What puts streamed events together.
namespace heddle::formats::detail {

/// The most choices of a streamed response, calls of one of them, and members of an object that events add to: each
/// event looks for its own among them.
inline constexpr std::size_t stream_elements = 1000;

/// The last event of a stream, where it is no JSON.
inline constexpr std::string_view done_event = "[DONE]";

/// Returns the place of an element that an event names; it is one of the list or the next one. So a stream cannot ask
/// for more memory than it has bytes.
[[nodiscard]] inline std::size_t index_of(const Json& event, std::string_view name, std::size_t size,
                                          const Pointer& at) {
  const Json& found = member(event, name, at);
  std::size_t index = 0;
  const char* const end = found.text.data() + found.text.size();
  const auto parsed = std::from_chars(found.text.data(), end, index);
  if (found.kind != Json::Kind::number || parsed.ec != std::errc{} || parsed.ptr != end) {
    refuse(at.member(name), "is not an index");
  }
  if (index > size) { refuse(at.member(name), "skips an index"); }
  return index;
}

/// Throws `invalid_argument` if a stream has so many of what is at a place that it may have no more.
inline void require_room(std::size_t size, const Pointer& at) {
  if (size < stream_elements) { return; }
  refuse(at, "is one of more than " + std::to_string(stream_elements) + ", which no stream may have");
}

/// Returns the member of an object that events add to, which is made if need be. Throws `invalid_argument` if the
/// object has too many.
inline Json& streamed_member(Json& object, std::string_view name, const Pointer& at) {
  if (object.names.size() > stream_elements) { require_room(object.names.size(), at.member(name)); }
  if (Json* const found = object.find(name)) { return *found; }
  require_room(object.names.size(), at.member(name));
  object.names.emplace_back(name);
  return object.items.emplace_back();
}

/// Returns the member of an object, made as an empty array if it is no array.
inline Json& list_in(Json& object, std::string_view name) {
  Json* const found = object.find(name);
  return found != nullptr && found->is_array() ? *found : object.set(name, Json::array());
}

/// Appends a piece to the text of a member, which is made if it is no text.
inline void append_text(Json& object, std::string_view name, const std::string& piece) {
  Json* const found = object.find(name);
  if (found != nullptr && found->is_string()) {
    found->text += piece;
  } else {
    object.set(name, piece);
  }
}

}  // namespace heddle::formats::detail
