// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sql/quote_identifier.hpp"
#include "heddle/validation/text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Results: tables that agents query by SQL, each stored as one SQLite database image.
namespace heddle::sealed_query {

inline constexpr std::size_t max_columns = 2000;  ///< SQLite's own cap in a default build
/// One row: its text in bytes plus `cell_overhead` for every cell. Larger things are artifacts. The
/// cap is what lets every stored row be queried within the fixed value size of a sealed query.
inline constexpr std::size_t max_row_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t cell_overhead = 18;  ///< the most that SQLite's record format adds to a cell

}  // namespace heddle::sealed_query

namespace heddle::sealed_query {

/// SQLite folds the case of ASCII letters only.
[[nodiscard]] inline std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') { c = static_cast<char>(c - 'A' + 'a'); }
  }
  return lower;
}

inline void check_table_name(std::string_view name) {
  validation::check_text("table name", name, limits::id);
  if (name.empty()) { validation::refuse("table name", "is empty"); }
  if (ascii_lower(name).starts_with("sqlite_")) { validation::refuse("table name", "cannot start with sqlite_"); }
}

inline void check_columns(const std::vector<std::string>& columns) {
  if (columns.empty()) { validation::refuse("table", "needs at least one column"); }
  if (columns.size() > max_columns) { validation::refuse("table", "has more than 2000 columns"); }
  std::set<std::string> seen;
  std::size_t bytes = 0;
  for (const auto& column : columns) {
    validation::check_text("column name", column, limits::name);
    if (column.empty()) { validation::refuse("column name", "is empty"); }
    if (!seen.insert(ascii_lower(column)).second) {
      validation::refuse("column name", "is there twice (case does not count)");
    }
    bytes += column.size();
  }
  if (bytes > max_row_bytes) { validation::refuse("column names", "are together longer than 1 MiB"); }
}

[[nodiscard]] inline std::size_t checked_size(const Cell& cell) {
  if (const auto* number = std::get_if<double>(&cell); number != nullptr && !std::isfinite(*number)) {
    validation::refuse("number cell",
                       "is infinite or not a number");  // SQL has no NaN: it would come back as null
  }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    validation::check_text("text cell", *text, max_row_bytes);
    return text->size();
  }
  return 0;
}

inline void check_table(const Table& table) {
  check_columns(table.columns);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size()) { validation::refuse("row", "does not have one cell for each column"); }
    std::size_t bytes = row.size() * cell_overhead;
    for (const auto& cell : row) { bytes += checked_size(cell); }
    if (bytes > max_row_bytes) {
      validation::refuse("row", "is larger than 1 MiB; store large content as an artifact");
    }
  }
}

inline void require(sqlite3* connection, int status) {
  const int primary = status & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_DONE) { return; }
  const auto native = std::to_string(sqlite3_extended_errcode(connection));
  if (primary == SQLITE_FULL || primary == SQLITE_TOOBIG) {
    throw Error(ErrorCode::resource_exhausted, "the result is larger than the cap of 256 MiB", native);
  }
  if (primary == SQLITE_NOMEM) {
    throw Error(ErrorCode::resource_exhausted, "no memory to build the result's image", native);
  }
  throw Error(ErrorCode::internal, "SQLite could not build the result's image", native);
}

inline void run(sqlite3* connection, const std::string& sql) {
  require(connection, sqlite3_exec(connection, sql.c_str(), nullptr, nullptr, nullptr));
}

/// Binds without a copy: the cell outlives the step.
[[nodiscard]] inline int bind(sqlite3_stmt* statement, int index, const Cell& cell) {
  if (const auto* flag = std::get_if<bool>(&cell)) { return sqlite3_bind_int(statement, index, *flag ? 1 : 0); }
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) { return sqlite3_bind_int64(statement, index, *integer); }
  if (const auto* number = std::get_if<double>(&cell)) { return sqlite3_bind_double(statement, index, *number); }
  if (const auto* text = std::get_if<std::string>(&cell)) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, index);
}

inline void insert_rows(sqlite3* connection, const std::string& table_name, const Table& table) {
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

}  // namespace heddle::sealed_query

namespace heddle::sealed_query {

/// The table as a complete SQLite database with one table of this name, to be stored as it is and
/// given to `query_image`. Values keep their type, since the columns have no affinity: null,
/// integer, floating point (123456789.0 stays one) and text. SQL knows no boolean: true and false
/// become 1 and 0, and queries answer them as integers.
///
/// Throws before any work `invalid_argument` for: a table name that is empty, over `limits::id` or
/// reserved; no column, or more than `max_columns`; a column name that is empty, over
/// `limits::name` or there twice (ASCII case does not count); a row with another number of cells,
/// or over `max_row_bytes`; text that is not UTF-8 or holds NUL; a number that is not finite.
/// Throws `resource_exhausted` if the image would be larger than `limits::image`. Any thread.
[[nodiscard]] inline std::vector<std::byte> build_image(std::string_view table_name, const Table& table) {
  heddle::sealed_query::check_table_name(table_name);
  heddle::sealed_query::check_table(table);

  const auto connection = heddle::detail::sqlite_c::open_private();
  sqlite3* db = connection.get();
  // A deserialized database is one contiguous buffer: it knows a size limit, and needs no second
  // copy to serialize.
  constexpr unsigned int growing = SQLITE_DESERIALIZE_RESIZEABLE | SQLITE_DESERIALIZE_FREEONCLOSE;
  heddle::sealed_query::require(db, sqlite3_deserialize(db, "main", nullptr, 0, 0, growing));
  sqlite3_int64 cap = limits::image;
  heddle::sealed_query::require(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &cap));

  const auto name = sql::quote_identifier(table_name);
  std::string create = "CREATE TABLE " + name + "(";
  for (const auto& column : table.columns) { create += sql::quote_identifier(column) + ","; }
  create.back() = ')';
  heddle::sealed_query::run(db, "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA auto_vacuum=NONE; BEGIN");
  heddle::sealed_query::run(db, create);
  heddle::sealed_query::insert_rows(db, name, table);
  heddle::sealed_query::run(db, "COMMIT");

  sqlite3_int64 size = 0;
  const unsigned char* bytes = sqlite3_serialize(db, "main", &size, SQLITE_SERIALIZE_NOCOPY);
  if (bytes == nullptr) { throw Error(ErrorCode::internal, "SQLite could not serialize the result's image"); }
  std::vector<std::byte> image(static_cast<std::size_t>(size));
  std::memcpy(image.data(), bytes, image.size());
  return image;
}

}  // namespace heddle::sealed_query
