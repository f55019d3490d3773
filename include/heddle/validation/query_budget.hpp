// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/query_limits.hpp"
#include "heddle/validation/text.hpp"

#include <string>
#include <string_view>

namespace heddle::validation {

/// Throws `invalid_argument` for a budget that admits no query. `backend` names the configuration.
inline void check_query_budget(std::string_view backend, const QueryBudget& budget) {
  const std::string setting = std::string(backend).append(": query_budget.");
  if (budget.queries == 0) { refuse(setting + "queries", "is 0"); }
  if (budget.bytes == 0) { refuse(setting + "bytes", "is 0"); }
}

}  // namespace heddle::validation
