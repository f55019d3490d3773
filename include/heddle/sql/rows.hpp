#pragma once

#include "heddle/time.hpp"

#include "heddle/model/adapt.hpp"

#include <string>

/// Rows that the stores read and no caller sees.
namespace heddle::sql {

/// An id in a list that is ordered by time.
struct TimedId {
  Timestamp at{};
  std::string id{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::TimedId, at, id);
