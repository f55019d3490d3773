#pragma once

/// @file
/// Spans of Heddle in a program that uses opentelemetry-cpp. The program links its target api;
/// Heddle does not need it otherwise.

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/tracing.hpp"
#include "heddle/tracing/database_code.hpp"
#include "heddle/tracing/tenant_hash.hpp"
#include "heddle/tracing/trace_context.hpp"

#include <opentelemetry/nostd/shared_ptr.h>
#include <opentelemetry/nostd/span.h>
#include <opentelemetry/nostd/string_view.h>
#include <opentelemetry/trace/span.h>
#include <opentelemetry/trace/span_context.h>
#include <opentelemetry/trace/span_id.h>
#include <opentelemetry/trace/span_startoptions.h>
#include <opentelemetry/trace/trace_flags.h>
#include <opentelemetry/trace/trace_id.h>
#include <opentelemetry/trace/tracer.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// What OpenTelemetryTracer says of a span.
struct OpenTelemetryOptions {
  std::string system{};  ///< `db.system.name`: "sqlite" or "postgresql"; empty: left out
  TenantHash tenants{};  ///< for `user.hash`; without a key, tenants are left out
};

/// A tracer that starts a span of opentelemetry-cpp for each operation, by the same rules as OtlpLines. The parent is
/// `Context::trace_parent`, else the active span of the thread.
///
///     heddle::OpenTelemetryTracer tracer(provider->GetTracer("heddle"), {.system = "sqlite"});
class OpenTelemetryTracer {
  using SpanPointer = opentelemetry::nostd::shared_ptr<opentelemetry::trace::Span>;
  using View = opentelemetry::nostd::string_view;
  static View view(std::string_view text) noexcept { return {text.data(), text.size()}; }

 public:
  /// One operation, from its start to its end.
  class Span {
   public:
    /// Ends this span at its own end.
    explicit Span(SpanPointer span) noexcept : span_(std::move(span)) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() { span_->End(); }

    /// Notes how the call ends.
    void fail(const Error& error) noexcept {
      span_->SetStatus(opentelemetry::trace::StatusCode::kError);
      span_->SetAttribute("error.type", view(to_string(error.code())));
      const tracing::DatabaseCode code(error);
      if (!code.text().empty()) { span_->SetAttribute("db.response.status_code", view(code.text())); }
      if (error.in_doubt()) { span_->SetAttribute("heddle.in_doubt", "true"); }
    }
    /// Notes a warning. Heddle's own words.
    void warn(std::string_view message) { span_->AddEvent("heddle.warning", {{"message", view(message)}}); }
    /// Notes a number of items.
    void count(std::int64_t items) noexcept { span_->SetAttribute("heddle.items", items); }
    /// Notes a number of messages.
    void stored(std::int64_t messages) noexcept { span_->SetAttribute("heddle.messages", messages); }

   private:
    SpanPointer span_;
  };

  /// Throws std::bad_alloc.
  explicit OpenTelemetryTracer(opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer> tracer,
                               OpenTelemetryOptions options = {})
      : tracer_(std::move(tracer)), options_(std::make_shared<OpenTelemetryOptions>(std::move(options))) {}

  /// Starts a span.
  [[nodiscard]] Span start(const Call& call) noexcept {
    namespace trace = opentelemetry::trace;
    trace::StartSpanOptions how;
    how.kind = trace::SpanKind::kClient;
    const auto parent = parse_trace_parent(call.context.trace_parent);
    if (parent) {
      const auto trace_id = bytes_of<trace::TraceId::kSize>(parent->trace_id);
      const auto span_id = bytes_of<trace::SpanId::kSize>(parent->span_id);
      how.parent = trace::SpanContext(
          trace::TraceId(trace_id), trace::SpanId(span_id),
          trace::TraceFlags(parent->sampled ? static_cast<std::uint8_t>(trace::TraceFlags::kIsSampled)
                                            : std::uint8_t{0}),
          true);
    }
    SpanPointer span = tracer_->StartSpan(view(to_string(call.operation)), how);
    span->SetAttribute("db.operation.name", view(to_string(call.operation)));
    if (!options_->system.empty()) { span->SetAttribute("db.system.name", view(options_->system)); }
    const std::string tenant = options_->tenants.of(call.user_id);
    if (!tenant.empty()) { span->SetAttribute("user.hash", view(tenant)); }
    return Span(std::move(span));
  }

 private:
  /// The bytes of an id. Precondition: it has two hexadecimal digits for each.
  template <std::size_t Size>
  static std::array<std::uint8_t, Size> bytes_of(std::string_view hex) noexcept {
    const auto digit = [](char each) { return static_cast<unsigned>(each <= '9' ? each - '0' : each - 'a' + 10); };
    std::array<std::uint8_t, Size> bytes{};
    for (std::size_t index = 0; index < Size; ++index) {
      bytes[index] = static_cast<std::uint8_t>(digit(hex[2 * index]) << 4U | digit(hex[2 * index + 1]));
    }
    return bytes;
  }

  opentelemetry::nostd::shared_ptr<opentelemetry::trace::Tracer> tracer_;
  std::shared_ptr<OpenTelemetryOptions> options_;
};

}  // namespace heddle
