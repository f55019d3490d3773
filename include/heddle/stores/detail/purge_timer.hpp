// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/first_failure.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <thread>

namespace heddle::stores::detail {

/// When the backend removes hidden sessions by itself.
struct PurgePlan {
  std::chrono::milliseconds first;     ///< before the first removal
  std::chrono::milliseconds interval;  ///< between two removals
  std::chrono::seconds grace_period;
};

/// A configuration that can turn cleaning on.
template <class Config>
concept PlansPurges = requires(const Config& config) {
  { config.soft_delete.enabled } -> std::convertible_to<bool>;
  { config.soft_delete.grace_period } -> std::convertible_to<std::chrono::seconds>;
  { config.soft_delete.cleanup_interval } -> std::convertible_to<std::chrono::seconds>;
};

/// Returns the plan of a configuration; nothing if cleaning is off. The first removal is at most a minute after the
/// start, so that a server that is restarted every night cleans too; it is not immediate, because a backend is migrated
/// after it was opened.
template <class Config>
[[nodiscard]] std::optional<PurgePlan> purge_plan_of([[maybe_unused]] const Config& config) {
  if constexpr (PlansPurges<Config>) {
    const auto& plan = config.soft_delete;
    if (!plan.enabled) { return std::nullopt; }
    constexpr std::chrono::seconds soon = std::chrono::minutes(1);
    constexpr std::chrono::seconds longest = std::chrono::hours(24 * 366);
    return PurgePlan{std::min(plan.cleanup_interval, soon), std::min(plan.cleanup_interval, longest),
                     plan.grace_period};
  } else {
    return std::nullopt;
  }
}

/// A thread that regularly removes hidden sessions, and soft-deleted artifacts, whose grace period has ended. The
/// backend's tracer gets failures, and the next round tries again.
template <class Sessions, class Artifacts>
class PurgeTimer {
 public:
  /// Starts the thread if there is a plan. Throws `resource_exhausted` if the system cannot start a thread.
  PurgeTimer(Sessions& sessions, Artifacts& artifacts, const std::optional<PurgePlan>& plan)
      : sessions_(sessions), artifacts_(artifacts) {
    if (!plan) { return; }
    try {
      thread_ = std::jthread([this, plan = *plan](const std::stop_token& stop) { run(stop, plan); });
    } catch (const std::system_error&) {
      throw Error(ErrorCode::resource_exhausted, "cannot start the thread that removes deleted sessions");
    }
  }
  PurgeTimer(const PurgeTimer&) = delete;
  PurgeTimer& operator=(const PurgeTimer&) = delete;
  PurgeTimer(PurgeTimer&&) = delete;
  PurgeTimer& operator=(PurgeTimer&&) = delete;
  ~PurgeTimer() = default;

  /// Asks the thread to end soon and to begin nothing more. Does not wait for it, because the thread itself may call
  /// this, in a cleanup hook. The destructor waits.
  void stop() noexcept { thread_.request_stop(); }

 private:
  void run(const std::stop_token& stop, const PurgePlan& plan) {
    Context context;
    context.stop = stop;
    for (auto pause = plan.first; sleep(stop, pause); pause = plan.interval) {
      // The tracer receives what fails, and there is no caller.
      FirstFailure ignored;
      ignored.attempt([&] { sessions_.purge_deleted_sessions(context, plan.grace_period); });
      ignored.attempt([&] { artifacts_.purge_deleted(context, plan.grace_period); });
    }
  }

  /// Waits; returns false if a stop is requested.
  bool sleep(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); });
    return !stop.stop_requested();
  }

  Sessions& sessions_;
  Artifacts& artifacts_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< the last member, because it uses the others
};

/// Stands in for a part that the backend does not need.
struct Absent {
  template <class... Arguments>
  explicit Absent(const Arguments&... /*arguments*/) noexcept {}
  void stop() noexcept {}
};

}  // namespace heddle::stores::detail
