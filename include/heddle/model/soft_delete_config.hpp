#pragma once

#include <chrono>

namespace heddle {

/// When a backend removes the sessions that `soft_delete_session` has hidden. `delete_session` removes a session at
/// once, whatever this says.
struct SoftDeleteConfig {
  /// A thread of the backend removes sessions after their grace period. Needs a backend that may administer all
  /// tenants. On SQLite sessions can be hidden only if this is set.
  bool enabled = false;
  std::chrono::seconds grace_period{30 * 86400};  ///< how long a hidden session can be restored; not negative
  std::chrono::seconds cleanup_interval{86'400};  ///< between two removals; positive
};

}  // namespace heddle
