// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/result_settings.hpp"
#include "heddle/stores/detail/purge_timer.hpp"

#include <atomic>
#include <chrono>
#include <optional>

namespace heddle::stores::detail {

/// Returns when expired results are removed; nothing if they are not.
[[nodiscard]] inline std::optional<Schedule> expiry_schedule_of(const ResultSettings& settings, bool can_remove) {
  if (!can_remove || settings.cleanup_interval <= std::chrono::seconds(0)) { return std::nullopt; }
  return schedule_every(settings.cleanup_interval);
}

/// A thread that regularly removes the results whose time is over, of all tenants. Many threads may use it.
class ExpiryTimer {
 public:
  explicit ExpiryTimer(const std::optional<Schedule>& schedule) : schedule_(schedule) {}

  /// Returns whether results are removed, from `start` on.
  [[nodiscard]] bool is_planned() const noexcept { return schedule_.has_value(); }
  /// Starts the thread, once, if there is a schedule: not in the constructor, so that a file that uses no results does
  /// not compile it. If the system cannot start a thread, the next call tries again.
  template <class Results>
  void start(Results& results) noexcept {
    if (!schedule_ || is_started_.load(std::memory_order_relaxed)) { return; }
    try {
      thread_.start(*schedule_, "removes expired results",
                    [&results](const Context& context) { results.purge_expired(context); });
      is_started_ = true;
    } catch (const Error& error) { static_cast<void>(error); }
  }
  /// See RegularThread.
  void stop() noexcept { thread_.stop(); }

 private:
  std::optional<Schedule> schedule_;
  std::atomic<bool> is_started_{false};
  RegularThread thread_;
};

}  // namespace heddle::stores::detail
