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
  std::int64_t wait_count = 0;                 ///< calls that waited for a connection, since the start
  std::chrono::milliseconds wait_duration{0};  ///< the sum of their waiting times
  std::int64_t waiting_calls = 0;              ///< calls that wait for a connection now

  friend bool operator==(const PoolStatistics&, const PoolStatistics&) = default;
};

/// How far the full-text index of messages is made anew by the analysis of this version.
struct IndexRebuild {
  std::int64_t done = 0;   ///< messages
  std::int64_t total = 0;  ///< at least `done`; 0 before it has begun

  friend bool operator==(const IndexRebuild&, const IndexRebuild&) = default;
};

/// What a backend still has to do behind the calls.
struct OwedWork {
  std::int64_t unindexed_messages = 0;    ///< not yet in the full-text index; searches find them all the same
  bool erasure = false;                   ///< erased words are still in the file; see Scrubs
  std::optional<IndexRebuild> rebuild{};  ///< not set if the index is of this version, or of a later one
  bool log_is_held = false;  ///< a read kept the write-ahead log from being copied whole, and can still run

  friend bool operator==(const OwedWork&, const OwedWork&) = default;
};

/// The state of a backend, for a status page.
struct StorageDetails {
  std::int32_t migration_version = 0;    ///< of the database; 0 before the first migration
  std::optional<PoolStatistics> pool{};  ///< not set without a pool, as on SQLite
  /// Results whose time is over are removed by themselves; see ResultSettings.
  bool removes_expired_results = false;
  bool applies_retention = false;   ///< old records are removed by themselves; see RetentionConfig
  std::optional<OwedWork> owed{};   ///< not set on PostgreSQL, and before the first migration
  std::int32_t latest_version = 0;  ///< of the migrations that this program has

  friend bool operator==(const StorageDetails&, const StorageDetails&) = default;
};

}  // namespace heddle
