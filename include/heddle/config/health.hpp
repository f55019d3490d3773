#pragma once

#include "heddle/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/config/conversions.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/proto/storage.pb.h"

#include <chrono>
#include <string_view>

namespace heddle {
namespace config {

/// Returns the kind of a backend from its name.
template <class Backend>
[[nodiscard]] v1::StorageBackendType type_of(const Backend& backend) {
  std::string_view name;
  if constexpr (requires { backend.name(); }) { name = backend.name(); }
  if (name == "sqlite") { return v1::STORAGE_BACKEND_TYPE_SQLITE; }
  return name == "postgres" ? v1::STORAGE_BACKEND_TYPE_POSTGRES : v1::STORAGE_BACKEND_TYPE_UNSPECIFIED;
}

}  // namespace config

/// Returns the status of a backend: pings it, and reads the version of its schema and the state of its pool if it
/// reports them. A backend that responds is healthy; `migration_version` is 0 before the first migration. Never throws:
/// a failure is a status that is not healthy, with the reason in `error`. Set a deadline in the context.
[[nodiscard]] v1::StorageHealthStatus health(StorageBackend auto& backend, const Context& context = {}) noexcept {
  v1::StorageHealthStatus status;
  status.set_backend(config::type_of(backend));
  const auto start = std::chrono::steady_clock::now();
  try {
    backend.ping(context);
    if (const auto report = detail_report(backend)) {
      const StorageDetails details = report->details(context);
      status.set_migration_version(details.migration_version);
      status.set_removes_expired_results(details.removes_expired_results);
      if (details.pool) { *status.mutable_pool_stats() = to_proto(*details.pool); }
    }
    status.set_healthy(true);
  } catch (const Error& error) { status.set_error(error.what()); } catch (...) {
    // The text of any other exception may contain stored content or keys.
    status.set_error("the backend threw an exception that is not a heddle::Error");
  }
  const auto latency = std::chrono::steady_clock::now() - start;
  status.set_latency_ms(std::chrono::duration_cast<std::chrono::milliseconds>(latency).count());
  return status;
}

}  // namespace heddle
