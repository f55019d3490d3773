#include "heddle/sealed_query/query_gate.hpp"

#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;
using sealed_query::QueryGate;
using support::code_of;

TEST_CASE("a budget admits so many queries and bytes at once, and what leaves makes room") {
  QueryGate gate({.queries = 2, .bytes = 100});
  std::optional<QueryGate::Admission> first = gate.try_enter(60);
  REQUIRE(first);
  CHECK_FALSE(gate.try_enter(41));
  std::optional<QueryGate::Admission> second = gate.try_enter(40);
  REQUIRE(second);
  CHECK_FALSE(gate.try_enter(0));
  second.reset();
  CHECK(gate.try_enter(40));
  first->resize(10);
  CHECK(gate.try_enter(90));
  first->resize(500);  // what is in memory is counted, whatever the budget
  CHECK_FALSE(gate.try_enter(1));
  first.reset();
  CHECK(gate.try_enter(100));
}

TEST_CASE("a query that finds no room waits for its patience, its deadline or a stop") {
  QueryGate gate({.queries = 1, .bytes = 100});
  const Context context;
  CHECK(code_of([&] { static_cast<void>(gate.enter(101, context, 1h)); }) == ErrorCode::resource_exhausted);
  CHECK(code_of([&] { static_cast<void>(gate.enter(SIZE_MAX, context, 1h)); }) == ErrorCode::resource_exhausted);
  const auto running = gate.enter(100, context, 1h);
  CHECK(code_of([&] { static_cast<void>(gate.enter(1, context, 1ms)); }) == ErrorCode::resource_exhausted);
  CHECK(code_of([&] { static_cast<void>(gate.enter(1, context.with_timeout(1ms), 1h)); }) ==
        ErrorCode::resource_exhausted);
  std::stop_source stop;
  const std::jthread stopper([&stop] {
    std::this_thread::sleep_for(10ms);
    stop.request_stop();
  });
  CHECK(code_of([&] { static_cast<void>(gate.enter(1, context.with_stop(stop.get_token()), 1h)); }) ==
        ErrorCode::cancelled);
}

TEST_CASE("queries are admitted in the order of arrival: a small one does not overtake a large one") {
  QueryGate gate({.queries = 10, .bytes = 100});
  const Context context;
  std::optional<QueryGate::Admission> running = gate.try_enter(50);
  REQUIRE(running);
  std::atomic<bool> large_entered{false};
  std::thread large([&] {
    const auto admission = gate.enter(100, context, 1h);
    large_entered = true;
  });
  while (gate.try_enter(1)) { std::this_thread::sleep_for(1ms); }  // until the large one waits
  std::thread small([&] {
    const auto admission = gate.enter(1, context, 1h);
    CHECK(large_entered);
  });
  running.reset();
  large.join();
  small.join();
  CHECK(gate.try_enter(100));
}

TEST_CASE("one that gives up lets those behind it in") {
  QueryGate gate({.queries = 10, .bytes = 100});
  const Context context;
  const std::optional<QueryGate::Admission> running = gate.try_enter(50);
  REQUIRE(running);
  std::stop_source stop;
  std::thread large([&] {
    CHECK(code_of([&] { static_cast<void>(gate.enter(100, context.with_stop(stop.get_token()), 1h)); }) ==
          ErrorCode::cancelled);
  });
  while (gate.try_enter(1)) { std::this_thread::sleep_for(1ms); }
  std::thread small([&] { const auto admission = gate.enter(50, context, 1h); });
  stop.request_stop();
  large.join();
  small.join();
}

TEST_CASE("many threads never use more than the budget") {
  QueryGate gate({.queries = 3, .bytes = 100});
  std::atomic<std::int64_t> queries{0};
  std::atomic<std::int64_t> bytes{0};
  std::atomic<bool> exceeded{false};
  std::vector<std::thread> threads;
  for (std::int64_t number = 1; number <= 8; ++number) {
    threads.emplace_back([&, number] {
      const Context context;
      for (int i = 0; i < 200; ++i) {
        const std::int64_t needed = number * 12 - i % 10;
        const auto admission = gate.enter(static_cast<std::size_t>(needed), context, 1h);
        if (++queries > 3 || (bytes += needed) > 100) { exceeded = true; }
        std::this_thread::yield();
        bytes -= needed;
        --queries;
      }
    });
  }
  for (auto& thread : threads) { thread.join(); }
  CHECK_FALSE(exceeded);
}
