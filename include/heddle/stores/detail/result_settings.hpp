// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/result_settings.hpp"
#include "heddle/stores/detail/read_only.hpp"

#include <chrono>
#include <concepts>

namespace heddle::stores::detail {

/// A configuration with settings for results.
template <class Config>
concept SetsResults = requires(const Config& config) {
  { config.results } -> std::convertible_to<ResultSettings>;
};

/// Returns the settings of a configuration; the defaults if it has none. One for reading only removes nothing.
template <class Config>
[[nodiscard]] ResultSettings result_settings_of([[maybe_unused]] const Config& config) {
  if constexpr (SetsResults<Config>) {
    ResultSettings settings = config.results;
    if (is_read_only(config)) { settings.cleanup_interval = std::chrono::seconds(0); }
    return settings;
  } else {
    return {};
  }
}

}  // namespace heddle::stores::detail
