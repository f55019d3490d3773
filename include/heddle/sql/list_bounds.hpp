// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/cursor.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <limits>

namespace heddle::sql {

/// Behind which no row of a list lies that goes up, or before which none that goes down.
inline constexpr std::int64_t before_all = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t after_all = std::numeric_limits<std::int64_t>::max();

/// Items of a page whose request names no limit.
inline constexpr std::int64_t default_limit = 100;

/// The time of a position in a list that is ordered by time.
[[nodiscard]] inline Timestamp time_of(const Position& position) { return Timestamp(Timestamp::duration(position.at)); }

}  // namespace heddle::sql
