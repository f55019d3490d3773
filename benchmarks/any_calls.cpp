// What a call through AnyBackend costs more than one of a backend of a known type, by a call that does almost nothing:
// thousands of them at a time, in rotated rounds.
//
//     any_calls [ROUNDS]
#include "comparison.hpp"
#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"

#include <cstdlib>
#include <stdexcept>

namespace {

/// 1,000 calls, so that microseconds are the nanoseconds of one.
template <class Storage>
void call(Storage& storage) {
  for (int index = 0; index < 1000; ++index) {
    if (storage.session_storage().remove_cleanup_hook(heddle::CleanupHookId{0})) {
      throw std::runtime_error("there is no hook");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  return benchmarks::exit_status([&] {
    const heddle::sqlite::Config config{.path = ":memory:"};
    heddle::Backend<heddle::Sqlite> backend(config);
    auto handle = heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(config);
    benchmarks::Comparison("sqlite, in memory", 0)
        .run("1,000 calls that do nothing",
             {{"heddle", [&](int) { call(backend); }}, {"any", [&](int) { call(handle); }}},
             argc > 1 ? std::atoi(argv[1]) : 101, 100);
  });
}
