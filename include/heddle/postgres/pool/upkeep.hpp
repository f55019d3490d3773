// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/pool/slots.hpp"
#include "heddle/postgres/pool/limits.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

namespace heddle::postgres::pool {

/// Maintains the idle connections of a pool: closes those that are too old or not needed, checks that the server still
/// responds on the others, and opens connections up to the minimum. For one thread at a time.
template <class Connection, class Clock>
class Upkeep {
 public:
  using Slots = heddle::detail::pool::Slots<Connection, Clock>;
  using Factory = std::function<std::unique_ptr<Connection>(const Context&)>;

  Upkeep(Slots& slots, const Factory& factory) : limits_(slots.limits()), slots_(slots), factory_(factory) {}

  /// Runs maintenance rounds until stop is requested.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      run_round(stop);
      if (backoff_ == Limits::Duration::zero()) {
        slots_.wait_for_missing(stop, limits_.upkeep_interval());
      } else {
        slots_.sleep(stop, std::min(backoff_, limits_.upkeep_interval()));
      }
    }
  }

  /// Runs one maintenance round.
  void run_round(const std::stop_token& stop) {
    const auto now = Clock::now();
    close_expired(now);
    check_idle(now, stop);
    open_missing(now, stop);
  }

 private:
  using Pooled = typename Slots::Pooled;
  using TimePoint = typename Pooled::TimePoint;

  /// How long a connection may take to respond before it is closed.
  static constexpr std::chrono::seconds patience{10};
  static constexpr std::chrono::milliseconds first_backoff{500};
  static constexpr std::chrono::seconds longest_backoff{15};

  [[nodiscard]] static Context patient_context(const std::stop_token& stop) {
    return Context().with_timeout(patience).with_stop(stop);
  }

  /// Releases each slot before it looks for the next, so that `spare` counts without it.
  void close_expired(TimePoint now) {
    const auto is_expired = [&](const Pooled& each, bool spare) {
      return now - each.opened_at >= each.lifetime || (spare && now - each.used_at >= limits_.max_idle_time);
    };
    while (auto slot = slots_.acquire_idle(is_expired)) { slot->close(); }
  }

  /// Checks one connection after the other, so that at most one is kept from callers.
  void check_idle(TimePoint now, const std::stop_token& stop) {
    const auto is_due = [&](const Pooled& each, bool) {
      return now - each.checked_at >= limits_.health_check_interval;
    };
    while (!stop.stop_requested()) {
      auto slot = slots_.acquire_idle(is_due);
      if (!slot) { return; }
      if (responds(*slot->connection(), stop)) {
        slot->mark_checked();
      } else {
        slot->close();
      }
    }
  }

  [[nodiscard]] static bool responds(Connection& connection, const std::stop_token& stop) noexcept {
    if (!connection.is_alive()) { return false; }
    try {
      connection.check(patient_context(stop));
      return true;
    } catch (...) { return false; }
  }

  /// Opens connections up to the minimum. After a failure tries again later, with exponential backoff.
  void open_missing(TimePoint now, const std::stop_token& stop) noexcept {
    if (now < retry_at_) { return; }
    try {
      while (auto slot = slots_.acquire_missing()) { slot->fill(factory_(patient_context(stop))); }
      backoff_ = Limits::Duration::zero();
    } catch (...) {
      backoff_ = std::clamp<Limits::Duration>(backoff_ * 2, first_backoff, longest_backoff);
      retry_at_ = now + backoff_;
    }
  }

  const Limits& limits_;
  Slots& slots_;
  const Factory& factory_;
  Limits::Duration backoff_{0};
  TimePoint retry_at_ = TimePoint::min();
};

}  // namespace heddle::postgres::pool
