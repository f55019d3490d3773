#pragma once

#include <chrono>
#include <cstdint>

namespace heddle {

/// How much results may occupy, and when those whose time is over are removed.
struct ResultSettings {
  /// How many bytes the stored results of one tenant may have together, those that have expired and are not removed yet
  /// included; 0: no bound.
  std::int64_t quota_bytes = 0;
  /// Expired results of all tenants are removed by themselves so often, for the first time at most a minute after the
  /// first use of the result store; 0: never. On PostgreSQL this needs `admin_dsn`; without one nothing is removed by
  /// itself.
  std::chrono::seconds cleanup_interval{3600};
};

}  // namespace heddle
