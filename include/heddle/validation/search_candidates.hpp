// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/validation/text.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::validation {

/// Throws `invalid_argument` for a number of matches that no search can rank. `backend` names the configuration.
inline void check_search_candidates(std::string_view backend, std::int64_t candidates) {
  if (candidates < 1 || candidates > limits::most_search_candidates) {
    refuse(std::string(backend).append(": search_candidates"),
           "is not between 1 and " + std::to_string(limits::most_search_candidates));
  }
}

}  // namespace heddle::validation
