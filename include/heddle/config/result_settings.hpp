// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/result_settings.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/validation/result_settings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace heddle::config {

/// Returns the settings for results in a configuration, with their defaults. Throws `invalid_argument` for settings
/// without meaning.
[[nodiscard]] inline ResultSettings result_settings_of(std::string_view backend, const v1::ResultConfig& from) {
  ResultSettings settings;
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  settings.quota_bytes = static_cast<std::int64_t>(std::min(from.quota_bytes(), most));
  if (from.has_cleanup_interval_seconds()) {
    settings.cleanup_interval = std::chrono::seconds(from.cleanup_interval_seconds());
  }
  validation::check_result_settings(backend, settings);
  return settings;
}

}  // namespace heddle::config
