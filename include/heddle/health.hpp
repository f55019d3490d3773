#pragma once

#include "heddle/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/health.hpp"
#include "heddle/model/storage_details.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace heddle {
namespace health_check {

/// Returns the name of a backend; empty if it has none.
template <class Backend>
[[nodiscard]] std::string_view name_of(const Backend& backend) noexcept {
  if constexpr (requires { backend.name(); }) {
    return backend.name();
  } else {
    return {};
  }
}

/// Returns the problem that an error means: of `ping`, or of `details` after the database has answered.
[[nodiscard]] inline HealthProblem problem_of(const Error& error, bool has_answered) noexcept {
  // After an answer, a server can still refuse the next connection; its code then has the class of the object's state.
  if (has_answered && error.code() == ErrorCode::failed_precondition && error.native_code().starts_with("55")) {
    return HealthProblem::unreachable;
  }
  switch (error.code()) {
    // No repeat mends it: closed, opened before a fork, or a file that was replaced.
    case ErrorCode::failed_precondition: return has_answered ? HealthProblem::unknown_schema : HealthProblem::closed;
    case ErrorCode::deadline_exceeded:
    case ErrorCode::cancelled: return HealthProblem::no_answer_in_time;
    case ErrorCode::data_loss: return HealthProblem::damaged;
    default: return HealthProblem::unreachable;
  }
}

/// Looks for what the state of a backend says of its readiness.
inline void judge(Health& health, const StorageDetails& details) {
  if (details.migration_version < details.latest_version) {
    health.add(HealthProblem::not_migrated, "the schema has version " + std::to_string(details.migration_version) +
                                                ", this program needs " + std::to_string(details.latest_version) +
                                                ": call migrate()");
  } else if (details.migration_version > details.latest_version) {
    health.add(HealthProblem::unknown_schema, "the schema has version " + std::to_string(details.migration_version) +
                                                  ", and this program knows no version after " +
                                                  std::to_string(details.latest_version));
  }
  if (details.pool && details.pool->waiting_calls > 0 && details.pool->idle_connections == 0 &&
      details.pool->total_connections >= details.pool->max_connections) {
    health.add(HealthProblem::busy, "all " + std::to_string(details.pool->max_connections) +
                                        " connections are in use, and calls wait for one");
  }
}

}  // namespace health_check

/// Looks whether a backend can serve, for the probes of an orchestrator: pings it, and reads the version of its schema
/// and the state of its pool if it reports them. Never throws: what fails is a reason. Set a deadline in the context:
/// without one it waits as long as a call would. Any thread.
///
///     const auto health = heddle::health(storage, heddle::Context{}.with_timeout(std::chrono::seconds(2)));
///     // liveness: health.live ? 200 : 503; readiness: health.ready ? 200 : 503
[[nodiscard]] Health health(StorageBackend auto& backend, const Context& context = {}) noexcept {
  Health health;
  const auto start = std::chrono::steady_clock::now();
  bool has_answered = false;
  try {
    health.backend = health_check::name_of(backend);
    backend.ping(context);
    has_answered = true;
    if (const auto report = detail_report(backend)) {
      health.details = report->details(context);
      health_check::judge(health, *health.details);
    }
  } catch (const Error& error) {
    health.add(health_check::problem_of(error, has_answered), error.what());
  } catch (...) {
    // The text of any other exception may contain stored content or keys.
    health.add(HealthProblem::unreachable, "the backend threw an exception that is not a heddle::Error");
  }
  health.latency = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  return health;
}

}  // namespace heddle
