// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/result_settings.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace heddle::validation {

/// Throws `invalid_argument` for settings without meaning. `backend` names the configuration.
inline void check_result_settings(std::string_view backend, const ResultSettings& settings) {
  const std::string setting = std::string(backend).append(": results.");
  if (settings.quota_bytes < 0) { refuse(setting + "quota_bytes", "is negative"); }
  if (settings.cleanup_interval < std::chrono::seconds(0)) { refuse(setting + "cleanup_interval", "is negative"); }
}

}  // namespace heddle::validation
