// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/session_list.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/field_path.hpp"

#include <rapidjson/document.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns true if the value of a number is an integer that can be compared, in whatever way it is written.
template <class Number>
[[nodiscard]] bool is_integer(const Number& number) {
  constexpr double exact = 9007199254740991.0;
  if (number.IsInt64()) { return true; }
  // Integers of more than 64 bits are doubles, too.
  const double value = number.GetDouble();
  return value >= -exact && value <= exact && static_cast<double>(static_cast<std::int64_t>(value)) == value;
}

/// Throws `invalid_argument` for a filter that no session can match.
void check_session_filter(const std::same_as<SessionFilter> auto& filter) {
  validation::check("filter", filter);
  rapidjson::Document members;
  members.Parse(filter.context.text.c_str());
  for (const auto& member : std::as_const(members).GetObject()) {
    const auto& value = member.value;
    if (value.IsObject() || value.IsArray() || (value.IsNumber() && !is_integer(value))) {
      validation::refuse("filter.context",
                         "has a member that is neither a text, an integer, true, false nor null: "
                         "other values cannot be compared");
    }
  }
}

/// Returns the conditions of a filter, which refer to its texts.
[[nodiscard]] sql::SessionConditions conditions_of(const std::same_as<SessionFilter> auto& filter) {
  sql::SessionConditions conditions;
  if (filter.agent_id) { conditions.agent_id = *filter.agent_id; }
  if (filter.parent_session_id) { conditions.parent_session_id = *filter.parent_session_id; }
  conditions.updated_from = filter.updated_from.value_or(Timestamp::min());
  conditions.updated_to = filter.updated_to.value_or(Timestamp::max());
  if (!filter.name_contains.empty()) { conditions.name_contains = filter.name_contains; }
  if (filter.context.text != "{}") { conditions.context = filter.context.text; }
  return conditions;
}

/// Returns the statement that finds the sessions of a filter by the best index.
template <class Lists>
[[nodiscard]] const auto& list_for(const Lists& lists, const SessionFilter& filter) {
  if (filter.parent_session_id) { return filter.oldest_first ? lists.oldest_of_parent : lists.newest_of_parent; }
  if (filter.agent_id) { return filter.oldest_first ? lists.oldest_of_agent : lists.newest_of_agent; }
  return filter.oldest_first ? lists.oldest : lists.newest;
}

}  // namespace heddle::stores::detail
