#pragma once

#include "heddle/concepts/capabilities.hpp"
#include "heddle/erased/interface.hpp"

namespace heddle {

struct Metrics;

namespace erased {

/// See KeepsMetrics.
class Metering : public Interface {
 public:
  /// Adds what the backend has counted to the metrics; returns false if it counts nothing.
  virtual bool read_metrics(Metrics& metrics) = 0;
};

/// Implements `Metering` with a backend.
template <class Backend>
class MeteringModel final : public Metering {
 public:
  explicit MeteringModel(Backend& backend) : backend_(backend) {}
  bool read_metrics(Metrics& metrics) override { return backend_.read_metrics(metrics); }

 private:
  Backend& backend_;
};

}  // namespace erased
}  // namespace heddle
