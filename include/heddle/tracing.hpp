#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include <concepts>
#include <cstdint>
#include <string_view>

namespace heddle {

/// One traced operation; it ends when it is destroyed. `fail` is called at most once, before that. Used by the thread
/// of the call only.
template <class T>
concept TraceSpan = std::destructible<T> && requires(T& span, const Error& error) {
  span.fail(error);
};

/// A span that also takes warnings: what should be put right although the operation succeeded, such as rights that the
/// administrator's database role lacks. Optional: warnings for other spans are dropped.
template <class T>
concept WarnedSpan = TraceSpan<T> && requires(T& span, std::string_view message) {
  span.warn(message);
};

/// A span that also takes how many things an operation has worked on whose answer nobody may see, such as the sessions
/// that the cleaner has removed. Optional like warnings; also called before `fail`.
template <class T>
concept CountedSpan = TraceSpan<T> && requires(T& span, std::int64_t count) {
  span.count(count);
};

/// Watches the operations of a backend: one span for each call, refused ones included. `start` is called at its begin,
/// by many threads at once, and must not throw; the call and the strings in it live until the span ends.
/// `to_string(call.operation)` is the span's name, `call.context.trace_parent` the caller's W3C trace context. The user
/// id has not been checked yet: a call can be refused because of it.
template <class T>
concept Tracer = requires(T& tracer, const Call& call) {
  { tracer.start(call) }
  noexcept->TraceSpan;
};

/// The tracer that watches nothing and costs nothing.
struct NoTracing {
  struct Span {
    void fail(const Error& /*error*/) noexcept {}
  };
  [[nodiscard]] Span start(const Call& /*call*/) noexcept { return {}; }
};

}  // namespace heddle
