#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/time.hpp"
#include "heddle/tracing.hpp"
#include "heddle/tracing/database_code.hpp"
#include "heddle/tracing/line_stream.hpp"
#include "heddle/tracing/tenant_hash.hpp"
#include "heddle/tracing/trace_context.hpp"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

/// What OtlpLines writes.
struct OtlpOptions {
  std::string service = "heddle";  ///< `service.name` of the resource
  std::string system{};            ///< `db.system.name`: "sqlite" or "postgresql"; empty: left out
  TenantHash tenants{};            ///< for `user.hash`; without a key, tenants are left out
  bool only_sampled = true;        ///< leave out what a caller's trace context says is not recorded
};

/// A tracer that writes each operation as a line of JSON: an OTLP message of traces with one span, as the file exporter
/// and receiver of the OpenTelemetry Collector have it. Spans follow OpenTelemetry's conventions for database clients
/// and are children of `Context::trace_parent`. They hold no content, no ids, no words of errors: an error is its code
/// and that of the database. Copies write to the same stream, one line at a time; what it throws is dropped, and the
/// next line is tried again.
class OtlpLines {
  struct Sink {
    Sink(std::ostream& out, OtlpOptions&& how) : stream(out), options(std::move(how)) {}

    std::ostream& stream;
    OtlpOptions options;
    std::mutex mutex{};
  };

 public:
  /// One operation, from its start to its end.
  class Span {
   public:
    /// Both must outlive the span.
    Span(Sink& sink, const Call& call) noexcept : sink_(sink), call_(call) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() { write(); }

    /// Notes how the call ends.
    void fail(const Error& error) noexcept {
      error_ = error.code();
      is_in_doubt_ = error.in_doubt();
      native_code_ = tracing::DatabaseCode(error);
    }
    /// Notes a warning. Heddle's own words.
    void warn(std::string_view message) noexcept {
      keep([&] { warnings_.emplace_back(message); });
    }
    /// Notes a number of items.
    void count(std::int64_t items) noexcept { items_ = items_.value_or(0) + items; }
    /// Notes a number of messages.
    void stored(std::int64_t messages) noexcept { messages_ = messages_.value_or(0) + messages; }

   private:
    using Clock = std::chrono::steady_clock;
    using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

    /// A call is not worse for a trace that has no memory or cannot be written.
    template <class Action>
    static void keep(Action action) noexcept {
      try {
        action();
      } catch (...) { return; }
    }

    static void text(Writer& out, std::string_view value) {
      out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    }
    static void member(Writer& out, const char* key, std::string_view value) {
      out.Key(key);
      text(out, value);
    }
    static void attribute(Writer& out, const char* key, std::string_view value) {
      out.StartObject();
      member(out, "key", key);
      out.Key("value");
      out.StartObject();
      member(out, "stringValue", value);
      out.EndObject();
      out.EndObject();
    }
    static void attribute(Writer& out, const char* key, std::int64_t value) {
      out.StartObject();
      member(out, "key", key);
      out.Key("value");
      out.StartObject();
      // 64 bits are text in the JSON of protobuf.
      member(out, "intValue", std::to_string(value));
      out.EndObject();
      out.EndObject();
    }
    static void begin_list(Writer& out, const char* key) {
      out.Key(key);
      out.StartArray();
    }

    void write() noexcept {
      keep([this] {
        const std::optional<TraceContext> parent = parse_trace_parent(call_.context.trace_parent);
        if (sink_.options.only_sampled && parent && !parent->sampled) { return; }
        rapidjson::StringBuffer buffer;
        Writer out(buffer);
        out.StartObject();
        begin_list(out, "resourceSpans");
        out.StartObject();
        out.Key("resource");
        out.StartObject();
        begin_list(out, "attributes");
        attribute(out, "service.name", sink_.options.service);
        out.EndArray();
        out.EndObject();
        begin_list(out, "scopeSpans");
        out.StartObject();
        out.Key("scope");
        out.StartObject();
        member(out, "name", "heddle");
        out.EndObject();
        begin_list(out, "spans");
        write_span(out, parent);
        out.EndArray();
        out.EndObject();
        out.EndArray();
        out.EndObject();
        out.EndArray();
        out.EndObject();
        const std::lock_guard lock(sink_.mutex);
        tracing::make_good(sink_.stream);
        sink_.stream << std::string_view(buffer.GetString(), buffer.GetSize()) << '\n' << std::flush;
      });
    }

    void write_span(Writer& out, const std::optional<TraceContext>& parent) const {
      const TraceContext self = child_of(parent);
      const auto time = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - begin_);
      const std::int64_t began = 1000 * began_at_;
      constexpr int client = 3;
      constexpr int failed = 2;
      out.StartObject();
      member(out, "traceId", self.trace_id);
      member(out, "spanId", self.span_id);
      if (parent) { member(out, "parentSpanId", parent->span_id); }
      member(out, "name", to_string(call_.operation));
      out.Key("kind");
      out.Int(client);
      member(out, "startTimeUnixNano", std::to_string(began));
      member(out, "endTimeUnixNano", std::to_string(began + time.count()));
      begin_list(out, "attributes");
      if (!sink_.options.system.empty()) { attribute(out, "db.system.name", sink_.options.system); }
      attribute(out, "db.operation.name", to_string(call_.operation));
      const std::string tenant = sink_.options.tenants.of(call_.user_id);
      if (!tenant.empty()) { attribute(out, "user.hash", tenant); }
      if (error_) { attribute(out, "error.type", to_string(*error_)); }
      if (!native_code_.text().empty()) { attribute(out, "db.response.status_code", native_code_.text()); }
      if (is_in_doubt_) { attribute(out, "heddle.in_doubt", "true"); }
      if (items_) { attribute(out, "heddle.items", *items_); }
      if (messages_) { attribute(out, "heddle.messages", *messages_); }
      out.EndArray();
      write_warnings(out, began + time.count());
      if (error_) {
        out.Key("status");
        out.StartObject();
        out.Key("code");
        out.Int(failed);
        out.EndObject();
      }
      out.EndObject();
    }

    void write_warnings(Writer& out, std::int64_t at) const {
      if (warnings_.empty()) { return; }
      begin_list(out, "events");
      for (const std::string& warning : warnings_) {
        out.StartObject();
        member(out, "timeUnixNano", std::to_string(at));
        member(out, "name", "heddle.warning");
        begin_list(out, "attributes");
        attribute(out, "message", warning);
        out.EndArray();
        out.EndObject();
      }
      out.EndArray();
    }

    Sink& sink_;
    const Call& call_;
    std::optional<ErrorCode> error_;
    tracing::DatabaseCode native_code_;
    bool is_in_doubt_ = false;
    std::optional<std::int64_t> items_;
    std::optional<std::int64_t> messages_;
    std::vector<std::string> warnings_;
    std::int64_t began_at_ = microseconds_of(now());
    Clock::time_point begin_ = Clock::now();
  };

  /// The stream must outlive the backend, and is written by any thread. Open a file for appending.
  OtlpLines(std::ostream& stream, OtlpOptions options) : sink_(std::make_shared<Sink>(stream, std::move(options))) {}

  /// Starts a span.
  [[nodiscard]] Span start(const Call& call) noexcept { return {*sink_, call}; }

 private:
  std::shared_ptr<Sink> sink_;
};

}  // namespace heddle
