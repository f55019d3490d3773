#pragma once

#include "heddle/error.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

namespace heddle {

/// Who calls, until when, and on whose behalf: the first argument of every operation. Cheap to copy; may be shared
/// between threads as long as nobody writes to it.
struct Context {
  using Clock = std::chrono::steady_clock;

  /// The tenant. Empty: the backend's configured default user; without one the call is refused.
  std::string user_id{};
  /// No answer is awaited beyond this point: the call fails with `deadline_exceeded`. A write whose transaction has
  /// begun to commit is awaited all the same, so that its outcome is known. A server that is asked to give up gets a
  /// moment to say so, a second for a read and five for a write; if it says nothing, the write is `in_doubt()`.
  std::optional<Clock::time_point> deadline{};
  /// When a stop is requested, a waiting or running call fails with `cancelled`.
  std::stop_token stop{};
  /// W3C Trace Context `traceparent` of the caller, passed to the tracer untouched.
  std::string trace_parent{};

  /// A context of this tenant without deadline.
  [[nodiscard]] static Context for_user(std::string user) {
    Context context;
    context.user_id = std::move(user);
    return context;
  }

  /// A copy whose deadline is `timeout` from now, or the present deadline if that comes first.
  [[nodiscard]] Context with_timeout(Clock::duration timeout) const {
    Context copy = *this;
    const auto present = Clock::now();
    const auto limit = timeout < Clock::time_point::max() - present ? present + timeout : Clock::time_point::max();
    if (!copy.deadline || limit < *copy.deadline) { copy.deadline = limit; }
    return copy;
  }

  /// A copy that listens to this stop token.
  [[nodiscard]] Context with_stop(std::stop_token token) const {
    Context copy = *this;
    copy.stop = std::move(token);
    return copy;
  }

  /// True if the call should not go on: stopped, or past its deadline.
  [[nodiscard]] bool is_over() const noexcept {
    return stop.stop_requested() || (deadline && Clock::now() >= *deadline);
  }

  /// Throws `cancelled` or `deadline_exceeded` if the call should not go on.
  void check() const {
    if (stop.stop_requested()) { throw Error(ErrorCode::cancelled, "the caller asked to stop"); }
    if (deadline && Clock::now() >= *deadline) {
      throw Error(ErrorCode::deadline_exceeded, "the deadline of the call has passed");
    }
  }
};

}  // namespace heddle
