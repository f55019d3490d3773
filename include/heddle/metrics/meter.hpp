#pragma once

#include "heddle/error.hpp"
#include "heddle/model/metrics.hpp"
#include "heddle/operation.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace heddle {

/// Counts the operations of a backend. Many threads may count and read at once, without locks: a call costs a few
/// relaxed additions. A count that is read while calls end can be between them.
class Meter {
 public:
  /// Throws std::bad_alloc. A meter takes 0.2 MB.
  Meter() : slots_(std::make_unique<Slots>()) {}

  /// Counts a call that took so long; `error` is null if it returned.
  void add_call(Operation operation, const ErrorCode* error, std::chrono::nanoseconds time) noexcept {
    Slot& slot = slots_->calls[index_of(operation)][error == nullptr ? 0 : 1 + static_cast<std::size_t>(*error)];
    std::size_t bucket = 0;
    while (bucket < OperationMetrics::bounds.size() && time > OperationMetrics::bounds[bucket]) { ++bucket; }
    add(slot.buckets[bucket], 1);
    add(slot.nanoseconds, static_cast<std::uint64_t>(time.count()));
  }
  /// Counts a write that failed in doubt.
  void add_in_doubt() noexcept { add(in_doubt_, 1); }
  /// Counts messages that were stored.
  void add_messages(std::int64_t count) noexcept { add(stored_messages_, static_cast<std::uint64_t>(count)); }
  /// Counts items that an operation has cleaned up.
  void add_cleaned(Operation operation, std::int64_t count) noexcept {
    add(slots_->cleaned[index_of(operation)], static_cast<std::uint64_t>(count));
  }

  /// Adds what was counted to the metrics. Throws std::bad_alloc.
  void report(Metrics& metrics) const {
    metrics.stored_messages += read(stored_messages_);
    metrics.in_doubt += read(in_doubt_);
    for (std::size_t operation = 0; operation < operations; ++operation) {
      for (std::size_t ending = 0; ending < endings; ++ending) {
        OperationMetrics found = read(slots_->calls[operation][ending]);
        if (found.count == 0) { continue; }
        found.operation = static_cast<Operation>(operation);
        if (ending > 0) { found.error = static_cast<ErrorCode>(ending - 1); }
        metrics.operations.push_back(found);
      }
      const std::uint64_t items = read(slots_->cleaned[operation]);
      if (items > 0) { metrics.cleaned.push_back({static_cast<Operation>(operation), items}); }
    }
  }

 private:
  using Number = std::atomic<std::uint64_t>;
  static constexpr std::size_t operations = EnumNames<Operation>::values.size();
  /// That the call returned, or a code.
  static constexpr std::size_t endings = 2 + static_cast<std::size_t>(ErrorCode::internal);

  struct Slot {
    std::array<Number, OperationMetrics::bounds.size() + 1> buckets{};
    Number nanoseconds{0};
  };
  struct Slots {
    std::array<std::array<Slot, endings>, operations> calls{};
    std::array<Number, operations> cleaned{};
  };

  static std::size_t index_of(Operation operation) noexcept { return static_cast<std::size_t>(operation); }
  static void add(Number& number, std::uint64_t more) noexcept { number.fetch_add(more, std::memory_order_relaxed); }
  static std::uint64_t read(const Number& number) noexcept { return number.load(std::memory_order_relaxed); }
  static OperationMetrics read(const Slot& slot) noexcept {
    OperationMetrics found;
    for (std::size_t bucket = 0; bucket < slot.buckets.size(); ++bucket) {
      found.buckets[bucket] = read(slot.buckets[bucket]);
      found.count += found.buckets[bucket];
    }
    found.sum = std::chrono::nanoseconds(read(slot.nanoseconds));
    return found;
  }

  std::unique_ptr<Slots> slots_;
  Number stored_messages_{0};
  Number in_doubt_{0};
};

}  // namespace heddle
