// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"

#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::validation {

template <class Container>
void check_size(std::string_view field, const Container& container) {
  if (container.size() > limits::list) { refuse(field, "has more than " + std::to_string(limits::list) + " entries"); }
}

/// Ids are keys and stay short; other text may be as long as a message.
constexpr std::size_t cap_of(std::string_view field) { return field.ends_with("id") ? limits::id : limits::text; }

/// Goes on with a fault of a part as one of the whole: where it stands is part of what the caller must know.
[[noreturn]] inline void refuse_part(const std::string& place, std::string_view rest) {
  throw Error(ErrorCode::invalid_argument, place + std::string(rest));
}

/// Throws unless tokens and dollars are of a size whose sums over a full session still count every token.
inline void check_usage(std::string_view field, std::int64_t tokens, double dollars) {
  if (tokens < 0 || tokens > limits::tokens) { refuse(field, "has a number of tokens that is out of range"); }
  if (std::abs(dollars) > limits::dollars) { refuse(field, "has a cost that is out of range"); }
}

template <class T>
void check(std::string_view field, const T& value);

/// `check` for each element of a range; a fault names its index.
template <class Range>
void check_each(std::string_view field, const Range& range) {
  for (std::size_t index = 0; index < range.size(); ++index) {
    try {
      check(field, range[index]);
    } catch (const Error& error) {
      refuse_part(std::string(field) + "[" + std::to_string(index) + "]",
                  std::string_view(error.what()).substr(field.size()));
    }
  }
}

/// Throws `invalid_argument` if a value of the model cannot be stored and read back as it is on every backend.
template <class T>
void check(std::string_view field, const T& value) {
  if constexpr (std::same_as<T, std::string>) {
    check_text(field, value, cap_of(field));
  } else if constexpr (std::same_as<T, JsonObject>) {
    check_json(field, value.text, JsonShape::object);
  } else if constexpr (std::same_as<T, JsonValue>) {
    check_json(field, value.text, JsonShape::any);
  } else if constexpr (NamedEnum<T>) {
    if (to_string(value).empty()) { refuse(field, "is not a valid enumerator"); }
  } else if constexpr (std::floating_point<T>) {
    if (!std::isfinite(value)) { refuse(field, "is not a finite number"); }
  } else if constexpr (reflection::is_optional<T>) {
    if (value) { check(field, *value); }
  } else if constexpr (reflection::is_vector<T>) {
    check_size(field, value);
    check_each(field, value);
  } else if constexpr (reflection::StringMap<T>) {
    check_size(field, value);
    for (const auto& [key, text] : value) {
      check_text(field, key, limits::name);
      check_text(field, text, limits::text);
    }
  } else if constexpr (reflection::Record<T>) {
    try {
      reflection::for_each_member(value, [](const char* name, const auto& member) { check(name, member); });
    } catch (const Error& error) { refuse_part(std::string(field) + ".", error.what()); }
  }
}

}  // namespace heddle::validation
