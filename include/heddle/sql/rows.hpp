#pragma once

#include "heddle/time.hpp"

#include <boost/hana/adapt_struct.hpp>

#include <string>

/// Rows that the stores read and no caller sees.
namespace heddle::sql {

/// An id in a list that is ordered by time.
struct TimedId {
  Timestamp at{};
  std::string id{};
};

}  // namespace heddle::sql

BOOST_HANA_ADAPT_STRUCT(heddle::sql::TimedId, at, id);
