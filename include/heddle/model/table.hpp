#pragma once

#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace heddle {

/// One value of a table: null, boolean, integer, floating point or text.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

/// Columns and rows. Each row has one cell for each column.
struct Table {
  std::vector<std::string> columns{};
  std::vector<std::vector<Cell>> rows{};

  friend bool operator==(const Table&, const Table&) = default;
};

/// The description of a stored result.
struct ResultMetadata {
  std::string id{};
  std::string table_name{};  ///< its name in SQL
  std::int64_t row_count = 0;
  std::int64_t column_count = 0;
  std::vector<std::string> columns{};
  Table preview{};  ///< the first five and the last five rows
  Timestamp stored_at{};
  Timestamp accessed_at{};
  Timestamp expires_at{};
  std::int64_t size_bytes = 0;                    ///< of the stored image
  std::string checksum{};                         ///< SHA-256 of the stored image, lower-case hexadecimal
  std::map<std::string, std::string> metadata{};  ///< as stored with the result

  friend bool operator==(const ResultMetadata&, const ResultMetadata&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::Table, columns, rows);
HEDDLE_ADAPT_STRUCT(heddle::ResultMetadata, id, table_name, row_count, column_count, columns, preview, stored_at,
                    accessed_at, expires_at, size_bytes, checksum, metadata);
