#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

/// A span that has ended.
struct RecordedSpan {
  Operation operation{};
  std::string user_id{};
  std::string trace_parent{};
  std::optional<ErrorCode> error{};  ///< nothing: the call returned
  bool in_doubt = false;
  std::int64_t items = 0;     ///< what it counted
  std::int64_t messages = 0;  ///< what it stored
  std::vector<std::string> warnings{};
};

/// A tracer for tests: keeps every span, with the tenant as it is. Copies share what they record. Many threads may use
/// it.
///
///     heddle::RecordingTracer tracer;
///     heddle::Backend<heddle::Sqlite, heddle::RecordingTracer> storage({.path = ":memory:"}, tracer);
///     storage.migrate();
///     CHECK(tracer.take().size() == 1);
class RecordingTracer {
  struct Record {
    std::mutex mutex{};
    std::vector<RecordedSpan> spans{};
  };

 public:
  /// Notes one call.
  class Span {
   public:
    /// The record must outlive the span.
    Span(Record& record, const Call& call)
        : record_(record), span_{call.operation, std::string(call.user_id), call.context.trace_parent} {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() {
      const std::lock_guard lock(record_.mutex);
      record_.spans.push_back(std::move(span_));
    }

    /// Notes how the call ends.
    void fail(const Error& error) noexcept {
      span_.error = error.code();
      span_.in_doubt = error.in_doubt();
    }
    /// Notes a warning.
    void warn(std::string_view message) { span_.warnings.emplace_back(message); }
    /// Notes a number of items.
    void count(std::int64_t items) noexcept { span_.items += items; }
    /// Notes a number of messages.
    void stored(std::int64_t messages) noexcept { span_.messages += messages; }

   private:
    Record& record_;
    RecordedSpan span_;
  };

  /// Starts a span. A test that has no memory left ends.
  [[nodiscard]] Span start(const Call& call) noexcept { return {*record_, call}; }

  /// Returns the spans that have ended since the last call, in the order of their ends.
  [[nodiscard]] std::vector<RecordedSpan> take() const {
    const std::lock_guard lock(record_->mutex);
    return std::exchange(record_->spans, {});
  }

 private:
  std::shared_ptr<Record> record_ = std::make_shared<Record>();
};

}  // namespace heddle
