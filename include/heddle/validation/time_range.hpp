// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/time.hpp"
#include "heddle/validation/field_path.hpp"

#include <chrono>

namespace heddle::validation {

/// The range of times that callers can pass, the years 1 to 9999: every backend, and every other reader of the
/// database, can represent them.
inline constexpr Timestamp first_time = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
inline constexpr Timestamp end_of_times = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);

/// Throws `invalid_argument` with the path if the time is outside of this range.
inline void check_time(const FieldPath& field, Timestamp time) {
  if (time < first_time || time >= end_of_times) { refuse(field, "is not in the years 1 to 9999"); }
}

/// Throws `invalid_argument` with the path if the timeout is negative, or so long that its sum with a checked time
/// could overflow.
inline void check_timeout(const FieldPath& field, std::chrono::milliseconds timeout) {
  if (timeout < std::chrono::milliseconds::zero()) { refuse(field, "is negative"); }
  if (timeout > std::chrono::duration_cast<std::chrono::milliseconds>(end_of_times - first_time)) {
    refuse(field, "is longer than 9999 years");
  }
}

}  // namespace heddle::validation
