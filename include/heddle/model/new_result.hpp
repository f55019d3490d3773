#pragma once

#include "heddle/model/table.hpp"
#include "heddle/reflection/adapt.hpp"

#include <chrono>
#include <map>
#include <string>

namespace heddle {

/// A table to be stored as a result.
struct NewResult {
  std::string id{};                  ///< empty: a UUID (version 4) is made
  std::string table_name{"result"};  ///< how SQL will name it; any text but an empty one or `sqlite_...`
  Table table{};
  /// From then on no operation finds the result. More than 0, at most 100 years.
  std::chrono::milliseconds time_to_live{std::chrono::hours(24)};
  std::map<std::string, std::string> metadata{};  ///< given back by the reference and by `metadata`

  friend bool operator==(const NewResult&, const NewResult&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::NewResult, id, table_name, table, time_to_live, metadata);
