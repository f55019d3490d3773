#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

namespace heddle {

/// The stored names of an enumeration. A specialisation has `values`, one name for each enumerator, in order. Databases
/// store names instead of numbers, so that they can be read without this library.
template <class Enum>
struct EnumNames;

/// An enumeration whose enumerators have stored names.
template <class Enum>
concept NamedEnum = std::is_enum_v<Enum> && requires {
  EnumNames<Enum>::values.size();
};

/// Returns the stored name of an enumerator; empty for a value that is none.
template <NamedEnum Enum>
[[nodiscard]] constexpr std::string_view to_string(Enum value) noexcept {
  const auto index = static_cast<std::size_t>(value);
  return index < EnumNames<Enum>::values.size() ? EnumNames<Enum>::values[index] : std::string_view{};
}

/// Returns the enumerator of this name; nothing if there is none.
template <NamedEnum Enum>
[[nodiscard]] constexpr std::optional<Enum> parse_enum(std::string_view name) noexcept {
  const auto& values = EnumNames<Enum>::values;
  for (std::size_t index = 0; index < values.size(); ++index) {
    if (values[index] == name) { return static_cast<Enum>(index); }
  }
  return std::nullopt;
}

}  // namespace heddle
