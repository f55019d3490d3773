#pragma once

#include "heddle/model/table.hpp"

#include <map>
#include <string>
#include <vector>

namespace heddle {

/// The values of the parameters in the SQL of a query, so that no value is ever part of the SQL. Either positional or
/// named; every parameter of the SQL needs a value, and every value a parameter. A boolean is queried as 1 or 0.
struct QueryParameters {
  std::vector<Cell> positional{};       ///< of `?1`, `?2` and so on; of each `?`, in the order of the SQL
  std::map<std::string, Cell> named{};  ///< of `:name`, `@name` and `$name`, by the name without its first character
};

}  // namespace heddle
