#include "heddle/prometheus/collector.hpp"

#include <doctest/doctest.h>

#include <prometheus/text_serializer.h>

#include <chrono>
#include <string>

using namespace heddle;

namespace {

/// Returns metrics as they are served.
std::string served(const Metrics& metrics) {
  return ::prometheus::TextSerializer().Serialize(to_prometheus(metrics, {{"instance_name", "one"}}));
}

bool has(const std::string& text, const std::string& line) { return text.find(line + "\n") != std::string::npos; }

/// A backend that throws as one that is closed.
struct Closed {
  bool read_metrics(Metrics& /*metrics*/) { throw Error(ErrorCode::failed_precondition, "the backend is closed"); }
};
/// A backend whose configuration leaves its metrics off.
struct Off {
  bool read_metrics(Metrics& /*metrics*/) { return false; }
};

}  // namespace

TEST_CASE("all metrics are served, with their labels") {
  Metrics metrics;
  metrics.backend = "postgres";
  OperationMetrics saves;
  saves.operation = Operation::save_message;
  saves.count = 3;
  saves.sum = std::chrono::milliseconds(1500);
  saves.buckets[0] = 2;
  saves.buckets.back() = 1;
  metrics.operations.push_back(saves);
  saves.error = ErrorCode::unavailable;
  metrics.operations.push_back(saves);
  metrics.stored_messages = 7;
  metrics.commits = 2;
  metrics.committed_calls = 6;
  metrics.commits_by_calls[0] = 1;
  metrics.commits_by_calls[3] = 1;
  metrics.retries = 4;
  metrics.in_doubt = 5;
  metrics.cleaned.push_back({Operation::purge_expired_results, 8});
  metrics.pools.push_back({"serving",
                           {.total_connections = 3,
                            .idle_connections = 1,
                            .active_connections = 2,
                            .max_connections = 25,
                            .wait_count = 9,
                            .wait_duration = std::chrono::milliseconds(2500),
                            .waiting_calls = 6}});
  const std::string text = served(metrics);
  CAPTURE(text);
  const std::string all = R"(instance_name="one",db_system_name="postgresql")";
  const std::string saved = "{" + all + R"(,db_operation_name="save_message")";
  CHECK(has(text, "# TYPE db_client_operation_duration_seconds histogram"));
  CHECK(has(text, "db_client_operation_duration_seconds_count" + saved + "} 3"));
  CHECK(has(text, "db_client_operation_duration_seconds_sum" + saved + "} 1.5"));
  CHECK(has(text, "db_client_operation_duration_seconds_bucket" + saved + R"(,le="0.0001"} 2)"));
  CHECK(has(text, "db_client_operation_duration_seconds_bucket" + saved + R"(,le="10"} 2)"));
  CHECK(has(text, "db_client_operation_duration_seconds_bucket" + saved + R"(,le="+Inf"} 3)"));
  CHECK(has(text, "db_client_operation_duration_seconds_count" + saved + R"(,error_type="unavailable"} 3)"));
  CHECK(has(text, "heddle_stored_messages_total{" + all + "} 7"));
  CHECK(has(text, "heddle_commit_calls_count{" + all + "} 2"));
  CHECK(has(text, "heddle_commit_calls_sum{" + all + "} 6"));
  CHECK(has(text, "heddle_commit_calls_bucket{" + all + R"(,le="1"} 1)"));
  CHECK(has(text, "heddle_commit_calls_bucket{" + all + R"(,le="8"} 2)"));
  CHECK(has(text, "heddle_retries_total{" + all + "} 4"));
  CHECK(has(text, "heddle_in_doubt_total{" + all + "} 5"));
  CHECK(has(text, "heddle_cleaned_items_total{" + all + R"(,db_operation_name="purge_expired_results"} 8)"));
  const std::string pool = "{" + all + R"(,db_client_connection_pool_name="serving")";
  CHECK(has(text, "db_client_connections" + pool + R"(,db_client_connection_state="used"} 2)"));
  CHECK(has(text, "db_client_connections" + pool + R"(,db_client_connection_state="idle"} 1)"));
  CHECK(has(text, "db_client_connection_max" + pool + "} 25"));
  CHECK(has(text, "db_client_connection_pending_requests" + pool + "} 6"));
  CHECK(has(text, "db_client_connection_wait_time_seconds_count" + pool + "} 9"));
  CHECK(has(text, "db_client_connection_wait_time_seconds_sum" + pool + "} 2.5"));
  CHECK(text.find("heddle_database_size_bytes") == std::string::npos);
}

TEST_CASE("what only SQLite has is served where it is set") {
  Metrics metrics;
  metrics.backend = "sqlite";
  metrics.busy_waits = 1;
  metrics.index_queue = 2;
  metrics.database_bytes = 3;
  metrics.log_bytes = 4;
  const std::string text = served(metrics);
  const std::string all = R"({instance_name="one",db_system_name="sqlite"} )";
  CHECK(has(text, "heddle_busy_waits_total" + all + "1"));
  CHECK(has(text, "heddle_index_queue_messages" + all + "2"));
  CHECK(has(text, "heddle_database_size_bytes" + all + "3"));
  CHECK(has(text, "heddle_log_size_bytes" + all + "4"));
}

TEST_CASE("a backend that is closed or counts nothing is served as nothing") {
  Closed closed;
  CHECK(PrometheusCollector(closed).Collect().empty());
  Off off;
  CHECK(PrometheusCollector(off).Collect().empty());
}
