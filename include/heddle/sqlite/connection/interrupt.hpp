// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <cstdint>

namespace heddle::sqlite::connection {

/// A call that a connection works for, and the next one of its batch.
struct Served {
  const Context* context = nullptr;
  const Served* next = nullptr;
};

/// Interrupts SQLite, while it computes or waits for a lock, when a deadline passes or a stop token is triggered. One
/// for each connection.
class Interrupt {
 public:
  using Clock = Context::Clock;

  Interrupt(sqlite3* connection, std::chrono::milliseconds busy_timeout)
      : connection_(connection), busy_timeout_(busy_timeout) {
    // A scan notices within about a millisecond, and the checks cost nothing measurable.
    constexpr int instructions_between_checks = 10000;
    sqlite3_progress_handler(
        connection, instructions_between_checks,
        [](void* self) { return static_cast<Interrupt*>(self)->should_stop() ? 1 : 0; }, this);
    sqlite3_busy_handler(
        connection, [](void* self, int tries) { return static_cast<Interrupt*>(self)->wait_for_lock(tries); }, this);
  }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  Interrupt(Interrupt&&) = delete;
  Interrupt& operator=(Interrupt&&) = delete;
  ~Interrupt() {
    sqlite3_progress_handler(connection_, 0, nullptr, nullptr);
    sqlite3_busy_handler(connection_, nullptr, nullptr);
  }

  /// Sets the calls that the connection works for; SQLite is interrupted when the context of one of them is over. They
  /// must live until the next call of `serve`.
  void serve(const Served* first) noexcept { served_ = first; }
  [[nodiscard]] const Served* served() const noexcept { return served_; }

  /// Returns how often the connection has slept because another one held a lock. Any thread.
  [[nodiscard]] std::uint64_t busy_waits() const noexcept { return busy_waits_.load(std::memory_order_relaxed); }

  /// True if one of the contexts is over.
  [[nodiscard]] bool should_stop() const noexcept {
    for (const Served* each = served_; each != nullptr; each = each->next) {
      if (each->context->is_over()) { return true; }
    }
    return false;
  }

 private:
  /// Sleeps before SQLite tries again to get a lock; returns 0 to make it give up.
  int wait_for_lock(int tries) noexcept {
    const auto now = Clock::now();
    if (tries == 0) { waiting_since_ = now; }
    if (should_stop() || now - waiting_since_ >= busy_timeout_) { return 0; }
    busy_waits_.fetch_add(1, std::memory_order_relaxed);
    // Short sleeps first: a writer of another process holds the lock for one commit.
    sqlite3_sleep(tries < 8 ? 1 : 5);
    return 1;
  }

  sqlite3* connection_;
  std::chrono::milliseconds busy_timeout_;
  Clock::time_point waiting_since_;
  const Served* served_ = nullptr;
  std::atomic<std::uint64_t> busy_waits_{0};
};

/// Makes a connection work for one call for the time of a scope.
class Serving {
 public:
  Serving(Interrupt& interrupt, const Context& context) noexcept
      : interrupt_(interrupt), before_(interrupt.served()), served_{&context} {
    interrupt_.serve(&served_);
  }
  Serving(const Serving&) = delete;
  Serving& operator=(const Serving&) = delete;
  Serving(Serving&&) = delete;
  Serving& operator=(Serving&&) = delete;
  ~Serving() { interrupt_.serve(before_); }

 private:
  Interrupt& interrupt_;
  const Served* before_;
  Served served_;
};

}  // namespace heddle::sqlite::connection
