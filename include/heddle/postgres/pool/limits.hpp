// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/pool/limits.hpp"
#include "heddle/postgres/config.hpp"

#include <algorithm>
#include <chrono>

namespace heddle::postgres::pool {

using heddle::detail::pool::Limits;

/// Returns the limits of a PoolConfig, clamped to valid ranges. Zero, negative durations and more than a century mean
/// no limit.
[[nodiscard]] inline Limits limits_of(const PoolConfig& config) noexcept {
  const auto limit = [](std::chrono::seconds configured) {
    constexpr std::chrono::hours century{24 * 365 * 100};
    return configured <= std::chrono::seconds::zero() || configured > century ? Limits::never
                                                                              : Limits::Duration(configured);
  };
  const int max_connections = std::max(config.max_connections, 1);
  return {.max_connections = max_connections,
          .min_connections = std::clamp(config.min_connections, 0, max_connections),
          .max_idle_time = limit(config.max_idle_time),
          .max_lifetime = limit(config.max_lifetime),
          .health_check_interval = limit(config.health_check_interval)};
}

}  // namespace heddle::postgres::pool
