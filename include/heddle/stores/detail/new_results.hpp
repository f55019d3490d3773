// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/preview.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// Validates and describes results for ResultStore.
namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a result that cannot be stored; the table is validated when its image is built.
void check_new_result(const std::same_as<NewResult> auto& result) {
  constexpr std::chrono::hours longest_life{24 * 36525};  // 100 years
  validation::check_text("result.id", result.id, limits::id);
  validation::check("result.metadata", result.metadata);
  if (result.time_to_live.count() <= 0 || result.time_to_live > longest_life) {
    validation::refuse("result.time_to_live", "must be between 1 ms and 100 years");
  }
}

/// What of a table is described.
struct TableSummary {
  std::int64_t rows = 0;
  Table preview{};
};

[[nodiscard]] TableSummary summary_of_table(const std::same_as<Table> auto& table) {
  return {static_cast<std::int64_t>(table.rows.size()), sealed_query::preview(table)};
}

/// Describes a result with these rows. Its id is made if `result` has none.
[[nodiscard]] ResultMetadata describe(const std::same_as<NewResult> auto& result, TableSummary&& summary,
                                      const std::vector<std::byte>& image) {
  const Timestamp stored_at = now();
  return {.id = result.id.empty() ? heddle::detail::crypto::random_uuid() : result.id,
          .table_name = result.table_name,
          .row_count = summary.rows,
          .column_count = static_cast<std::int64_t>(result.table.columns.size()),
          .columns = result.table.columns,
          .preview = std::move(summary.preview),
          .stored_at = stored_at,
          .accessed_at = stored_at,
          .expires_at = stored_at + result.time_to_live,
          .size_bytes = static_cast<std::int64_t>(image.size()),
          .checksum = heddle::detail::crypto::sha256_hex(image),
          .metadata = result.metadata};
}

[[nodiscard]] DataReference reference_to(const std::same_as<ResultMetadata> auto& metadata) {
  return {.id = metadata.id,
          .size_bytes = metadata.size_bytes,
          .location = DataLocation::database,
          .checksum = metadata.checksum,
          .compressed = false,
          .content_type = "application/sql",
          .metadata = metadata.metadata,
          .stored_at = metadata.stored_at};
}

inline void add_cell(sql::Fingerprint& /*digest*/, std::monostate /*null*/) {}
template <class Value>
void add_cell(sql::Fingerprint& digest, const Value& value) {
  digest.add(value);
}

void add_cells(sql::Fingerprint& digest, const std::same_as<std::vector<Cell>> auto& row) {
  for (const Cell& cell : row) {
    digest.add(cell.index());
    std::visit([&digest](const auto& value) { add_cell(digest, value); }, cell);
  }
}

/// Returns a digest of the table, not of its image, which contains the version of SQLite that created it.
[[nodiscard]] std::string fingerprint(const std::same_as<NewResult> auto& result) {
  sql::Fingerprint digest;
  digest.add(result);
  digest.add_later<sql::Frozen<Table>>(result.table);
  digest.add(result.table.columns).add(result.table.rows.size());
  for (const auto& row : result.table.rows) { add_cells(digest, row); }
  return digest.hex();
}

}  // namespace heddle::stores::detail
