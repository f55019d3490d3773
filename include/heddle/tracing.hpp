#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>

namespace heddle {

/// One traced operation; the destructor ends it. `fail` is called at most once, before that. Only the thread of the
/// call uses the span.
template <class T>
concept TraceSpan = std::destructible<T> && requires(T& span, const Error& error) {
  span.fail(error);
};

/// A span that also receives warnings: problems that should be fixed although the operation succeeded, such as
/// privileges that the administrator's database role lacks. Optional: warnings for other spans are dropped.
template <class T>
concept WarnedSpan = TraceSpan<T> && requires(T& span, std::string_view message) {
  span.warn(message);
};

/// A span that also receives how many items an operation has processed if no caller sees its result, such as the number
/// of sessions that the cleaner has removed. Optional like warnings; also called before `fail`.
template <class T>
concept CountedSpan = TraceSpan<T> && requires(T& span, std::int64_t count) {
  span.count(count);
};

/// A span that also receives how many messages an operation has stored. Optional like warnings.
template <class T>
concept StoringSpan = TraceSpan<T> && requires(T& span, std::int64_t messages) {
  span.stored(messages);
};

/// Observes the operations of a backend: one span for each call, refused calls included. Every call begins with
/// `start`, which many threads call at once and which must not throw; the call and the strings in it stay valid until
/// the span ends. `to_string(call.operation)` is the span's name, `call.context.trace_parent` the caller's W3C trace
/// context. The user id is not yet validated when `start` is called: the call can be refused because of it.
template <class T>
concept Tracer = requires(T& tracer, const Call& call) {
  { tracer.start(call) }
  noexcept->TraceSpan;
};

/// A tracer that can count, so that its backend has metrics; see `Metered` in `heddle/metrics/metered.hpp`. The meter
/// is null if it counts nothing.
template <class T>
concept MeteringTracer = Tracer<T> && requires(const T& tracer) {
  tracer.meter();
};

/// The tracer that observes nothing and costs nothing.
struct NoTracing {
  /// A span that notes nothing.
  struct Span {
    /// Does nothing.
    void fail(const Error& /*error*/) noexcept {}
  };
  /// Returns a span that notes nothing.
  [[nodiscard]] Span start(const Call& /*call*/) noexcept { return {}; }
};

}  // namespace heddle
