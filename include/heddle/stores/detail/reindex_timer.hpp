// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/operation.hpp"
#include "heddle/stores/detail/purge_timer.hpp"
#include "heddle/stores/detail/read_only.hpp"
#include "heddle/stores/detail/reindexing.hpp"
#include "heddle/stores/detail/reindexing_plan.hpp"

#include <chrono>
#include <concepts>
#include <optional>

namespace heddle::stores::detail {

/// A configuration that says when rows are indexed anew.
template <class Config>
concept PlansReindexing = requires(const Config& config) {
  { config.reindex_interval } -> std::convertible_to<std::chrono::seconds>;
};

/// Returns when the rows of all tenants are indexed anew; nothing if they are not.
template <class Config>
[[nodiscard]] std::optional<Schedule> reindexing_schedule_of([[maybe_unused]] const Config& config) {
  if constexpr (PlansReindexing<Config>) {
    if (config.reindex_interval <= std::chrono::seconds(0) || is_read_only(config)) { return std::nullopt; }
    return schedule_every(config.reindex_interval);
  } else {
    return std::nullopt;
  }
}

/// A thread that regularly indexes the rows of all tenants anew whose words were made by a former analysis. The
/// backend's tracer gets failures, and the next round tries again. A program can start it if it contains a search,
/// which calls `compile`: others need no index.
template <class Policy, class Gateway>
class ReindexTimer {
 public:
  /// See PurgeTimer.
  static void compile() noexcept { static_cast<void>(&is_compiled); }

  /// When the thread works, read from a configuration.
  struct Plan {
    template <class Config>
    explicit Plan(const Config& config) : schedule(reindexing_schedule_of(config)) {}

    std::optional<Schedule> schedule;
  };

  /// Starts the thread if there is a schedule and the program can. Throws `resource_exhausted` if the system cannot.
  ReindexTimer(Gateway& gateway, const Plan& plan, bool sees_all_tenants) : gateway_(gateway) {
    if (plan.schedule && sees_all_tenants && start_of_thread != nullptr) { (this->*start_of_thread)(*plan.schedule); }
  }

  /// See RegularThread.
  void stop() noexcept { thread_.stop(); }

 private:
  void start(const Schedule& schedule) {
    thread_.start(schedule, "indexes texts anew", [this](const Context& context) {
      gateway_.manage(context, Operation::reindex_all,
                      [](auto& passage) { return reindex_all_tenants<Policy>(passage); });
    });
  }

  static inline void (ReindexTimer::*start_of_thread)(const Schedule&) = nullptr;
  static inline const bool is_compiled = []() noexcept {
    start_of_thread = &ReindexTimer::start;
    return true;
  }();

  Gateway& gateway_;
  RegularThread thread_;  ///< the last member, because it uses the others
};

}  // namespace heddle::stores::detail
