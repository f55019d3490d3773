// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/bind_cell.hpp"
#include "heddle/sealed_query/check_table.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

/// The values of the parameters of a query.
namespace heddle::sealed_query {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// The most parameters of a statement.
inline constexpr int max_parameters = 100;

/// Throws `invalid_argument` for values that no query can have.
void check_parameters(const std::same_as<QueryParameters> auto& parameters) {
  const validation::FieldPath field("parameters");
  const validation::FieldPath positional = field.member("positional");
  const validation::FieldPath named = field.member("named");
  if (!parameters.positional.empty() && !parameters.named.empty()) {
    validation::refuse(field, "are positional and named: use one kind");
  }
  if (parameters.positional.size() + parameters.named.size() > std::size_t{max_parameters}) {
    validation::refuse(field, "are more than " + std::to_string(max_parameters));
  }
  for (std::size_t index = 0; index < parameters.positional.size(); ++index) {
    static_cast<void>(check_cell(positional.element(index), parameters.positional[index]));
  }
  std::size_t index = 0;
  for (const auto& [name, value] : parameters.named) {
    validation::check_id(named.key(index), name);
    static_cast<void>(check_cell(named.value(index++), value));
  }
}

/// Returns the value of a parameter of a statement. Throws `invalid_argument` with its name if it has none.
[[nodiscard]] const Cell& value_of(sqlite3_stmt* statement, int number,
                                   const std::same_as<QueryParameters> auto& parameters) {
  const char* const name = sqlite3_bind_parameter_name(statement, number);
  if (name == nullptr || *name == '?') {
    if (static_cast<std::size_t>(number) <= parameters.positional.size()) {
      return parameters.positional[static_cast<std::size_t>(number) - 1];
    }
    validation::refuse("SQL", "has the parameter ?" + std::to_string(number) + ", which has no value");
  }
  const auto found = parameters.named.find(name + 1);
  if (found == parameters.named.end()) {
    validation::refuse("SQL", std::string("has the parameter ").append(name).append(", which has no value"));
  }
  return found->second;
}

/// Binds the values, which must outlive the statement's use. Returns the status of SQLite. Throws `invalid_argument`
/// with the name of a parameter without a value, or of a value without a parameter.
[[nodiscard]] int bind_parameters(sqlite3_stmt* statement, const std::same_as<QueryParameters> auto& parameters) {
  const int count = sqlite3_bind_parameter_count(statement);
  for (int number = 1; number <= count; ++number) {
    const int status = bind(statement, number, value_of(statement, number, parameters));
    if (status != SQLITE_OK) { return status; }
  }
  const auto size = parameters.positional.size();
  if (size > static_cast<std::size_t>(count)) {
    validation::refuse("SQL", "has no parameter ?" + std::to_string(size) + ", for which there is a value");
  }
  for (const auto& each : parameters.named) {
    const std::string& name = each.first;
    constexpr std::array<char, 3> starts{':', '@', '$'};
    const bool is_used = std::any_of(starts.begin(), starts.end(), [&](char start) {
      return sqlite3_bind_parameter_index(statement, (start + name).c_str()) != 0;
    });
    if (!is_used) { validation::refuse("SQL", "has no parameter :" + name + ", for which there is a value"); }
  }
  return SQLITE_OK;
}

}  // namespace heddle::sealed_query
