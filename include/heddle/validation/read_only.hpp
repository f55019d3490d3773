// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

namespace heddle::validation {

/// Throws `failed_precondition` if a configuration is one for reading only.
template <class Config>
void require_writable(const Config& config) {
  if (config.read_only) {
    throw Error(ErrorCode::failed_precondition,
                "the storage was opened for reading only (read_only), so nothing was changed");
  }
}

}  // namespace heddle::validation
