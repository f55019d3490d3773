// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/config.hpp"

#include <algorithm>
#include <chrono>

namespace heddle::postgres::pool {

/// The configuration of a pool as the pool computes with it: numbers that make sense, and durations that neither
/// overflow nor need a special case.
struct Limits {
  using Duration = Context::Clock::duration;

  /// What is older than this does not exist.
  static constexpr Duration never = Duration::max();

  explicit Limits(const PoolConfig& config)
      : max_connections(std::max(config.max_connections, 1)),
        min_connections(std::clamp(config.min_connections, 0, max_connections)),
        max_idle_time(limit(config.max_idle_time)),
        max_lifetime(limit(config.max_lifetime)),
        health_check_interval(limit(config.health_check_interval)) {}

  /// True if somebody must look after connections that nobody uses.
  [[nodiscard]] bool need_upkeep() const noexcept { return min_connections > 0 || shortest() != never; }

  /// How often that somebody looks: often enough to be late by a quarter of a limit at most.
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

  /// Nothing, less than nothing and centuries all mean that there is no limit.
  [[nodiscard]] static Duration limit(std::chrono::seconds configured) noexcept {
    constexpr std::chrono::hours century{24 * 365 * 100};
    return configured <= std::chrono::seconds::zero() || configured > century ? never : Duration(configured);
  }
};

}  // namespace heddle::postgres::pool
