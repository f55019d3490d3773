#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/tracing.hpp"

#include <cstdint>
#include <string_view>
#include <utility>

namespace heddle {

/// Two tracers as one: each gets every call. Put one of them into another for three.
///
///     heddle::Backend<heddle::Sqlite, heddle::Both<heddle::Metered, heddle::SlowLog>> storage(
///         {.path = "agents.db"}, {heddle::Metered(), heddle::SlowLog(std::clog, {})});
template <Tracer First, Tracer Second>
class Both {
  using FirstSpan = decltype(std::declval<First&>().start(std::declval<const Call&>()));
  using SecondSpan = decltype(std::declval<Second&>().start(std::declval<const Call&>()));

 public:
  /// The spans of both.
  class Span {
   public:
    /// Starts both, the first one first.
    Span(First& first, Second& second, const Call& call) noexcept
        : first_(first.start(call)), second_(second.start(call)) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() = default;

    /// Passes it to both.
    void fail(const Error& error) {
      first_.fail(error);
      second_.fail(error);
    }
    /// Passes it to those that receive warnings.
    void warn(std::string_view message) requires(WarnedSpan<FirstSpan> || WarnedSpan<SecondSpan>) {
      if constexpr (WarnedSpan<FirstSpan>) { first_.warn(message); }
      if constexpr (WarnedSpan<SecondSpan>) { second_.warn(message); }
    }
    /// Passes it to those that receive counts.
    void count(std::int64_t items) requires(CountedSpan<FirstSpan> || CountedSpan<SecondSpan>) {
      if constexpr (CountedSpan<FirstSpan>) { first_.count(items); }
      if constexpr (CountedSpan<SecondSpan>) { second_.count(items); }
    }
    /// Passes it to those that receive how many messages were stored.
    void stored(std::int64_t messages) requires(StoringSpan<FirstSpan> || StoringSpan<SecondSpan>) {
      if constexpr (StoringSpan<FirstSpan>) { first_.stored(messages); }
      if constexpr (StoringSpan<SecondSpan>) { second_.stored(messages); }
    }

   private:
    FirstSpan first_;
    SecondSpan second_;
  };

  /// Makes it of default tracers.
  Both() = default;
  /// Takes both.
  Both(First first, Second second) : first_(std::move(first)), second_(std::move(second)) {}

  /// Starts a span of both.
  [[nodiscard]] Span start(const Call& call) noexcept { return {first_, second_, call}; }

  /// Returns the meter of the one that counts.
  [[nodiscard]] auto meter() const noexcept requires(MeteringTracer<First> || MeteringTracer<Second>) {
    if constexpr (MeteringTracer<First>) {
      return first_.meter();
    } else {
      return second_.meter();
    }
  }

 private:
  First first_;
  Second second_;
};

}  // namespace heddle
