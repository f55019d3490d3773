// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace heddle::sealed_query {

/// Decides when a query has to stop, and keeps the reason. SQLite's callbacks ask `must_stop`, which does not throw;
/// `throw_reason` is for when SQLite has returned. One thread.
class QueryGuard {
 public:
  using Clock = Context::Clock;

  /// `context` must outlive the guard.
  QueryGuard(std::chrono::milliseconds time, const Context& context)
      : context_(context), time_(time), end_(Clock::now() + std::min<std::chrono::milliseconds>(time, longest)) {}

  /// True once the query has to stop; stays true.
  [[nodiscard]] bool must_stop() noexcept {
    ++questions_;
    if (reason_ != Reason::none) { return true; }
    const auto now = Clock::now();
    if (context_.stop.stop_requested()) {
      reason_ = Reason::cancelled;
    } else if (context_.deadline && now >= *context_.deadline) {
      reason_ = Reason::deadline;
    } else if (now >= end_) {
      reason_ = Reason::time_limit;
    }
    return reason_ != Reason::none;
  }

  /// How often `must_stop` was called.
  [[nodiscard]] std::int64_t questions() const noexcept { return questions_; }

  /// True once `must_stop` has returned true.
  [[nodiscard]] bool has_stopped() const noexcept { return reason_ != Reason::none; }

  /// Throws the Error for the reason if `must_stop()` has returned true.
  void throw_reason() const {
    switch (reason_) {
      case Reason::none: return;
      case Reason::cancelled: throw Error(ErrorCode::cancelled, "the caller asked to stop the query");
      case Reason::deadline: throw Error(ErrorCode::deadline_exceeded, "the deadline of the call has passed");
      case Reason::time_limit: break;
    }
    throw Error(ErrorCode::deadline_exceeded,
                "the query ran longer than its time limit of " + std::to_string(time_.count()) + " ms");
  }

 private:
  enum class Reason { none, cancelled, deadline, time_limit };
  static constexpr std::chrono::hours longest{24 * 365};  // so that adding to the clock cannot overflow

  const Context& context_;
  std::chrono::milliseconds time_;
  Clock::time_point end_;
  std::int64_t questions_ = 0;
  Reason reason_ = Reason::none;
};

}  // namespace heddle::sealed_query
