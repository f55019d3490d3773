#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace heddle {

inline constexpr std::size_t max_sql_bytes = std::size_t{64} << 10U;  ///< the longest statement of an agent

/// The limits of one query. All must be positive.
struct QueryLimits {
  std::chrono::milliseconds time{5000};  ///< the query ends at most 50 ms later on a core of its own
  /// Everything that SQLite allocates for the query: parsing (at most 8 MiB), sorting, temporary tables, values;
  /// without the image and the returned table. Nothing is written to disk.
  std::size_t memory_bytes = std::size_t{64} << 20U;
  std::int64_t rows = 10'000;  ///< of the returned table
  /// Of the returned table: its text, and sizeof(Cell) for each cell.
  std::size_t answer_bytes = std::size_t{16} << 20U;
};

/// How many queries of one backend run at once, and how much memory they may use together. A query beyond it waits, in
/// the order of arrival, until its deadline or for as long as its time limit, and then throws `resource_exhausted`.
struct QueryBudget {
  std::size_t queries = 8;  ///< at least 1
  /// At least 1. A query counts with its image, which counts twice while it is loaded, and with the `memory_bytes` and
  /// the `answer_bytes` of its limits. One that counts more than this is refused.
  std::size_t bytes = std::size_t{1} << 30U;
};

}  // namespace heddle
