#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/metrics/meter.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace heddle {

/// A tracer that counts: a backend with it has metrics, which `read_metrics` of `heddle/metrics.hpp` returns.
///
///     heddle::Backend<heddle::Sqlite, heddle::Metered> storage({.path = "agents.db"});
///
/// `Both` combines it with another tracer. Copies share their meter.
class Metered {
 public:
  /// Times one call and counts how it ended.
  class Span {
   public:
    /// The meter must outlive the span; null: nothing is counted.
    Span(Meter* meter, Operation operation) noexcept : meter_(meter), operation_(operation) {
      if (meter_ != nullptr) { begin_ = Clock::now(); }
    }
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() {
      if (meter_ == nullptr) { return; }
      meter_->add_call(operation_, has_failed_ ? &code_ : nullptr, Clock::now() - begin_);
    }

    /// Notes how the call ends.
    void fail(const Error& error) noexcept {
      has_failed_ = true;
      code_ = error.code();
      if (meter_ != nullptr && error.in_doubt()) { meter_->add_in_doubt(); }
    }
    /// Counts items that were cleaned up.
    void count(std::int64_t items) noexcept {
      if (meter_ != nullptr) { meter_->add_cleaned(operation_, items); }
    }
    /// Counts messages that were stored.
    void stored(std::int64_t messages) noexcept {
      if (meter_ != nullptr) { meter_->add_messages(messages); }
    }

   private:
    using Clock = std::chrono::steady_clock;

    Meter* meter_;
    Operation operation_;
    bool has_failed_ = false;
    ErrorCode code_{};
    Clock::time_point begin_{};
  };

  /// Throws std::bad_alloc.
  Metered() : meter_(std::make_shared<Meter>()) {}

  /// Returns one that counts nothing, for a backend whose configuration decides: it costs a comparison for each call.
  [[nodiscard]] static Metered off() noexcept { return Metered(nullptr); }

  /// Begins to time a call.
  [[nodiscard]] Span start(const Call& call) noexcept { return {meter_.get(), call.operation}; }

  /// Returns what it counts with; null if it counts nothing.
  [[nodiscard]] const Meter* meter() const noexcept { return meter_.get(); }

 private:
  explicit Metered(std::nullptr_t /*none*/) noexcept {}

  std::shared_ptr<Meter> meter_;
};

}  // namespace heddle
