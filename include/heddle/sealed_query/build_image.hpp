// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/check_table.hpp"
#include "heddle/sql/quote_identifier.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace heddle::sealed_query {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `resource_exhausted` or `internal` unless `status` is a success.
inline void require(sqlite3* connection, int status) {
  const int primary = status & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_DONE) { return; }
  const auto native = std::to_string(sqlite3_extended_errcode(connection));
  if (primary == SQLITE_FULL || primary == SQLITE_TOOBIG) {
    throw Error(ErrorCode::resource_exhausted, "the result is larger than the limit of 256 MiB", native);
  }
  if (primary == SQLITE_NOMEM) {
    throw Error(ErrorCode::resource_exhausted, "out of memory while building the result's image", native);
  }
  throw Error(ErrorCode::internal, "SQLite could not build the result's image", native);
}

inline void run(sqlite3* connection, const std::string& sql) {
  require(connection, sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr));
}

/// Binds without a copy: the cell must outlive the step.
[[nodiscard]] int bind(sqlite3_stmt* statement, int index, const std::same_as<Cell> auto& cell) {
  if (const auto* flag = std::get_if<bool>(&cell)) { return sqlite3_bind_int(statement, index, *flag ? 1 : 0); }
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) { return sqlite3_bind_int64(statement, index, *integer); }
  if (const auto* number = std::get_if<double>(&cell)) { return sqlite3_bind_double(statement, index, *number); }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

void insert_rows(sqlite3* connection, const std::string& table_name, const std::same_as<Table> auto& table) {
  std::string sql = "INSERT INTO " + table_name + " VALUES(?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) { sql += ",?"; }
  sql += ")";
  sqlite3_stmt* raw = nullptr;
  require(connection, sqlite3_prepare_v2(connection, sql.c_str(), -1, &raw, nullptr));
  const detail::sqlite_c::Statement statement(raw);
  for (const auto& row : table.rows) {
    int index = 0;
    for (const auto& cell : row) { require(connection, bind(raw, ++index, cell)); }
    require(connection, sqlite3_step(raw));
    require(connection, sqlite3_reset(raw));
  }
}

/// Returns the table as a complete SQLite database with one table of this name, to be stored as it is and to be queried
/// by `query_image`. Values keep their type, because the columns have no affinity: null, integer, floating point
/// (123456789.0 stays one) and text. SQL has no boolean: true and false are stored as the integers 1 and 0.
///
/// Throws `invalid_argument`, before any work, for: a table name that is empty, longer than `limits::id` or reserved;
/// no column, or more than `max_columns`; a column name that is empty, longer than `limits::name` or occurs twice (the
/// case of ASCII letters is ignored); a row with another number of cells, or over `max_row_bytes`; text that is not
/// UTF-8 or contains NUL; a number that is not finite. Throws `resource_exhausted` if the image would be larger than
/// `limits::image`. Any thread.
[[nodiscard]] std::vector<std::byte> build_image(std::string_view table_name, const std::same_as<Table> auto& table) {
  check_table_name(table_name);
  check_table(table);

  const auto connection = detail::sqlite_c::open_in_memory();
  sqlite3* const db = connection.get();
  // A deserialized database is one contiguous buffer: SQLite limits its size, and serializes it without a copy.
  constexpr unsigned int resizeable = SQLITE_DESERIALIZE_RESIZEABLE | SQLITE_DESERIALIZE_FREEONCLOSE;
  require(db, sqlite3_deserialize(db, "main", nullptr, 0, 0, resizeable));
  sqlite3_int64 limit = limits::image;
  require(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &limit));

  const auto name = sql::quote_identifier(table_name);
  std::string create = "CREATE TABLE " + name + "(";
  for (const auto& column : table.columns) { create += sql::quote_identifier(column) + ","; }
  create.back() = ')';
  run(db, "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA auto_vacuum=NONE; BEGIN");
  run(db, create);
  insert_rows(db, name, table);
  run(db, "COMMIT");

  sqlite3_int64 size = 0;
  const unsigned char* bytes = sqlite3_serialize(db, "main", &size, SQLITE_SERIALIZE_NOCOPY);
  if (bytes == nullptr) { throw Error(ErrorCode::internal, "SQLite could not serialize the result's image"); }
  std::vector<std::byte> image(static_cast<std::size_t>(size));
  std::memcpy(image.data(), bytes, image.size());
  return image;
}

}  // namespace heddle::sealed_query
