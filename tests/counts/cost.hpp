#pragma once

#include <cstdint>

namespace counts {

/// What a thread has spent so far.
struct Cost {
  std::int64_t vm_steps = 0;            ///< instructions of SQLite's virtual machine
  std::int64_t allocations = 0;         ///< calls of operator new
  std::int64_t sqlite_allocations = 0;  ///< calls of SQLite's allocator

  friend Cost operator-(Cost a, const Cost& b) noexcept {
    a.vm_steps -= b.vm_steps;
    a.allocations -= b.allocations;
    a.sqlite_allocations -= b.sqlite_allocations;
    return a;
  }
};

/// Returns what the calling thread has spent. Other threads of a backend do not count: callers do not wait for them.
inline Cost& spent() noexcept {
  thread_local constinit Cost cost;
  return cost;
}

/// Makes SQLite count from now on, for all connections that are opened later. The first call must be made before SQLite
/// is used.
void count_sqlite();

}  // namespace counts
