// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/table.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <variant>

namespace heddle::sealed_query {

/// Binds without a copy: the cell must outlive the step. Returns the status of SQLite. A template, which only files
/// that call it compile.
[[nodiscard]] int bind(sqlite3_stmt* statement, int index, const std::same_as<Cell> auto& cell) {
  if (const auto* flag = std::get_if<bool>(&cell)) { return sqlite3_bind_int(statement, index, *flag ? 1 : 0); }
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) { return sqlite3_bind_int64(statement, index, *integer); }
  if (const auto* number = std::get_if<double>(&cell)) { return sqlite3_bind_double(statement, index, *number); }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace heddle::sealed_query
