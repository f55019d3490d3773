// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/metrics.hpp"
#include "heddle/operation.hpp"

#include <prometheus/client_metric.h>
#include <prometheus/metric_family.h>
#include <prometheus/metric_type.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::prometheus {

/// Makes families of metrics. Their names are those of OpenTelemetry's conventions for database clients in the spelling
/// of Prometheus where these know them (`db_client_...`), and Heddle's own (`heddle_...`) elsewhere.
class Families {
  using Metric = ::prometheus::ClientMetric;
  using Family = ::prometheus::MetricFamily;
  using Type = ::prometheus::MetricType;

 public:
  using Labels = std::vector<Metric::Label>;

  /// Every metric gets these labels, and `db_system_name`.
  Families(const Metrics& metrics, Labels labels) : labels_(std::move(labels)) {
    labels_.push_back({"db_system_name", std::string(metrics.backend == "postgres" ? "postgresql" : metrics.backend)});
    add_operations(metrics);
    add_engine(metrics);
    add_pools(metrics);
  }

  /// Returns the families.
  [[nodiscard]] std::vector<Family> take() { return std::move(families_); }

 private:
  void add_operations(const Metrics& metrics) {
    add("db_client_operation_duration_seconds", "How long operations took, by how they ended.", Type::Histogram);
    for (const OperationMetrics& each : metrics.operations) {
      Metric& metric = add_metric({{"db_operation_name", std::string(to_string(each.operation))}});
      if (each.error) { metric.label.push_back({"error_type", std::string(to_string(*each.error))}); }
      std::array<double, OperationMetrics::bounds.size()> bounds{};
      for (std::size_t index = 0; index < bounds.size(); ++index) {
        bounds[index] = std::chrono::duration<double>(OperationMetrics::bounds[index]).count();
      }
      fill(metric, each.buckets, bounds, std::chrono::duration<double>(each.sum).count());
    }
    add_counter("heddle_stored_messages_total", "Messages that were appended.", metrics.stored_messages);
    add_counter("heddle_in_doubt_total", "Writes that failed in doubt: they may have been committed.",
                metrics.in_doubt);
    add("heddle_cleaned_items_total", "What removals and re-indexing have processed.", Type::Counter);
    for (const CleanedItems& each : metrics.cleaned) {
      add_metric({{"db_operation_name", std::string(to_string(each.operation))}}).counter.value =
          static_cast<double>(each.items);
    }
  }

  void add_engine(const Metrics& metrics) {
    add("heddle_commit_calls", "Commits, by the number of calls that shared them.", Type::Histogram);
    std::array<double, Metrics::commit_bounds.size()> bounds{};
    for (std::size_t index = 0; index < bounds.size(); ++index) {
      bounds[index] = static_cast<double>(Metrics::commit_bounds[index]);
    }
    fill(add_metric({}), metrics.commits_by_calls, bounds, static_cast<double>(metrics.committed_calls));
    add_counter("heddle_retries_total", "Units of work that ran again after a conflict.", metrics.retries);
    if (metrics.busy_waits) {
      add_counter("heddle_busy_waits_total", "Sleeps of the writer while another one held the lock.",
                  *metrics.busy_waits);
    }
    add_gauge("heddle_index_queue_messages", "Changes of messages that are not in the full-text index, about.",
              metrics.index_queue);
    add_gauge("heddle_database_size_bytes", "The size of the database file.", metrics.database_bytes);
    add_gauge("heddle_log_size_bytes", "The size of the write-ahead log.", metrics.log_bytes);
  }

  void add_pools(const Metrics& metrics) {
    const std::string name = "db_client_connection_pool_name";
    // Without the suffix _count of the convention: promtool refuses it for a gauge.
    add("db_client_connections", "Connections, by what they do.", Type::Gauge);
    for (const PoolMetrics& each : metrics.pools) {
      const std::string state = "db_client_connection_state";
      add_metric({{name, std::string(each.name)}, {state, "used"}}).gauge.value =
          static_cast<double>(each.pool.active_connections);
      add_metric({{name, std::string(each.name)}, {state, "idle"}}).gauge.value =
          static_cast<double>(each.pool.idle_connections);
    }
    add("db_client_connection_max", "How many connections are allowed.", Type::Gauge);
    for (const PoolMetrics& each : metrics.pools) {
      add_metric({{name, std::string(each.name)}}).gauge.value = static_cast<double>(each.pool.max_connections);
    }
    add("db_client_connection_pending_requests", "Calls that wait for a connection now.", Type::Gauge);
    for (const PoolMetrics& each : metrics.pools) {
      add_metric({{name, std::string(each.name)}}).gauge.value = static_cast<double>(each.pool.waiting_calls);
    }
    add("db_client_connection_wait_time_seconds", "Waits for a connection, and how long they took.", Type::Summary);
    for (const PoolMetrics& each : metrics.pools) {
      auto& summary = add_metric({{name, std::string(each.name)}}).summary;
      summary.sample_count = static_cast<std::uint64_t>(each.pool.wait_count);
      summary.sample_sum = std::chrono::duration<double>(each.pool.wait_duration).count();
    }
  }

  void add(std::string name, std::string help, Type type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }

  Metric& add_metric(Labels labels) {
    Metric& metric = families_.back().metric.emplace_back();
    metric.label = labels_;
    metric.label.insert(metric.label.end(), labels.begin(), labels.end());
    return metric;
  }

  void add_counter(std::string name, std::string help, std::uint64_t value) {
    add(std::move(name), std::move(help), Type::Counter);
    add_metric({}).counter.value = static_cast<double>(value);
  }

  void add_gauge(std::string name, std::string help, const std::optional<std::int64_t>& value) {
    if (!value) { return; }
    add(std::move(name), std::move(help), Type::Gauge);
    add_metric({}).gauge.value = static_cast<double>(*value);
  }

  template <std::size_t Buckets, std::size_t Bounds>
  static void fill(Metric& metric, const std::array<std::uint64_t, Buckets>& buckets,
                   const std::array<double, Bounds>& bounds, double sum) {
    static_assert(Buckets == Bounds + 1);
    auto& histogram = metric.histogram;
    for (std::size_t index = 0; index < Buckets; ++index) {
      histogram.sample_count += buckets[index];
      histogram.bucket.push_back(
          {histogram.sample_count, index < Bounds ? bounds[index] : std::numeric_limits<double>::infinity()});
    }
    histogram.sample_sum = sum;
  }

  Labels labels_;
  std::vector<Family> families_;
};

}  // namespace heddle::prometheus
