// The metrics of a backend, with the package's heddle::prometheus.
#include <heddle/prometheus/collector.hpp>

int main() {
  heddle::Metrics metrics;
  metrics.backend = "sqlite";
  return heddle::to_prometheus(metrics).empty() ? 1 : 0;
}
