#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include <concepts>

namespace heddle {

/// One traced operation; it ends when it is destroyed. `fail` is called at most once, before that. Used by the thread
/// of the call only.
template <class T>
concept TraceSpan = std::destructible<T> && requires(T& span, const Error& error) {
  span.fail(error);
};

/// Watches the operations of a backend. `start` is called at the begin of each, by many threads at once, and must not
/// throw; the call and the strings in it live until the span ends. `call.context.trace_parent` is the caller's W3C
/// trace context.
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
