// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <limits>

namespace heddle::validation {

/// True unless `number` is infinite or not a number. `<cmath>` has it too, but costs every file a fifth as much as all
/// other standard headers.
[[nodiscard]] constexpr bool is_finite(double number) noexcept {
  constexpr double largest = std::numeric_limits<double>::max();
  return -largest <= number && number <= largest;
}

}  // namespace heddle::validation
