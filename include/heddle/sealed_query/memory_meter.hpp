// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sealed_query/query_guard.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// A memory limit for one connection, and what stops SQLite where it calls nothing but its allocator: while it
/// compiles.
///
/// SQLite's own heap limits hold for the whole process, and no `sqlite3_limit` bounds memory: 28 KB of SQL can make
/// SQLite 3.40 allocate 3 GB before the first row (an alias used 7000 times is copied 7000 times, a chain of subqueries
/// doubles at each step), while SQLite does not call its progress handler. But a query runs on one thread from open to
/// close, so a wrapper around SQLite's allocator can count exactly what it uses. An allocation over the limit fails,
/// and SQLite is thoroughly tested for that.
///
/// The wrapper is installed before main(), because SQLite accepts one only before its first use. For threads without a
/// meter it passes everything through, at the cost of one thread-local read.
namespace heddle::sealed_query {

/// Counts and limits what SQLite allocates on this thread during its lifetime. Allocations also fail once the query has
/// to stop, because SQLite does not call its progress handler while it compiles, nor within straight-line code; and
/// when the stack is deep, because SQLite recurses into common table expressions without a limit of its own.
class MemoryMeter {
 public:
  /// `guard` must outlive the meter.
  MemoryMeter(std::size_t limit, QueryGuard& guard) noexcept
      : guard_(guard),
        whole_limit_(static_cast<std::int64_t>(std::min(limit, highest_limit))),
        limit_(std::min(whole_limit_, limit_to_compile)),
        outer_(current) {
    current = this;
  }
  ~MemoryMeter() { current = outer_; }
  MemoryMeter(const MemoryMeter&) = delete;
  MemoryMeter& operator=(const MemoryMeter&) = delete;

  /// From now on the whole limit holds. Before, it is lower: what SQLite compiles consists of small blocks, and freeing
  /// a million of them takes a tenth of a second.
  void lift() noexcept { limit_ = whole_limit_; }

  [[nodiscard]] std::int64_t used() const noexcept { return used_; }
  [[nodiscard]] std::int64_t limit() const noexcept { return limit_; }
  /// True once an allocation was refused because of the limit.
  [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }

  /// True once an allocation was refused because the stack was deep.
  [[nodiscard]] bool nested_too_deeply() const noexcept { return too_deep_; }

  /// True if so many further bytes may be allocated.
  [[nodiscard]] bool admits(std::int64_t more) noexcept {
    constexpr std::int64_t large = 32'768;
    constexpr unsigned int often = 64;
    if (more > limit_ - used_) { exhausted_ = true; }
    if (stack_depth() > deepest_stack) { too_deep_ = true; }
    if (exhausted_ || too_deep_ || guard_.has_stopped()) { return false; }
    return !((++asked_ % often == 0 || more >= large) && guard_.must_stop());
  }
  [[nodiscard]] bool must_stop() noexcept { return guard_.must_stop(); }
  void count(std::int64_t change) noexcept { used_ += change; }

  /// The meter of this thread, or null.
  static inline thread_local MemoryMeter* current = nullptr;

 private:
  static constexpr std::size_t highest_limit = std::size_t{1} << 62U;
  static constexpr std::int64_t limit_to_compile = 8 << 20;
  /// A thread with a stack of 256 KiB has room for it, and for what SQLite calls without allocating.
  static constexpr std::ptrdiff_t deepest_stack = std::ptrdiff_t{128} * 1024;

  /// A number that falls or rises as functions call functions.
  [[nodiscard]] static std::ptrdiff_t stack_position() noexcept {
    return reinterpret_cast<std::ptrdiff_t>(__builtin_frame_address(0));
  }
  [[nodiscard]] std::ptrdiff_t stack_depth() const noexcept { return std::abs(stack_position() - stack_start_); }

  QueryGuard& guard_;
  std::int64_t whole_limit_;
  std::int64_t limit_;
  std::int64_t used_ = 0;
  std::ptrdiff_t stack_start_ = stack_position();
  unsigned int asked_ = 0;
  bool exhausted_ = false;
  bool too_deep_ = false;
  MemoryMeter* outer_;
};

/// The allocator that SQLite had before. Not changed after the installation.
inline sqlite3_mem_methods plain_memory{};

/// The bytes of a block, with an estimate of what the allocator adds to it.
[[nodiscard]] inline std::int64_t cost_of(void* block) noexcept { return std::int64_t{plain_memory.xSize(block)} + 16; }

inline void* metered_allocate(int size) noexcept {
  auto* const meter = MemoryMeter::current;
  if (meter == nullptr) { return plain_memory.xMalloc(size); }
  if (!meter->admits(size)) { return nullptr; }
  void* const block = plain_memory.xMalloc(size);
  if (block != nullptr) { meter->count(cost_of(block)); }
  return block;
}

inline void metered_free(void* block) noexcept {
  auto* const meter = MemoryMeter::current;
  if (meter != nullptr && block != nullptr) { meter->count(-cost_of(block)); }
  plain_memory.xFree(block);
}

inline void* metered_reallocate(void* block, int size) noexcept {
  auto* const meter = MemoryMeter::current;
  if (meter == nullptr) { return plain_memory.xRealloc(block, size); }
  if (!meter->admits(size)) { return nullptr; }  // the whole size: both blocks exist during the copy
  const auto before = cost_of(block);
  void* const moved = plain_memory.xRealloc(block, size);
  if (moved != nullptr) { meter->count(cost_of(moved) - before); }
  return moved;
}

/// Wraps SQLite's allocator. To be called once, before threads exist.
[[nodiscard]] inline bool install_memory_meter() noexcept {
  if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain_memory) != SQLITE_OK) { return false; }
  auto metered = plain_memory;
  metered.xMalloc = &metered_allocate;
  metered.xFree = &metered_free;
  metered.xRealloc = &metered_reallocate;
  // SQLite sorts at least so many pages in one opcode; the size of a connection's cache can only raise it.
  constexpr unsigned int pages_of_a_sort = 16;
  return sqlite3_config(SQLITE_CONFIG_MALLOC, &metered) == SQLITE_OK &&
         sqlite3_config(SQLITE_CONFIG_PMASZ, pages_of_a_sort) == SQLITE_OK;
}

/// False if SQLite was in use before this was initialised.
inline const bool memory_meter_installed = install_memory_meter();

/// True if this thread has a meter that counts: the wrapper was installed and has not been replaced since.
[[nodiscard]] inline bool meter_works() noexcept {
  if (!memory_meter_installed || MemoryMeter::current == nullptr) { return false; }
  const auto before = MemoryMeter::current->used();
  void* const probe = sqlite3_malloc(64);
  const bool counted = MemoryMeter::current->used() != before;
  sqlite3_free(probe);
  return probe == nullptr || counted;
}

}  // namespace heddle::sealed_query
