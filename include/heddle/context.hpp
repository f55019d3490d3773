#pragma once

#include "heddle/error.hpp"

#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

namespace heddle {

/// The tenant, the deadline, the stop token and the trace of a call: the first argument of every operation. Cheap to
/// copy. Several threads may read one Context as long as none changes it.
struct Context {
  using Clock = std::chrono::steady_clock;

  /// The tenant. Empty: the backend's configured default user; if there is none, the call throws `invalid_argument`.
  std::string user_id{};
  /// The call throws `deadline_exceeded` when this time has passed. Once a write has begun to commit, the call waits
  /// for it beyond the deadline, so that its outcome is known. A database server that is asked to cancel has one second
  /// for a read and five seconds for a write to respond; if it does not, the error of the write is `in_doubt()`.
  std::optional<Clock::time_point> deadline{};
  /// When a stop is requested, a waiting or running call throws `cancelled`.
  std::stop_token stop{};
  /// W3C Trace Context `traceparent` of the caller, passed to the tracer unchanged.
  std::string trace_parent{};

  /// Returns a context of this tenant without a deadline. Throws `invalid_argument` for an empty user: a program that
  /// lost the tenant on its way must not store its data under the default user.
  [[nodiscard]] static Context for_user(std::string user) {
    if (user.empty()) {
      throw Error(ErrorCode::invalid_argument,
                  "Context::for_user needs a user: only a Context that names nobody takes the default user");
    }
    Context context;
    context.user_id = std::move(user);
    return context;
  }

  /// Returns a copy whose deadline is `timeout` from now, or the present deadline if that is earlier.
  [[nodiscard]] Context with_timeout(Clock::duration timeout) const {
    Context copy = *this;
    const auto present = Clock::now();
    const auto limit = timeout < Clock::time_point::max() - present ? present + timeout : Clock::time_point::max();
    if (!copy.deadline || limit < *copy.deadline) { copy.deadline = limit; }
    return copy;
  }

  /// For a number: a call does not compile and the error says why.
  template <class Number>
  [[nodiscard]] Context with_timeout(Number /*timeout*/) const requires std::is_arithmetic_v<Number> {
    static_assert(!std::is_arithmetic_v<Number>, "heddle: a timeout has a unit: with_timeout(std::chrono::seconds(5))");
    return *this;
  }

  /// Returns a copy with this stop token.
  [[nodiscard]] Context with_stop(std::stop_token token) const {
    Context copy = *this;
    copy.stop = std::move(token);
    return copy;
  }

  /// Returns true if a stop is requested or the deadline has passed.
  [[nodiscard]] bool is_over() const noexcept {
    return stop.stop_requested() || (deadline && Clock::now() >= *deadline);
  }

  /// Throws `cancelled` if a stop is requested and `deadline_exceeded` if the deadline has passed.
  void check() const {
    if (stop.stop_requested()) { throw Error(ErrorCode::cancelled, "the caller asked to stop"); }
    if (deadline && Clock::now() >= *deadline) {
      throw Error(ErrorCode::deadline_exceeded, "the deadline of the call has passed");
    }
  }
};

}  // namespace heddle
