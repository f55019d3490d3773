// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/query_limits.hpp"

#include <concepts>

namespace heddle::stores::detail {

/// A configuration that sets a budget for queries.
template <class Config>
concept LimitsQueries = requires(const Config& config) {
  { config.query_budget } -> std::convertible_to<QueryBudget>;
};

/// Returns the budget of a configuration; the default if it has none.
template <class Config>
[[nodiscard]] QueryBudget query_budget_of([[maybe_unused]] const Config& config) {
  if constexpr (LimitsQueries<Config>) {
    return config.query_budget;
  } else {
    return {};
  }
}

}  // namespace heddle::stores::detail
