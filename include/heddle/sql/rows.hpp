// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <string>

/// Rows that only the stores read.
namespace heddle::sql {

/// An id in a list that is ordered by time.
struct TimedId {
  Timestamp at{};
  std::string id{};
};

/// An id and its tenant.
struct OwnedId {
  std::string user_id{};
  std::string id{};
};

/// The privileges of a connection's database role for one table.
struct TableRights {
  std::string name{};
  bool readable = false;
  bool writable = false;    ///< rows can be updated and deleted
  bool unfiltered = false;  ///< row-level security hides no rows
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::TimedId, at, id);
HEDDLE_ADAPT_STRUCT(heddle::sql::OwnedId, user_id, id);
HEDDLE_ADAPT_STRUCT(heddle::sql::TableRights, name, readable, writable, unfiltered);
