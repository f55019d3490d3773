// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <algorithm>
#include <chrono>

namespace heddle::detail::pool {

/// How many connections a pool has, and how long it keeps them.
struct Limits {
  using Duration = Context::Clock::duration;

  /// No limit.
  static constexpr Duration never = Duration::max();

  int max_connections = 1;
  int min_connections = 0;
  Duration max_idle_time = never;
  Duration max_lifetime = never;
  Duration health_check_interval = never;

  /// Returns true if idle connections need maintenance: a minimum to keep open, or a time limit.
  [[nodiscard]] bool need_upkeep() const noexcept { return min_connections > 0 || shortest() != never; }

  /// Returns the time between two rounds of maintenance: at most a quarter of each limit.
  [[nodiscard]] Duration upkeep_interval() const noexcept {
    return std::min<Duration>(shortest() / 4, std::chrono::seconds(30));
  }

 private:
  [[nodiscard]] Duration shortest() const noexcept {
    return std::min({max_idle_time, max_lifetime, health_check_interval});
  }
};

}  // namespace heddle::detail::pool
