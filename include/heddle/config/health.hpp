#pragma once

#include "heddle/concepts/storage_backend.hpp"
#include "heddle/config/conversions.hpp"
#include "heddle/context.hpp"
#include "heddle/health.hpp"
#include "heddle/model/health.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/proto/storage.pb.h"

#include <chrono>
#include <string>
#include <string_view>

namespace heddle {
namespace config {

/// Returns the kind of a backend from its name.
[[nodiscard]] inline v1::StorageBackendType type_of(std::string_view name) {
  if (name == "sqlite") { return v1::STORAGE_BACKEND_TYPE_SQLITE; }
  return name == "postgres" ? v1::STORAGE_BACKEND_TYPE_POSTGRES : v1::STORAGE_BACKEND_TYPE_UNSPECIFIED;
}

}  // namespace config

/// Returns the message of a health. `healthy` says that the backend has answered, migrated or not.
[[nodiscard]] inline v1::StorageHealthStatus to_proto(const Health& health) {
  v1::StorageHealthStatus status;
  status.set_backend(config::type_of(health.backend));
  status.set_healthy(true);
  status.set_live(health.live);
  status.set_ready(health.ready);
  for (const HealthReason& reason : health.reasons) {
    v1::HealthReason& message = *status.add_reasons();
    message.set_problem(std::string(to_string(reason.problem)));
    message.set_text(reason.text);
    const bool has_answered = reason.problem == HealthProblem::not_migrated ||
                              reason.problem == HealthProblem::unknown_schema || reason.problem == HealthProblem::busy;
    if (has_answered) { continue; }
    status.set_healthy(false);
    status.set_error(reason.text);
  }
  status.set_latency_ms(std::chrono::duration_cast<std::chrono::milliseconds>(health.latency).count());
  if (health.details) {
    status.set_migration_version(health.details->migration_version);
    status.set_removes_expired_results(health.details->removes_expired_results);
    status.set_applies_retention(health.details->applies_retention);
    if (health.details->pool) { *status.mutable_pool_stats() = to_proto(*health.details->pool); }
  }
  return status;
}

/// Returns `health` of a backend as a message.
[[nodiscard]] v1::StorageHealthStatus health_status(StorageBackend auto& backend,
                                                    const Context& context = {}) noexcept {
  return to_proto(health(backend, context));
}

}  // namespace heddle
