// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/is_finite.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"
#include "heddle/validation/time_range.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

namespace heddle::validation {

/// Throws `invalid_argument` with the path if a list or map has too many entries.
template <class Container>
void check_size(const FieldPath& field, const Container& container) {
  if (container.size() > limits::list) { refuse(field, "has more than " + std::to_string(limits::list) + " entries"); }
}

/// Throws `invalid_argument` with the path if a number of tokens or a cost is out of range: totals never decrease, and
/// the sums of a session that has as many messages as it can have must be exact.
inline void check_tokens(const FieldPath& field, std::int64_t tokens) {
  if (tokens < 0 || tokens > limits::tokens) {
    refuse(field, "is not between 0 and " + std::to_string(limits::tokens));
  }
}
inline void check_cost(const FieldPath& field, double dollars) {
  if (dollars < 0 || dollars > limits::dollars) { refuse(field, "is not between 0 and 1e12"); }
}

template <auto Member>
struct CapOf {
  static constexpr std::size_t value = limits::of<Member>;
};

template <class T>
void check(const FieldPath& field, const T& value, std::size_t cap = limits::text);

/// `check` for members of a record. Not a lambda, so that all records share its functions.
struct MemberCheck {
  const FieldPath& field;

  template <class T>
  void operator()(const char* name, const T& member, std::size_t cap) const {
    check(field.member(name), member, cap);
  }
};

/// `check` for each element of a range.
template <class Range>
void check_each(const FieldPath& field, const Range& range, std::size_t cap = limits::text) {
  for (std::size_t index = 0; index < range.size(); ++index) { check(field.element(index), range[index], cap); }
}

/// Throws `invalid_argument` with the path of the first value that not every backend can store and read back unchanged.
/// Texts are at most `cap` bytes long; the caps of the members of a record are those of `limits::of`.
template <class T>
void check(const FieldPath& field, const T& value, [[maybe_unused]] std::size_t cap) {
  if constexpr (std::same_as<T, std::string>) {
    check_text(field, value, cap);
  } else if constexpr (std::same_as<T, JsonObject>) {
    check_json_object(field, value.text);
  } else if constexpr (std::same_as<T, JsonValue>) {
    check_text(field, value.text, cap);
  } else if constexpr (NamedEnum<T>) {
    if (to_string(value).empty()) { refuse(field, "is not a valid enumerator"); }
  } else if constexpr (std::same_as<T, Timestamp>) {
    check_time(field, value);
  } else if constexpr (std::floating_point<T>) {
    if (!is_finite(value)) { refuse(field, "is not a finite number"); }
  } else if constexpr (reflection::is_optional<T>) {
    if (value) { check(field, *value, cap); }
  } else if constexpr (reflection::is_vector<T>) {
    check_size(field, value);
    check_each(field, value, cap);
  } else if constexpr (reflection::StringMap<T>) {
    check_size(field, value);
    std::size_t index = 0;
    for (const auto& [key, text] : value) {
      check_text(field.key(index), key, limits::name);
      check_text(field.value(index++), text, cap);
    }
  } else if constexpr (reflection::Record<T>) {
    const MemberCheck check_member{field};
    reflection::MembersIn<T>::template visit_with<CapOf>(value, check_member);
  }
}

/// Throws `invalid_argument` for a number that is neither 0 nor a possible sequence number.
inline void check_sequence(const FieldPath& field, std::int64_t sequence) {
  if (sequence < 0 || sequence > limits::sequence) {
    refuse(field, "is not between 0 and " + std::to_string(limits::sequence));
  }
}

}  // namespace heddle::validation
