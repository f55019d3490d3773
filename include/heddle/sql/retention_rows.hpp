// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>

namespace heddle::sql {

/// Which rows of a tenant are old: those up to this time and id that were not changed since another time.
struct OldRecords {
  Timestamp last{};
  std::string id{};
  Timestamp changed_before{};
};
/// The same of branches.
struct OldBranches {
  Timestamp last{};
  std::int64_t number = 0;
  Timestamp changed_before{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::OldRecords, last, id, changed_before);
HEDDLE_ADAPT_STRUCT(heddle::sql::OldBranches, last, number, changed_before);
