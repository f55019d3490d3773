// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

inline constexpr Refusal soft_deletion_is_off{
    ErrorCode::failed_precondition, "soft deletion",
    "is off: set soft_delete.enabled in the configuration, or call delete_session"};

/// Returns the time before which a session was hidden if its grace period has ended at a time. Throws
/// `invalid_argument` for a negative period.
[[nodiscard]] inline Timestamp latest_hiding_time(Timestamp present, std::chrono::seconds grace_period) {
  if (grace_period < std::chrono::seconds(0)) { validation::refuse("grace_period", "must not be negative"); }
  // In seconds, because a period can be longer than the range of microseconds.
  const auto age = std::chrono::floor<std::chrono::seconds>(present.time_since_epoch());
  return present - std::min(grace_period, age);
}

/// Permanently removes hidden sessions in batches, so that no transaction is long.
class SessionPurge {
 public:
  /// `batch` is the number of sessions in one transaction.
  explicit SessionPurge(std::int64_t batch) : batch_(static_cast<std::size_t>(batch)) {}

  /// Calls `remove_batch()`, which removes at most one batch of sessions and returns them, until none is left, and
  /// `clean(sessions, failure)` for the removed ones after each commit. Does not continue if `remove_batch` throws,
  /// because the next call would fail too.
  template <class RemoveBatch, class Clean>
  void run(RemoveBatch&& remove_batch, Clean&& clean) {
    for (bool more = true; more;) {
      more = false;
      failure_.attempt([&] {
        const std::vector<sql::OwnedId> sessions = remove_batch();
        more = sessions.size() >= batch_;
        count_ += static_cast<std::int64_t>(sessions.size());
        clean(sessions, failure_);
      });
    }
  }

  /// Runs a further step; keeps what it throws if nothing has failed before.
  template <class Step>
  void attempt(Step&& step) {
    failure_.attempt(std::forward<Step>(step));
  }

  /// Returns the number of removed sessions.
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  /// Throws the first failure; does nothing if there was none.
  void rethrow_failure() const { failure_.rethrow(); }

 private:
  std::size_t batch_;
  std::int64_t count_ = 0;
  FirstFailure failure_;
};

}  // namespace heddle::stores::detail
