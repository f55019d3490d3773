// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/pool/limits.hpp"
#include "heddle/postgres/pool/slots.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

namespace heddle::postgres::pool {

/// Looks after the connections that nobody uses: closes those that are too old or not needed, asks the others now and
/// then whether they still answer, and opens what is missing from the minimum. One thread at a time.
template <class Connection, class Clock>
class Upkeep {
 public:
  using Slots = pool::Slots<Connection, Clock>;
  using Factory = std::function<std::unique_ptr<Connection>(const Context&)>;

  Upkeep(Slots& slots, const Factory& factory) : limits_(slots.limits()), slots_(slots), factory_(factory) {}

  /// Comes round again and again until it is to stop.
  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      round(stop);
      if (backoff_ == Limits::Duration::zero()) {
        slots_.wait_for_missing(stop, limits_.upkeep_interval());
      } else {
        slots_.sleep(stop, std::min(backoff_, limits_.upkeep_interval()));
      }
    }
  }

  /// Does what there is to do now.
  void round(const std::stop_token& stop) {
    const auto now = Clock::now();
    retire(now);
    check(now, stop);
    refill(now, stop);
  }

 private:
  using Pooled = typename Slots::Pooled;
  using TimePoint = typename Pooled::TimePoint;

  /// After so long without an answer a connection is given up.
  static constexpr std::chrono::seconds patience{10};
  static constexpr std::chrono::milliseconds first_backoff{500};
  static constexpr std::chrono::seconds longest_backoff{15};

  [[nodiscard]] static Context patient_context(const std::stop_token& stop) {
    return Context().with_timeout(patience).with_stop(stop);
  }

  /// Each slot is given up at the end of its turn, so that the next look counts without it.
  void retire(TimePoint now) {
    const auto is_over = [&](const Pooled& each, bool spare) {
      return now - each.opened >= each.lifetime || (spare && now - each.used >= limits_.max_idle_time);
    };
    while (auto slot = slots_.take_idle(is_over)) { slot->drop(); }
  }

  /// One after the other: at no time is more than one kept from those who want a connection.
  void check(TimePoint now, const std::stop_token& stop) {
    const auto is_due = [&](const Pooled& each, bool) { return now - each.checked >= limits_.health_check_interval; };
    while (!stop.stop_requested()) {
      auto slot = slots_.take_idle(is_due);
      if (!slot) { return; }
      if (answers(*slot->connection(), stop)) {
        slot->mark_checked();
      } else {
        slot->drop();
      }
    }
  }

  [[nodiscard]] static bool answers(Connection& connection, const std::stop_token& stop) noexcept {
    if (!connection.is_alive()) { return false; }
    try {
      connection.check(patient_context(stop));
      return true;
    } catch (...) { return false; }
  }

  /// A server that cannot be reached is tried again later, and ever less often.
  void refill(TimePoint now, const std::stop_token& stop) noexcept {
    if (now < retry_at_) { return; }
    try {
      while (auto slot = slots_.take_missing()) { slot->fill(factory_(patient_context(stop))); }
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
