// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <string_view>

namespace heddle::validation {

/// Times that a caller gives lie in the years 1 to 9999: every backend, and whoever reads the database without this
/// library, can write them down.
inline constexpr Timestamp first_time = std::chrono::sys_days(std::chrono::year(1) / 1 / 1);
inline constexpr Timestamp end_of_times = std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);

/// Throws `invalid_argument`, naming `field`, for a time outside of these years.
inline void check_time(std::string_view field, Timestamp time) {
  if (time < first_time || time >= end_of_times) { refuse(field, "is not in the years 1 to 9999"); }
}

/// The same for a time until something ends; added to a time that was checked it cannot overflow.
inline void check_timeout(std::string_view field, std::chrono::milliseconds timeout) {
  if (timeout < std::chrono::milliseconds::zero()) { refuse(field, "is negative"); }
  if (timeout > std::chrono::duration_cast<std::chrono::milliseconds>(end_of_times - first_time)) {
    refuse(field, "is longer than 9999 years");
  }
}

}  // namespace heddle::validation
