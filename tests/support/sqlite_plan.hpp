#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <string>

namespace support {

/// Returns the steps of SQLite's plan for a statement, one a line.
[[nodiscard]] inline std::string plan_of(const SQLite::Database& database, const std::string& sql) {
  SQLite::Statement plan(database, "EXPLAIN QUERY PLAN " + sql);
  std::string steps;
  while (plan.executeStep()) { steps += plan.getColumn(3).getString() + "\n"; }
  return steps;
}

}  // namespace support
