#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/time.hpp"
#include "heddle/tracing.hpp"
#include "heddle/tracing/database_code.hpp"
#include "heddle/tracing/line_stream.hpp"
#include "heddle/tracing/tenant_hash.hpp"
#include "heddle/tracing/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// What a SlowLog writes.
struct SlowLogOptions {
  std::chrono::milliseconds threshold{500};  ///< of calls that take so long or longer
  TenantHash tenants{};                      ///< without a key, tenants are left out
};

/// A tracer that writes a line for each operation that takes long, such as
///
///     1764201600.123456 heddle slow operation=save_message milliseconds=812 error=unavailable code=5 trace=4bf9...
///     tenant=9a1c...
///
/// and nothing of what the call has or answers: no content, no ids, no words of errors. Copies write to the same
/// stream, one line at a time. What the stream throws is dropped, and the next line is tried again.
class SlowLog {
  struct Sink {
    Sink(std::ostream& out, SlowLogOptions&& how) : stream(out), options(std::move(how)) {}

    std::ostream& stream;
    SlowLogOptions options;
    std::mutex mutex{};
  };

 public:
  /// Times one call.
  class Span {
   public:
    /// Both must outlive the span.
    Span(Sink& sink, const Call& call) noexcept : sink_(sink), call_(call) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() {
      const auto time = Clock::now() - begin_;
      if (time >= sink_.options.threshold) { write(std::chrono::duration_cast<std::chrono::milliseconds>(time)); }
    }

    /// Notes how the call ends.
    void fail(const Error& error) noexcept {
      error_ = to_string(error.code());
      native_code_ = tracing::DatabaseCode(error);
    }

   private:
    using Clock = std::chrono::steady_clock;

    void write(std::chrono::milliseconds time) noexcept {
      try {
        const auto present = microseconds_of(now());
        constexpr std::int64_t second = 1'000'000;
        std::string fraction = std::to_string(second + present % second);
        fraction.front() = '.';
        std::string line = std::to_string(present / second) + fraction;
        line.append(" heddle slow operation=").append(to_string(call_.operation));
        line.append(" milliseconds=").append(std::to_string(time.count()));
        if (!error_.empty()) { line.append(" error=").append(error_); }
        if (!native_code_.text().empty()) { line.append(" code=").append(native_code_.text()); }
        if (const auto parent = parse_trace_parent(call_.context.trace_parent)) {
          line.append(" trace=").append(parent->trace_id);
        }
        const std::string tenant = sink_.options.tenants.of(call_.user_id);
        if (!tenant.empty()) { line.append(" tenant=").append(tenant); }
        line += '\n';
        const std::lock_guard lock(sink_.mutex);
        tracing::make_good(sink_.stream);
        sink_.stream << line << std::flush;
      } catch (...) {
        // A call is not worse for a log that cannot be written.
      }
    }

    Sink& sink_;
    const Call& call_;
    std::string_view error_;
    tracing::DatabaseCode native_code_;
    Clock::time_point begin_ = Clock::now();
  };

  /// The stream must outlive the backend, and is written by any thread.
  SlowLog(std::ostream& stream, SlowLogOptions options) : sink_(std::make_shared<Sink>(stream, std::move(options))) {}

  /// Begins to time a call.
  [[nodiscard]] Span start(const Call& call) noexcept { return {*sink_, call}; }

 private:
  std::shared_ptr<Sink> sink_;
};

}  // namespace heddle
