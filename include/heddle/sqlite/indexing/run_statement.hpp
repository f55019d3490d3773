// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"

#include <concepts>
#include <cstdint>

namespace heddle::sqlite::indexing {

/// Runs a statement that returns nothing, whose parameters are these numbers.
template <class Connection, std::same_as<std::int64_t>... Numbers>
void run_statement(Connection& connection, const sql::StatementText& statement, Numbers... numbers) {
  const connection::Running running(connection, statement);
  (running->integer(numbers), ...);
  static_cast<void>(running->step());
}

}  // namespace heddle::sqlite::indexing
