#pragma once

#include <cstdlib>
#include <string>

namespace support {

/// Returns the seed of what a test does at random: HEDDLE_TEST_SEED, or 1. A test tells it where it fails, by
/// `INFO("HEDDLE_TEST_SEED=" << support::seed())`.
[[nodiscard]] inline unsigned seed() {
  static const unsigned value = [] {
    const char* const given = std::getenv("HEDDLE_TEST_SEED");
    return given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 1U;
  }();
  return value;
}

}  // namespace support
