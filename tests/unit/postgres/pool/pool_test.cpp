#include "heddle/postgres/pool/pool.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "unit/postgres/pool/fakes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

/// Lending connections. For the upkeep of idle connections see upkeep_test.cpp.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::ErrorCode;
using heddle::postgres::PoolConfig;
using pool_fakes::at_most;
using pool_fakes::await;
using pool_fakes::connect_to;
using pool_fakes::FakeClock;
using pool_fakes::FakeConnection;
using pool_fakes::FakeServer;
using support::code_of;
using Pool = heddle::postgres::pool::Pool<FakeConnection, FakeClock>;

struct Fixture {
  explicit Fixture(int connections) : pool(at_most(connections), connect_to(server)) {}
  explicit Fixture(const PoolConfig& config) : pool(config, connect_to(server)) {}

  std::optional<Pool::Lease> lend() { return pool.acquire({}); }
  void await_waits(int number) const {
    await([&] { return pool.statistics().wait_count >= number; });
  }

  FakeServer server;
  Pool pool;
};

/// A thread that acquires a connection.
class Asking {
 public:
  explicit Asking(Pool& pool)
      : thread_([this, &pool] {
          try {
            auto lease = pool.acquire(Context{}.with_stop(source_.get_token()));
            number = lease->number();
          } catch (const heddle::Error& error) { failure = error.code(); }
        }) {}
  void stop() { source_.request_stop(); }
  void join() { thread_.join(); }

  int number = 0;
  std::optional<ErrorCode> failure{};

 private:
  std::stop_source source_{};
  std::jthread thread_;
};

}  // namespace

TEST_CASE("a pool opens connections on demand and lends the most recently used one") {
  Fixture here(3);
  CHECK(here.server.opened == 0);
  auto first = here.lend();
  auto second = here.lend();
  CHECK((*first)->number() == 1);
  CHECK((**second).number() == 2);
  first.reset();
  second.reset();
  CHECK((*here.lend())->number() == 2);
  CHECK(here.server.open == 2);

  const auto numbers = here.pool.statistics();
  CHECK(numbers.total_connections == 2);
  CHECK(numbers.idle_connections == 2);
  CHECK(numbers.active_connections == 0);
  CHECK(numbers.max_connections == 3);
  CHECK(numbers.wait_count == 0);
  CHECK(numbers.wait_duration == 0ms);
}

TEST_CASE("a lease can be moved and returns its connection once") {
  Fixture here(1);
  auto lease = here.pool.acquire({});
  {
    const auto moved = std::move(lease);
    CHECK(here.pool.statistics().active_connections == 1);
  }
  CHECK(here.pool.statistics().active_connections == 0);
  CHECK(here.pool.statistics().idle_connections == 1);
}

TEST_CASE("many threads never use more connections than the maximum, and never share one") {
  for (const int maximum : {1, 5}) {
    Fixture here(maximum);
    support::together(64, [&](int number) {
      for (int round = 0; round < 50; ++round) {
        auto lease = here.pool.acquire({});
        ++lease->uses;
        if ((number + round) % 7 == 0) { lease.discard(); }
        if ((number + round) % 11 == 0) { std::this_thread::yield(); }
      }
    });
    CHECK(here.server.most_open <= maximum);
    const auto numbers = here.pool.statistics();
    CHECK(numbers.total_connections == here.server.open);
    CHECK(numbers.active_connections == 0);
    CHECK(numbers.max_connections == maximum);
  }
}

TEST_CASE("waiting threads are served in their order") {
  Fixture here(1);
  std::vector<int> order;
  std::vector<std::jthread> threads;
  auto lease = here.lend();
  for (int number = 0; number < 8; ++number) {
    threads.emplace_back([&, number] {
      const auto mine = here.pool.acquire({});
      order.push_back(number);  // guarded by the only connection
    });
    here.await_waits(number + 1);
  }
  std::this_thread::sleep_for(2ms);
  CHECK(here.pool.statistics().waiting_calls == 8);
  lease.reset();
  for (auto& each : threads) { each.join(); }
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(here.pool.statistics().waiting_calls == 0);
  CHECK(here.pool.statistics().wait_count == 8);
  CHECK(here.pool.statistics().wait_duration > 0ms);
  CHECK(here.server.opened == 1);
}

TEST_CASE("waiting ends at the deadline and when a stop is requested") {
  Fixture here(1);
  const auto lease = here.lend();
  CHECK(code_of([&] { (void)here.pool.acquire(Context{}.with_timeout(5ms)); }) == ErrorCode::deadline_exceeded);
  Asking other(here.pool);
  here.await_waits(2);
  other.stop();
  other.join();
  CHECK(other.failure == ErrorCode::cancelled);
  CHECK(here.pool.statistics().wait_count == 2);

  SUBCASE("and does not begin if the context is over") {
    CHECK(code_of([&] { (void)here.pool.acquire(Context{}.with_timeout(0ms)); }) == ErrorCode::deadline_exceeded);
    CHECK(here.pool.statistics().wait_count == 2);
  }
}

TEST_CASE("a thread that gives up in the middle of the queue is skipped") {
  Fixture here(1);
  auto lease = here.lend();
  Asking first(here.pool);
  here.await_waits(1);
  Asking second(here.pool);
  here.await_waits(2);
  first.stop();
  first.join();
  lease.reset();
  second.join();
  CHECK(first.failure == ErrorCode::cancelled);
  CHECK(second.number == 1);
}

TEST_CASE("a connection for a thread that gives up at that moment goes to the next one") {
  Fixture here(1);
  for (int round = 0; round < 300; ++round) {
    auto lease = here.lend();
    const bool discarded = round % 3 == 0;
    if (discarded) { lease->discard(); }
    const auto waits = static_cast<int>(here.pool.statistics().wait_count);
    Asking first(here.pool);
    here.await_waits(waits + 1);
    Asking second(here.pool);
    here.await_waits(waits + 2);
    support::together(2, [&](int number) { number == 0 ? lease.reset() : first.stop(); });
    first.join();
    second.join();
    REQUIRE(second.number > 0);
    REQUIRE((first.number > 0 || first.failure == ErrorCode::cancelled));
    REQUIRE(here.pool.statistics().idle_connections == 1);
    REQUIRE(here.pool.statistics().active_connections == 0);
  }
  CHECK(here.server.most_open == 1);
}

TEST_CASE("no connection is lost when deadlines pass while connections are returned") {
  Fixture here(2);
  std::atomic<int> served{0};
  support::together(16, [&](int number) {
    for (int round = 0; round < 60; ++round) {
      try {
        const auto lease = here.pool.acquire(Context{}.with_timeout(std::chrono::microseconds(50 * (number + 1))));
        ++served;
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      } catch (const heddle::Error&) { continue; }
    }
  });
  CHECK(served > 0);
  CHECK(here.pool.statistics().active_connections == 0);
  CHECK(here.server.most_open <= 2);
  auto one = here.lend();
  auto two = here.lend();
  CHECK(here.pool.statistics().active_connections == 2);
}

TEST_CASE("broken idle connections are replaced without an error") {
  Fixture here(3);
  {
    auto one = here.lend();
    auto two = here.lend();
    auto three = here.lend();
  }
  here.server.restart();
  auto lease = here.lend();
  CHECK((*lease)->is_alive());
  CHECK((*lease)->number() == 4);
  CHECK(here.server.open == 1);
  CHECK(here.server.most_open == 3);
  CHECK(here.pool.statistics().total_connections == 1);
}

TEST_CASE("a pool recovers from an outage of the server") {
  Fixture here(2);
  {
    auto one = here.lend();
    auto two = here.lend();
  }
  here.server.down = true;
  here.server.restart();
  for (int round = 0; round < 5; ++round) {
    CHECK(code_of([&] { (void)here.lend(); }) == ErrorCode::unavailable);
  }
  CHECK(here.pool.statistics().total_connections == 0);
  here.server.down = false;
  CHECK((*here.lend())->is_alive());
}

TEST_CASE("a thread that fails to connect lets the next one try") {
  Fixture here(1);
  auto lease = here.lend();
  Asking first(here.pool);
  here.await_waits(1);
  Asking second(here.pool);
  here.await_waits(2);
  here.server.down = true;
  lease->discard();
  lease.reset();
  first.join();
  second.join();
  CHECK(first.failure == ErrorCode::unavailable);
  CHECK(second.failure == ErrorCode::unavailable);
  CHECK(here.server.refused == 2);
  CHECK(here.pool.statistics().total_connections == 0);
}

TEST_CASE("any failure to open a connection frees its slot") {
  FakeServer server;
  int calls = 0;
  Pool pool(at_most(1), [&](const Context&) -> std::unique_ptr<FakeConnection> {
    ++calls;
    if (calls == 1) { throw std::runtime_error("something else"); }
    if (calls == 2) { return nullptr; }
    return std::make_unique<FakeConnection>(server);
  });
  CHECK_THROWS_AS((void)pool.acquire({}), std::runtime_error);
  CHECK(code_of([&] { (void)pool.acquire({}); }) == ErrorCode::unavailable);
  CHECK(pool.statistics().total_connections == 0);
  CHECK(pool.acquire({})->number() == 1);
}

TEST_CASE("a returned connection that cannot be used again is closed") {
  PoolConfig config = at_most(1);
  SUBCASE("discarded") {
    Fixture here(config);
    auto lease = here.lend();
    lease->discard();
    CHECK((*lease)->number() == 1);
    CHECK(here.server.open == 1);
    lease.reset();
    CHECK(here.server.open == 0);
    CHECK((*here.lend())->number() == 2);
  }
  SUBCASE("with an open transaction") {
    Fixture here(config);
    auto lease = here.lend();
    (*lease)->clean = false;
    lease.reset();
    CHECK(here.server.open == 0);
  }
  SUBCASE("too old") {
    config.max_lifetime = 3600s;
    Fixture here(config);
    auto lease = here.lend();
    FakeClock::advance(3200s);
    lease.reset();
    CHECK(here.server.open == 1);
    lease.emplace(here.pool.acquire({}));
    CHECK((*lease)->number() == 1);
    FakeClock::advance(400s);
    lease.reset();
    CHECK(here.server.open == 0);
  }
}

TEST_CASE("a closed pool lends nothing and refuses waiting threads") {
  Fixture here(2);
  auto lease = here.lend();
  auto idle = here.lend();
  std::optional<Asking> waiting;
  SUBCASE("with a waiting thread") {
    waiting.emplace(here.pool);
    here.await_waits(1);
  }
  SUBCASE("with an idle connection") { idle.reset(); }
  here.pool.close();
  if (waiting) {
    waiting->join();
    CHECK(waiting->failure == ErrorCode::failed_precondition);
    idle.reset();
  }
  CHECK(code_of([&] { (void)here.lend(); }) == ErrorCode::failed_precondition);
  CHECK(here.server.open == 1);
  CHECK((*lease)->is_alive());
  lease.reset();
  CHECK(here.server.open == 0);
  CHECK(here.pool.statistics().total_connections == 0);
  here.pool.close();
}

TEST_CASE("a connection that was opened while the pool was closed is not lent") {
  FakeServer server;
  Pool* closing = nullptr;
  Pool pool(at_most(1), [&](const Context&) {
    closing->close();
    return std::make_unique<FakeConnection>(server);
  });
  closing = &pool;
  CHECK(code_of([&] { (void)pool.acquire({}); }) == ErrorCode::failed_precondition);
  CHECK(server.open == 0);
}

TEST_CASE("a pool can be closed by several threads while others use it") {
  PoolConfig config;
  config.max_connections = 3;
  config.min_connections = 2;
  for (int round = 0; round < 20; ++round) {
    Fixture here(config);
    std::atomic<int> refused{0};
    support::together(12, [&](int number) {
      try {
        for (int turn = 0;; ++turn) {
          if (number < 2 && turn == 5) { here.pool.close(); }
          const auto lease = here.pool.acquire({});
          std::this_thread::yield();
        }
      } catch (const heddle::Error& error) {
        if (error.code() == ErrorCode::failed_precondition) { ++refused; }
      }
    });
    CHECK(refused == 12);
    CHECK(here.server.open == 0);
    CHECK(here.server.most_open <= 3);
    CHECK(here.pool.statistics().total_connections == 0);
  }
}
