#pragma once

#include <cstdint>
#include <cstdlib>

namespace support {

/// Returns `whole` in a run of full size (`tests/run --long`), `usual` otherwise: the sizes of models, generators and
/// runs with kills or damage, which take hours at full size.
[[nodiscard]] inline std::int64_t size_of_run(std::int64_t usual, std::int64_t whole) noexcept {
  return std::getenv("HEDDLE_TEST_LONG") == nullptr ? usual : whole;
}

}  // namespace support
