// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace heddle::reflection {

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

/// A map from text to text.
template <class T>
concept StringMap = std::same_as<T, std::map<std::string, std::string>>;

}  // namespace heddle::reflection
