// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/retention.hpp"
#include "heddle/proto/storage.pb.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace heddle::config {

/// Returns the rule of a configuration. A number that is too large for a rule becomes the largest one, which the check
/// of the settings refuses where it has no meaning.
[[nodiscard]] inline RetentionRule retention_rule_of(const v1::RetentionRule& from) {
  constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
  return {std::chrono::seconds(static_cast<std::int64_t>(std::min(from.max_age_seconds(), most))),
          static_cast<std::int64_t>(std::min(from.max_count(), most))};
}

/// Returns the retention of a configuration, with its defaults.
[[nodiscard]] inline RetentionConfig retention_of(const v1::RetentionConfig& from) {
  RetentionConfig retention;
  retention.sessions = retention_rule_of(from.sessions());
  retention.hidden_branches = retention_rule_of(from.hidden_branches());
  retention.snapshots = retention_rule_of(from.snapshots());
  retention.errors = retention_rule_of(from.errors());
  retention.artifacts = retention_rule_of(from.artifacts());
  retention.results = retention_rule_of(from.results());
  retention.requests = retention_rule_of(from.requests());
  retention.keys = retention_rule_of(from.keys());
  if (from.has_interval_seconds()) { retention.interval = std::chrono::seconds(from.interval_seconds()); }
  return retention;
}

}  // namespace heddle::config
