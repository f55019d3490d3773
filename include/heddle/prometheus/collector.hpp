#pragma once

/// @file
/// Metrics for Prometheus, by prometheus-cpp. Link heddle::prometheus; a program that serves them by HTTP also links
/// the target pull of prometheus-cpp.
///
///     auto storage = heddle::open_json(R"({"metrics": true, "sqlite": {"path": "agents.db"}})");
///     const auto collector = std::make_shared<heddle::PrometheusCollector>(storage);
///     prometheus::Exposer exposer("0.0.0.0:9464");
///     exposer.RegisterCollectable(collector);

#include "heddle/error.hpp"
#include "heddle/metrics.hpp"
#include "heddle/model/metrics.hpp"
#include "heddle/prometheus/families.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <functional>
#include <optional>
#include <utility>
#include <vector>

namespace heddle {

/// Returns metrics as Prometheus has them, each with these labels, such as an instance's name.
[[nodiscard]] inline std::vector<::prometheus::MetricFamily> to_prometheus(
    const Metrics& metrics, std::vector<::prometheus::ClientMetric::Label> labels = {}) {
  return prometheus::Families(metrics, std::move(labels)).take();
}

/// Collects the metrics of a backend whenever they are asked for. It asks no database. A backend that is closed, or
/// that counts nothing, has none. Precondition: the backend outlives it. Any thread.
class PrometheusCollector final : public ::prometheus::Collectable {
 public:
  /// The labels are those of every metric.
  template <class Backend>
  explicit PrometheusCollector(Backend& backend, std::vector<::prometheus::ClientMetric::Label> labels = {})
      : read_([&backend] { return read_metrics(backend); }), labels_(std::move(labels)) {}

  /// Returns what the backend has counted since it was opened.
  [[nodiscard]] std::vector<::prometheus::MetricFamily> Collect() const override {  // NOLINT: a name of prometheus-cpp
    try {
      const std::optional<Metrics> metrics = read_();
      if (metrics) { return to_prometheus(*metrics, labels_); }
    } catch (const Error& error) { static_cast<void>(error); }
    return {};
  }

 private:
  std::function<std::optional<Metrics>()> read_;
  std::vector<::prometheus::ClientMetric::Label> labels_;
};

}  // namespace heddle
