// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/stores/detail/purge_timer.hpp"
#include "heddle/stores/detail/read_only.hpp"

#include <concepts>

namespace heddle::stores::detail {

/// A configuration with rules of retention.
template <class Config>
concept PlansRetention = requires(const Config& config) {
  { config.retention } -> std::convertible_to<RetentionConfig>;
};

/// Returns the rules of a configuration; none if it has none, or is for reading only.
template <class Config>
[[nodiscard]] RetentionConfig retention_of([[maybe_unused]] const Config& config) {
  if constexpr (PlansRetention<Config>) {
    if (!is_read_only(config)) { return config.retention; }
  }
  return {};
}

/// A thread that regularly removes what a RetentionConfig does not keep. The backend's tracer gets failures, and the
/// next round tries again. A file that only saves does not compile what the thread does: the program can start it if it
/// contains a call of `apply_retention`, which calls `compile`.
template <class Retention>
class RetentionTimer {
 public:
  /// See PurgeTimer.
  static void compile() noexcept { static_cast<void>(&is_compiled); }

  /// Starts the thread if there is a rule. Throws `failed_precondition` if the program cannot, and `resource_exhausted`
  /// if the system cannot. `retention` must outlive the timer.
  RetentionTimer(Retention& retention, const RetentionConfig& config) : retention_(retention) {
    if (!config.is_set()) { return; }
    if (start_of_thread == nullptr) {
      throw Error(ErrorCode::failed_precondition,
                  "retention: no code of this program applies rules; call apply_retention somewhere, or link the "
                  "compiled backend");
    }
    (this->*start_of_thread)(config);
    is_planned_ = true;
  }

  /// Returns whether rules are applied regularly.
  [[nodiscard]] bool is_planned() const noexcept { return is_planned_; }
  /// See RegularThread.
  void stop() noexcept { thread_.stop(); }

 private:
  void start(const RetentionConfig& config) {
    thread_.start(schedule_every(config.interval), "removes old records",
                  [this, config](const Context& context) { retention_.apply(context, config); });
  }

  static inline void (RetentionTimer::*start_of_thread)(const RetentionConfig&) = nullptr;
  static inline const bool is_compiled = []() noexcept {
    start_of_thread = &RetentionTimer::start;
    return true;
  }();

  Retention& retention_;
  bool is_planned_ = false;
  RegularThread thread_;  ///< the last member, because it uses the others
};

}  // namespace heddle::stores::detail
