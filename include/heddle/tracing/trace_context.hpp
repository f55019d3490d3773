#pragma once

#include "heddle/detail/crypto/random_id.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heddle {

/// A W3C Trace Context: which trace a span belongs to, and which span is its parent.
struct TraceContext {
  std::string trace_id{};  ///< 32 lower-case hexadecimal digits, not all of them 0
  std::string span_id{};   ///< 16 of them, in the same way
  bool sampled = false;    ///< the caller records the trace
};

namespace tracing {

/// Returns true for so many lower-case hexadecimal digits.
[[nodiscard]] inline bool is_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(),
                     [](char each) { return (each >= '0' && each <= '9') || (each >= 'a' && each <= 'f'); });
}

/// Returns true for an id: hexadecimal digits, and not all of them 0.
[[nodiscard]] inline bool is_id(std::string_view text) noexcept {
  return is_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace tracing

/// Returns what a `traceparent` says, such as `Context::trace_parent`; nothing if it is none, or of a version that
/// cannot be read. Any thread.
[[nodiscard]] inline std::optional<TraceContext> parse_trace_parent(std::string_view text) {
  constexpr std::size_t length = 55;
  if (text.size() < length || text[2] != '-' || text[35] != '-' || text[52] != '-') { return std::nullopt; }
  const std::string_view version = text.substr(0, 2);
  const std::string_view trace_id = text.substr(3, 32);
  const std::string_view span_id = text.substr(36, 16);
  const std::string_view flags = text.substr(53, 2);
  // A later version may have more behind a dash.
  const bool has_end = version == "00" ? text.size() == length : text.size() == length || text[length] == '-';
  if (!tracing::is_hex(version) || version == "ff" || !has_end || !tracing::is_id(trace_id) ||
      !tracing::is_id(span_id) || !tracing::is_hex(flags)) {
    return std::nullopt;
  }
  const char low = flags[1];
  const bool sampled = ((low <= '9' ? low - '0' : low - 'a' + 10) & 1) != 0;
  return TraceContext{std::string(trace_id), std::string(span_id), sampled};
}

/// Returns the `traceparent` of a span, for `Context::trace_parent` and for the headers of a request.
[[nodiscard]] inline std::string to_trace_parent(const TraceContext& context) {
  return "00-" + context.trace_id + "-" + context.span_id + (context.sampled ? "-01" : "-00");
}

/// Returns the context of a new span: in the trace of its parent, or in a new one that is sampled. Throws `internal` if
/// the system has no random numbers.
[[nodiscard]] inline TraceContext child_of(const std::optional<TraceContext>& parent) {
  if (parent) { return {parent->trace_id, detail::crypto::random_hex(16), parent->sampled}; }
  return {detail::crypto::random_hex(32), detail::crypto::random_hex(16), true};
}

}  // namespace heddle
