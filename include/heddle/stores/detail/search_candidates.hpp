// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"

#include <cstdint>

namespace heddle::stores::detail {

/// Returns how many matches a search ranks, by a configuration of a policy.
template <class Config>
[[nodiscard]] std::int64_t search_candidates_of(const Config& config) {
  if constexpr (requires { config.search_candidates; }) {
    return config.search_candidates;
  } else {
    return limits::search_candidates;
  }
}

}  // namespace heddle::stores::detail
