// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/query_limits.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/validation/query_budget.hpp"

#include <cstddef>
#include <limits>
#include <string_view>

namespace heddle::config {

/// Returns the budget in a configuration, with its defaults. Throws `invalid_argument` for one that admits no query.
[[nodiscard]] inline QueryBudget query_budget_of(std::string_view backend, const v1::QueryBudgetConfig& from) {
  QueryBudget budget;
  if (from.has_queries()) { budget.queries = from.queries(); }
  if (from.has_bytes()) {
    constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
    budget.bytes = from.bytes() < most ? from.bytes() : most;
  }
  validation::check_query_budget(backend, budget);
  return budget;
}

}  // namespace heddle::config
