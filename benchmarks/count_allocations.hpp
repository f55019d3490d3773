#pragma once

#include <cstdint>

namespace benchmarks {

/// Returns how many times the program has allocated by `operator new`. SQLite and libpq have allocators of their own.
/// count_allocations.cpp replaces the operators of the program that it is linked into.
[[nodiscard]] std::int64_t allocations();

}  // namespace benchmarks
