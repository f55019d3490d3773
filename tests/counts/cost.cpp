#include "counts/cost.hpp"

#include <cstdlib>
#include <new>
#include <stdexcept>
#include <utility>

#include <sqlite3.h>

// NOLINTBEGIN(cppcoreguidelines-no-malloc): these are the functions that others use instead of malloc
void* operator new(std::size_t size) {
  ++counts::spent().allocations;
  if (void* const block = std::malloc(size == 0 ? 1 : size)) { return block; }
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t /*size*/) noexcept { std::free(block); }
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace counts {

namespace {

/// SQLite's own allocator.
sqlite3_mem_methods& usual() {
  static sqlite3_mem_methods methods{};
  return methods;
}

int end_of_statement(unsigned /*event*/, void* /*context*/, void* statement, void* /*nanoseconds*/) {
  // Resets the counter of the statement.
  spent().vm_steps += sqlite3_stmt_status(static_cast<sqlite3_stmt*>(statement), SQLITE_STMTSTATUS_VM_STEP, 1);
  return 0;
}

int watch(sqlite3* connection, const char** /*error*/, const void* /*functions*/) {
  return sqlite3_trace_v2(connection, SQLITE_TRACE_PROFILE, &end_of_statement, nullptr);
}

}  // namespace

void count_sqlite() {
  static bool counts = false;
  if (std::exchange(counts, true)) { return; }
  const auto require = [](int code) {
    if (code != SQLITE_OK) { throw std::runtime_error("SQLite was used before count_sqlite()"); }
  };
  require(sqlite3_config(SQLITE_CONFIG_GETMALLOC, &usual()));
  sqlite3_mem_methods counting = usual();
  counting.xMalloc = [](int size) {
    ++spent().sqlite_allocations;
    return usual().xMalloc(size);
  };
  counting.xRealloc = [](void* block, int size) {
    ++spent().sqlite_allocations;
    return usual().xRealloc(block, size);
  };
  require(sqlite3_config(SQLITE_CONFIG_MALLOC, &counting));
  require(sqlite3_auto_extension(reinterpret_cast<void (*)()>(&watch)));
}

}  // namespace counts
