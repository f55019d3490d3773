#pragma once

/// @file
/// What a backend has counted. A backend on a `Metered` tracer counts, and so does one that `heddle::open` has opened
/// with `metrics` in its configuration. `heddle/prometheus/collector.hpp` gives the metrics to Prometheus.

#include "heddle/any_backend.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/erased/backend.hpp"
#include "heddle/erased/metering.hpp"
#include "heddle/metrics/metered.hpp"
#include "heddle/model/metrics.hpp"

#include <concepts>
#include <optional>

namespace heddle {

/// Returns what a backend, or the backend in an AnyBackend, has counted since it was opened, and its state; nothing if
/// it counts nothing. Asks no database and waits for no call, so that it answers when the database does not. Throws
/// `failed_precondition` if the backend is closed. Many threads may call it.
template <class Backend>
[[nodiscard]] std::optional<Metrics> read_metrics(Backend& backend) {
  std::optional<Metrics> metrics;
  if constexpr (std::same_as<Backend, AnyBackend>) {
    auto* const metering = erased::Access::backend(backend, &erased::AbstractBackend::metering);
    if (metering == nullptr || !metering->read_metrics(metrics.emplace())) { metrics.reset(); }
  } else if constexpr (KeepsMetrics<Backend>) {
    if (!backend.read_metrics(metrics.emplace())) { metrics.reset(); }
  }
  return metrics;
}

}  // namespace heddle
