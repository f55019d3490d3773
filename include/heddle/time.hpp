#pragma once

#include <chrono>
#include <cstdint>

namespace heddle {

/// A point in time in UTC with microsecond resolution, the resolution of every stored time. The epoch itself means "not
/// set": stores replace it by the time of the call.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Returns the current time, truncated to microseconds.
[[nodiscard]] inline Timestamp now() noexcept {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

/// Returns `time`, or the current time if `time` is not set.
[[nodiscard]] inline Timestamp or_now(Timestamp time) noexcept { return time == Timestamp{} ? now() : time; }

/// Returns the microseconds since 1970-01-01 00:00 UTC.
[[nodiscard]] constexpr std::int64_t microseconds_of(Timestamp time) noexcept {
  return time.time_since_epoch().count();
}

}  // namespace heddle
