// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/soft_delete_config.hpp"
#include "heddle/proto/storage.pb.h"

#include <chrono>

namespace heddle::config {

/// Returns the soft deletion of a configuration, with its defaults.
[[nodiscard]] inline SoftDeleteConfig soft_delete_of(const v1::SoftDeleteConfig& from) {
  using std::chrono::seconds;
  SoftDeleteConfig soft_delete;
  soft_delete.enabled = from.enabled();
  if (from.has_grace_period_seconds()) { soft_delete.grace_period = seconds(from.grace_period_seconds()); }
  if (from.has_cleanup_interval_seconds()) { soft_delete.cleanup_interval = seconds(from.cleanup_interval_seconds()); }
  return soft_delete;
}

}  // namespace heddle::config
