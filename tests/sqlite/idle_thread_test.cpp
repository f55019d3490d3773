#include "heddle/sqlite/indexing/idle_thread.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

using namespace heddle;
using Clock = std::chrono::steady_clock;

namespace {

struct Turns {
  std::atomic<int> taken{0};
  std::atomic<int> left{0};  ///< of which each turn does one

  static bool take(Turns* turns) noexcept {
    ++turns->taken;
    // So long that there are calls meanwhile.
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (turns->left > 0) { --turns->left; }
    return turns->left > 0;
  }
};

}  // namespace

TEST_CASE("the thread that fills the index rests between turns while there are calls, also if nothing is left") {
  for (const int left : {0, 1'000'000}) {
    Turns turns{.left = left};
    sqlite::indexing::IdleThread<Turns> thread(&turns, &Turns::take);
    const auto start = Clock::now();
    int calls = 0;
    // As a thread that saves, until there would have been many turns.
    for (; Clock::now() - start < std::chrono::milliseconds(300); ++calls) {
      thread.wake();
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    const auto longest = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count();
    CHECK(turns.taken > 0);
    // Without a rest there would be some 150.
    CHECK(turns.taken <= longest / 40 + 2);
  }
}

TEST_CASE("the thread that fills the index takes turns without a rest when there are no calls") {
  Turns turns{.left = 100};
  sqlite::indexing::IdleThread<Turns> thread(&turns, &Turns::take);
  thread.wake();
  while (turns.left > 0) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  CHECK(turns.taken == 100);
}
