// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/soft_delete_config.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace heddle::validation {

/// Throws `invalid_argument` for settings that cannot hold. `backend` names the configuration; `needs` says what it
/// lacks for the removal of sessions, and is empty if it lacks nothing.
inline void check_soft_delete(std::string_view backend, const SoftDeleteConfig& config, std::string_view needs) {
  constexpr std::chrono::seconds none{0};
  const std::string setting = std::string(backend).append(": soft_delete.");
  if (config.grace_period < none) { refuse(setting + "grace_period", "is negative"); }
  if (config.cleanup_interval <= none) { refuse(setting + "cleanup_interval", "is not positive"); }
  if (config.enabled && !needs.empty()) { refuse(setting + "enabled", needs); }
}

}  // namespace heddle::validation
