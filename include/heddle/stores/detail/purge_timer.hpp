// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/process/fork_gate.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/first_failure.hpp"
#include "heddle/stores/detail/read_only.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>

namespace heddle::stores::detail {

/// When something is done regularly.
struct Schedule {
  std::chrono::milliseconds first;     ///< before the first time
  std::chrono::milliseconds interval;  ///< between two times
};

/// Returns the schedule of what is done so often: for the first time at most a minute after the start, so that a server
/// that is restarted every night does it too; not immediately, because a backend is migrated after it was opened.
[[nodiscard]] inline Schedule schedule_every(std::chrono::seconds interval) {
  constexpr std::chrono::seconds soon = std::chrono::minutes(1);
  constexpr std::chrono::seconds longest = std::chrono::hours(24 * 366);
  return Schedule{std::min(interval, soon), std::min(interval, longest)};
}

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

/// Returns the plan of a configuration; nothing if cleaning is off.
template <class Config>
[[nodiscard]] std::optional<PurgePlan> purge_plan_of([[maybe_unused]] const Config& config) {
  if constexpr (PlansPurges<Config>) {
    const auto& plan = config.soft_delete;
    if (!plan.enabled || is_read_only(config)) { return std::nullopt; }
    const Schedule schedule = schedule_every(plan.cleanup_interval);
    return PurgePlan{schedule.first, schedule.interval, plan.grace_period};
  } else {
    return std::nullopt;
  }
}

/// What a RegularThread has while it runs.
template <class Work>
class RunningThread {
 public:
  RunningThread(const Schedule& schedule, const Work& work)
      : thread_([this, schedule, work](const std::stop_token& stop) { run(stop, schedule, work); }) {}

  void request_stop() noexcept { thread_.request_stop(); }

 private:
  void run(const std::stop_token& stop, const Schedule& schedule, const Work& work) {
    Context context;
    context.stop = stop;
    for (auto pause = schedule.first; sleep(stop, pause); pause = schedule.interval) {
      try {
        const heddle::detail::process::ForkGate<>::Working working;
        work(context);
      } catch (...) {
        // The tracer has received it, and there is no caller.
      }
    }
  }

  /// Waits; returns false if a stop is requested.
  bool sleep(const std::stop_token& stop, std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, stop, pause, [&] { return stop.stop_requested(); });
    return !stop.stop_requested();
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< the last member, because it uses the others
};

/// A thread that does something at regular times. It owns a RunningThread of a type that only `start` names: a file
/// that starts none compiles none. Many threads may use it.
class RegularThread {
 public:
  RegularThread() = default;
  RegularThread(const RegularThread&) = delete;
  RegularThread& operator=(const RegularThread&) = delete;
  RegularThread(RegularThread&&) = delete;
  RegularThread& operator=(RegularThread&&) = delete;
  ~RegularThread() {
    if (running_ != nullptr) { destroy_(running_); }
  }

  /// Starts the thread, which calls `work(context)`, unless it was started or stopped before. The work reports its
  /// failures itself: what it throws is ignored, and the next round tries again. `purpose` completes the error message.
  /// Throws `resource_exhausted` if the system cannot start a thread.
  template <class Work>
  void start(const Schedule& schedule, const char* purpose, Work work) {
    using Running = RunningThread<Work>;
    const std::lock_guard lock(mutex_);
    if (is_stopped_ || running_ != nullptr) { return; }
    try {
      running_ = std::make_unique<Running>(schedule, work).release();
    } catch (const std::system_error&) {
      throw Error(ErrorCode::resource_exhausted, std::string("cannot start the thread that ").append(purpose));
    }
    request_stop_ = [](void* running) noexcept { static_cast<Running*>(running)->request_stop(); };
    destroy_ = [](void* running) noexcept { delete static_cast<Running*>(running); };
  }

  /// Asks the thread to end soon and to begin nothing more. Does not wait for it, because the thread itself may call
  /// this, in a cleanup hook. The destructor waits.
  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
    if (running_ != nullptr) { request_stop_(running_); }
  }

 private:
  std::mutex mutex_;  ///< of the other members
  bool is_stopped_ = false;
  void* running_ = nullptr;
  void (*request_stop_)(void* running) noexcept = nullptr;
  void (*destroy_)(void* running) noexcept = nullptr;
};

/// A thread that regularly removes hidden sessions, and soft-deleted artifacts, whose grace period has ended. The
/// backend's tracer gets failures, and the next round tries again. A file that only saves does not compile what the
/// thread does: the program can start it if it contains an operation on hidden sessions, each of which calls `compile`.
template <class Sessions, class Artifacts>
class PurgeTimer {
 public:
  /// Makes the program able to start the thread, from before `main` on. Need not be called: it is enough that a file
  /// compiles the call.
  static void compile() noexcept { static_cast<void>(&is_compiled); }

  /// Starts the thread if there is a plan. Throws `failed_precondition` if the program cannot, and `resource_exhausted`
  /// if the system cannot.
  PurgeTimer(Sessions& sessions, Artifacts& artifacts, const std::optional<PurgePlan>& plan)
      : sessions_(sessions), artifacts_(artifacts) {
    if (!plan) { return; }
    if (start_of_thread == nullptr) {
      throw Error(ErrorCode::failed_precondition,
                  "soft_delete.enabled: no code of this program hides or purges sessions; call purge_deleted_sessions "
                  "somewhere, or link the compiled backend");
    }
    (this->*start_of_thread)(*plan);
  }

  /// See RegularThread.
  void stop() noexcept { thread_.stop(); }

 private:
  void start(const PurgePlan& plan) {
    thread_.start({plan.first, plan.interval}, "removes deleted sessions",
                  [this, grace_period = plan.grace_period](const Context& context) {
                    // The tracer receives what fails, and there is no caller.
                    FirstFailure ignored;
                    ignored.attempt([&] { sessions_.purge_deleted_sessions(context, grace_period); });
                    ignored.attempt([&] { artifacts_.purge_deleted(context, grace_period); });
                  });
  }

  static inline void (PurgeTimer::*start_of_thread)(const PurgePlan&) = nullptr;
  static inline const bool is_compiled = []() noexcept {
    start_of_thread = &PurgeTimer::start;
    return true;
  }();

  Sessions& sessions_;
  Artifacts& artifacts_;
  RegularThread thread_;  ///< the last member, because it uses the others
};

/// Stands in for a part that the backend does not need.
struct Absent {
  using Plan = Absent;
  template <class... Arguments>
  explicit Absent(const Arguments&... /*arguments*/) noexcept {}
  [[nodiscard]] static constexpr bool is_planned() noexcept { return false; }
  void stop() noexcept {}
};

}  // namespace heddle::stores::detail
