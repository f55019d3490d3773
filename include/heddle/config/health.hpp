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

/// The kind of a backend by the name that it tells.
template <class Backend>
[[nodiscard]] v1::StorageBackendType type_of(const Backend& backend) {
  std::string_view name;
  if constexpr (requires { backend.name(); }) { name = backend.name(); }
  if (name == "sqlite") { return v1::STORAGE_BACKEND_TYPE_SQLITE; }
  return name == "postgres" ? v1::STORAGE_BACKEND_TYPE_POSTGRES : v1::STORAGE_BACKEND_TYPE_UNSPECIFIED;
}

}  // namespace config

/// Asks a backend how it is: pings it, and reads the version of its schema and the state of its pool if it tells them.
/// Healthy is what answers; where nobody has migrated, `migration_version` is 0.
/// Never throws: a failure is a status that is not healthy, with the reason in `error`. Give the context a deadline.
[[nodiscard]] v1::StorageHealthStatus health(StorageBackend auto& backend, const Context& context = {}) noexcept {
  v1::StorageHealthStatus status;
  status.set_backend(config::type_of(backend));
  const auto start = std::chrono::steady_clock::now();
  try {
    backend.ping(context);
    if (const auto report = detail_report(backend)) {
      const StorageDetails details = report->details(context);
      status.set_migration_version(details.migration_version);
      if (details.pool) { *status.mutable_pool_stats() = to_proto(*details.pool); }
    }
    status.set_healthy(true);
  } catch (const Error& error) { status.set_error(error.what()); } catch (...) {
    // What is no Error of ours may quote anything.
    status.set_error("the backend failed in a way that it does not explain");
  }
  const auto latency = std::chrono::steady_clock::now() - start;
  status.set_latency_ms(std::chrono::duration_cast<std::chrono::milliseconds>(latency).count());
  return status;
}

}  // namespace heddle
