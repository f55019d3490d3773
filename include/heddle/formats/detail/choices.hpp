// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

/// Responses that can have several messages of a model. A message is one of them; its metadata keeps the others.
namespace heddle::formats::detail {

/// Sets the rest of a response: that of the chosen message, that of all else, the other messages, and the place.
inline void set_response_rest(Json& rest, Json chosen, Json body, Json others, std::size_t choice) {
  if (!chosen.items.empty()) { rest.set("choice", std::move(chosen)); }
  if (!body.items.empty()) { rest.set("body", std::move(body)); }
  if (choice != 0) { rest.set("index", Json::integer(static_cast<std::int64_t>(choice))); }
  if (!others.items.empty()) { rest.set("others", std::move(others)); }
}

[[nodiscard]] inline std::size_t place_of_choice(const Json& rest) {
  return static_cast<std::size_t>(tokens_if(rest, "index"));
}

/// Returns all messages of a response.
[[nodiscard]] inline Json with_others(const Json& rest, Json chosen) {
  const Json* const others = rest.find("others");
  Json all = others != nullptr && others->is_array() ? *others : Json::array();
  const std::size_t place = std::min(place_of_choice(rest), all.items.size());
  all.items.insert(all.items.begin() + static_cast<std::ptrdiff_t>(place), std::move(chosen));
  return all;
}

}  // namespace heddle::formats::detail
