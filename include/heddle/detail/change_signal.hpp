#pragma once

#include "heddle/context.hpp"

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace heddle::detail {

/// Wakes threads that wait for a change in the database. Who changes something calls `notify` after the commit; who
/// waits takes the version, looks at the database, and sleeps only if nothing was notified since. Safe to use from many
/// threads.
class ChangeSignal {
 public:
  /// How often `notify` was called.
  [[nodiscard]] std::uint64_t version() const {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  /// Wakes all that wait. They look again, so waking one too many costs a look and nothing else.
  void notify() {
    {
      const std::lock_guard lock(mutex_);
      ++version_;
    }
    changed_.notify_all();
  }

  /// Sleeps until the version is no longer `seen`, the context is over, or `until` has come. Does not say which.
  void wait(const Context& context, std::uint64_t seen, Context::Clock::time_point until) {
    if (context.deadline && *context.deadline < until) { until = *context.deadline; }
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, context.stop, until, [&] { return version_ != seen; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t version_ = 0;
};

}  // namespace heddle::detail
