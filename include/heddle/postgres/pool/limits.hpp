// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/config.hpp"

#include <algorithm>
#include <chrono>

namespace heddle::postgres::pool {

/// A PoolConfig with its values clamped to valid ranges and "no limit" as the longest duration.
struct Limits {
  using Duration = Context::Clock::duration;

  /// No limit.
  static constexpr Duration never = Duration::max();

  explicit Limits(const PoolConfig& config)
      : max_connections(std::max(config.max_connections, 1)),
        min_connections(std::clamp(config.min_connections, 0, max_connections)),
        max_idle_time(limit(config.max_idle_time)),
        max_lifetime(limit(config.max_lifetime)),
        health_check_interval(limit(config.health_check_interval)) {}

  /// Returns true if idle connections need maintenance: a minimum to keep open, or a time limit.
  [[nodiscard]] bool need_upkeep() const noexcept { return min_connections > 0 || shortest() != never; }

  /// Returns the time between two rounds of maintenance: at most a quarter of each limit.
  [[nodiscard]] Duration upkeep_interval() const noexcept {
    return std::min<Duration>(shortest() / 4, std::chrono::seconds(30));
  }

  int max_connections;
  int min_connections;
  Duration max_idle_time;
  Duration max_lifetime;
  Duration health_check_interval;

 private:
  [[nodiscard]] Duration shortest() const noexcept {
    return std::min({max_idle_time, max_lifetime, health_check_interval});
  }

  /// Zero, negative durations and more than a century mean no limit.
  [[nodiscard]] static Duration limit(std::chrono::seconds configured) noexcept {
    constexpr std::chrono::hours century{24 * 365 * 100};
    return configured <= std::chrono::seconds::zero() || configured > century ? never : Duration(configured);
  }
};

}  // namespace heddle::postgres::pool
