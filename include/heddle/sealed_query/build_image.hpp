// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/bind_cell.hpp"
#include "heddle/sealed_query/check_table.hpp"
#include "heddle/sql/quote_identifier.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sealed_query {

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

/// Makes an image row by row. A template, which only files that use it compile. One thread at a time.
template <std::same_as<Table> TableType>
class ImageBuilder {
 public:
  /// Precondition: `check_table_name` and `check_columns` accept these.
  ImageBuilder(std::string_view table_name, const std::vector<std::string>& columns)
      : connection_(detail::sqlite_c::open_in_memory()) {
    sqlite3* const db = connection_.get();
    // A deserialized database is one contiguous buffer: SQLite limits its size, and serializes it without a copy.
    constexpr unsigned int resizeable = SQLITE_DESERIALIZE_RESIZEABLE | SQLITE_DESERIALIZE_FREEONCLOSE;
    require(db, sqlite3_deserialize(db, "main", nullptr, 0, 0, resizeable));
    sqlite3_int64 limit = limits::image;
    require(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &limit));

    const auto name = sql::quote_identifier(table_name);
    std::string create = "CREATE TABLE " + name + "(";
    for (const auto& column : columns) { create += sql::quote_identifier(column) + ","; }
    create.back() = ')';
    run(db, "PRAGMA page_size=4096; PRAGMA journal_mode=OFF; PRAGMA auto_vacuum=NONE; BEGIN");
    run(db, create);
    std::string insert = "INSERT INTO " + name + " VALUES(?";
    for (std::size_t i = 1; i < columns.size(); ++i) { insert += ",?"; }
    insert += ")";
    sqlite3_stmt* raw = nullptr;
    require(db, sqlite3_prepare_v2(db, insert.c_str(), -1, &raw, nullptr));
    insert_ = detail::sqlite_c::Statement(raw);
  }

  /// Appends a row. Precondition: `check_row` accepts it. After an exception the builder is of no use.
  void append(const std::vector<Cell>& row) {
    int index = 0;
    for (const auto& cell : row) { require(connection_.get(), bind(insert_.get(), ++index, cell)); }
    require(connection_.get(), sqlite3_step(insert_.get()));
    require(connection_.get(), sqlite3_reset(insert_.get()));
  }

  /// Returns the image. The builder is of no use afterwards.
  [[nodiscard]] std::vector<std::byte> finish() {
    sqlite3* const db = connection_.get();
    run(db, "COMMIT");
    sqlite3_int64 size = 0;
    const unsigned char* bytes = sqlite3_serialize(db, "main", &size, SQLITE_SERIALIZE_NOCOPY);
    if (bytes == nullptr) { throw Error(ErrorCode::internal, "SQLite could not serialize the result's image"); }
    std::vector<std::byte> image(static_cast<std::size_t>(size));
    std::memcpy(image.data(), bytes, image.size());
    return image;
  }

 private:
  detail::sqlite_c::Connection connection_;
  detail::sqlite_c::Statement insert_;  ///< finalized before the connection is closed
};

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
  ImageBuilder<Table> builder(table_name, table.columns);
  for (const auto& row : table.rows) { builder.append(row); }
  return builder.finish();
}

}  // namespace heddle::sealed_query
