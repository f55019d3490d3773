#pragma once

#include "heddle/model/table.hpp"
#include "heddle/reflection/adapt.hpp"

#include <chrono>
#include <map>
#include <string>

namespace heddle {

/// A table to store as a result.
struct NewResult {
  std::string id{};                  ///< empty: a UUID (version 4) is generated
  std::string table_name{"result"};  ///< its name in SQL: not empty, and not `sqlite_...`
  Table table{};
  /// The result expires after this time. More than 0, at most 100 years.
  std::chrono::milliseconds time_to_live{std::chrono::hours(24)};
  std::map<std::string, std::string> metadata{};  ///< returned with the reference and by `metadata`

  friend bool operator==(const NewResult&, const NewResult&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::NewResult, id, table_name, table, time_to_live, metadata);
