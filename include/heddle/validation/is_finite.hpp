// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <limits>

namespace heddle::validation {

/// Returns false for infinity and for what is not a number. `<cmath>` has this too, but is slow to compile, and no
/// other header that every file reads needs it.
[[nodiscard]] constexpr bool is_finite(double number) noexcept {
  constexpr double largest = std::numeric_limits<double>::max();
  return -largest <= number && number <= largest;
}

}  // namespace heddle::validation
