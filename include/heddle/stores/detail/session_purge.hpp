// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/rows.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// The time before which a session must have been hidden, if its grace period is over by now. Throws `invalid_argument`
/// for a period that is none.
[[nodiscard]] inline Timestamp grace_began(std::chrono::seconds grace_period) {
  if (grace_period < std::chrono::seconds(0)) { validation::refuse("grace_period", "is less than 0"); }
  const auto present = now();
  // In seconds, of which a period may have more than a number of microseconds can say.
  const auto age = std::chrono::floor<std::chrono::seconds>(present.time_since_epoch());
  return present - std::min(grace_period, age);
}

/// Removes hidden sessions for good, batch after batch, so that none of its transactions is long.
class SessionPurge {
 public:
  /// Sessions of one transaction.
  static constexpr std::int64_t batch = 100;

  /// Calls `take()`, which removes at most one batch and answers it, until nothing is left; `clean(session)` after the
  /// commit for each that went. What `clean` throws does not stop it; what `take` throws does, as the next would fail,
  /// too.
  template <class Take, class Clean>
  void run(Take&& take, Clean&& clean) {
    for (bool more = true; more;) {
      more = false;
      attempt([&] {
        const std::vector<sql::OwnedId> sessions = take();
        more = sessions.size() >= static_cast<std::size_t>(batch);
        count_ += static_cast<std::int64_t>(sessions.size());
        for (const auto& session : sessions) {
          attempt([&] { clean(session); });
        }
      });
    }
  }

  /// How many sessions went.
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }
  /// Throws the first of what failed.
  void rethrow_failure() const {
    if (failure_) { std::rethrow_exception(failure_); }
  }

 private:
  template <class Step>
  void attempt(Step&& step) {
    try {
      std::forward<Step>(step)();
    } catch (...) {
      if (!failure_) { failure_ = std::current_exception(); }
    }
  }

  std::int64_t count_ = 0;
  std::exception_ptr failure_;
};

}  // namespace heddle::stores::detail
