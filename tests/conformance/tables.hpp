#pragma once

#include "heddle/model/table.hpp"

#include <doctest/doctest.h>

#include <cstdint>

/// Tables for the tests of the suite.
namespace conformance {

/// Returns a table with one column `n` and the numbers 1 to `count`.
inline heddle::Table numbers(std::int64_t count) {
  heddle::Table table{{"n"}, {}};
  for (std::int64_t i = 1; i <= count; ++i) { table.rows.push_back({i}); }
  return table;
}

/// Returns the only cell of a query's result.
inline heddle::Cell only(const heddle::Table& table) {
  REQUIRE(table.rows.size() == 1);
  REQUIRE(table.rows[0].size() == 1);
  return table.rows[0][0];
}

}  // namespace conformance
