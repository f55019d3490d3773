#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace heddle {

inline constexpr std::size_t max_sql_bytes = std::size_t{64} << 10U;  ///< one statement of an agent

/// What one query may use. All must be positive.
struct QueryLimits {
  std::chrono::milliseconds time{5000};
  /// All that SQLite allocates for the query: parsing, sorting, temporary tables, values. The image
  /// itself and the answer do not count. Nothing is ever written to disk.
  std::size_t memory_bytes = std::size_t{64} << 20U;
  std::int64_t rows = 10'000;                         ///< of the answer
  std::size_t answer_bytes = std::size_t{16} << 20U;  ///< of the answer: its text and sizeof(Cell) for each cell
};

}  // namespace heddle
