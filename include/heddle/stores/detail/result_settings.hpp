// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/result_settings.hpp"

#include <concepts>

namespace heddle::stores::detail {

/// A configuration with settings for results.
template <class Config>
concept SetsResults = requires(const Config& config) {
  { config.results } -> std::convertible_to<ResultSettings>;
};

/// Returns the settings of a configuration; the defaults if it has none.
template <class Config>
[[nodiscard]] ResultSettings result_settings_of([[maybe_unused]] const Config& config) {
  if constexpr (SetsResults<Config>) {
    return config.results;
  } else {
    return {};
  }
}

}  // namespace heddle::stores::detail
