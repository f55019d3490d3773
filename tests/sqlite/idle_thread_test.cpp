#include "heddle/sqlite/indexing/idle_thread.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

using namespace heddle;
using Clock = std::chrono::steady_clock;

namespace {

struct Turns {
  int left = 0;            ///< of which each turn does one
  bool has_calls = false;  ///< a call comes during each turn
  std::atomic<int> taken{0};
  sqlite::indexing::IdleThread<Turns> thread{this, &Turns::take};  ///< the last member: it uses the others

  static bool take(Turns* turns, const std::stop_token& /*stop*/) noexcept {
    if (turns->has_calls) { turns->thread.wake(); }
    if (turns->left > 0) { --turns->left; }
    const bool goes_on = turns->left > 0;
    ++turns->taken;
    return goes_on;
  }

  void wait_for(int number) const {
    while (taken < number) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  }
};

}  // namespace

TEST_CASE("the thread that fills the index rests between turns while there are calls, also if nothing is left") {
  for (const int left : {0, 1'000'000}) {
    Turns turns{.left = left, .has_calls = true};
    const auto start = Clock::now();
    turns.thread.wake();
    turns.wait_for(4);
    CHECK(Clock::now() - start >= 3 * std::chrono::milliseconds(50));
  }
}

TEST_CASE("the thread that fills the index takes turns until nothing is left when there are no calls") {
  Turns turns{.left = 100};
  turns.thread.wake();
  turns.wait_for(100);
  CHECK(turns.left == 0);
}
