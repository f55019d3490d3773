#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace heddle {

/// The state of the connection pool that serves tenants.
struct PoolStatistics {
  std::int64_t total_connections = 0;
  std::int64_t idle_connections = 0;
  std::int64_t active_connections = 0;
  std::int64_t max_connections = 0;
  std::int64_t wait_count = 0;                 ///< calls that had to wait for a connection, since the start
  std::chrono::milliseconds wait_duration{0};  ///< how long they waited together

  friend bool operator==(const PoolStatistics&, const PoolStatistics&) = default;
};

/// What a status page wants to know of a backend.
struct StorageDetails {
  std::int32_t migration_version = 0;    ///< of the database; 0 before the first migration
  std::optional<PoolStatistics> pool{};  ///< nothing where there is no pool, as with SQLite

  friend bool operator==(const StorageDetails&, const StorageDetails&) = default;
};

}  // namespace heddle
