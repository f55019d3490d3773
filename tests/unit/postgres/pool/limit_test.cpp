#include "heddle/postgres/pool/pool.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "unit/postgres/pool/fakes.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <vector>

/// The server allows fewer connections than the pool.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::ErrorCode;
using pool_fakes::at_most;
using pool_fakes::await;
using pool_fakes::connect_to;
using pool_fakes::FakeClock;
using pool_fakes::FakeConnection;
using pool_fakes::FakeServer;
using support::code_of;
using Pool = heddle::postgres::pool::Pool<FakeConnection, FakeClock>;

struct Fixture {
  Fixture() : pool(at_most(8), connect_to(server)) {}

  FakeServer server;
  Pool pool;
};

}  // namespace

TEST_CASE("a pool whose server allows fewer connections shares those that it has") {
  Fixture here;
  here.server.limit = 3;
  std::atomic<int> served{0};
  // All that the server allows, until it has refused one.
  std::vector<Pool::Lease> held;
  for (int number = 0; number < 3; ++number) { held.push_back(here.pool.acquire({})); }
  std::vector<std::jthread> threads;
  for (int number = 0; number < 8; ++number) {
    threads.emplace_back([&] {
      for (int round = 0; round < 100; ++round) {
        auto lease = here.pool.acquire(Context{}.with_timeout(1min));
        ++lease->uses;
        std::this_thread::yield();
        ++served;
      }
    });
  }
  await([&] { return here.server.refused > 0; });
  held.clear();
  threads.clear();
  CHECK(served == 800);
  CHECK(here.server.refused > 0);
  CHECK(here.server.open <= 3);
  CHECK(here.pool.statistics().active_connections == 0);
}

TEST_CASE("a pool whose server allows it no connection fails at once, for all who ask") {
  Fixture here;
  here.server.limit = 0;
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> failed{0};
    {
      std::vector<std::jthread> threads;
      for (int number = 0; number < 8; ++number) {
        threads.emplace_back([&] {
          if (code_of([&] { static_cast<void>(here.pool.acquire({})); }) == ErrorCode::unavailable) { ++failed; }
        });
      }
    }
    REQUIRE(failed == 8);
  }
  CHECK(here.pool.statistics().total_connections == 0);
}

TEST_CASE("waiting for a connection at the server's limit ends at the deadline") {
  Fixture here;
  here.server.limit = 1;
  const auto lease = here.pool.acquire({});
  CHECK(code_of([&] { static_cast<void>(here.pool.acquire(Context{}.with_timeout(100ms))); }) ==
        ErrorCode::deadline_exceeded);
  CHECK(here.pool.statistics().total_connections == 1);
}

TEST_CASE("a thread that holds the only connection that the server allows does not wait for itself") {
  Fixture here;
  here.server.limit = 1;
  auto lease = std::optional<Pool::Lease>(here.pool.acquire({}));
  const ErrorCode code = code_of([&] { static_cast<void>(here.pool.acquire({}, 1)); });
  CHECK((code == ErrorCode::unavailable || code == ErrorCode::resource_exhausted));
  // Another one waits, and is not left alone.
  auto waiting =
      std::async(std::launch::async, [&] { return here.pool.acquire(Context{}.with_timeout(1min))->number(); });
  await([&] { return here.pool.statistics().wait_count > 0; });
  const ErrorCode again = code_of([&] { static_cast<void>(here.pool.acquire({}, 1)); });
  CHECK((again == ErrorCode::unavailable || again == ErrorCode::resource_exhausted));
  lease.reset();
  CHECK(waiting.get() == 1);
}

TEST_CASE("a waiting thread gets a new connection when the server allows more again") {
  Fixture here;
  here.server.limit = 1;
  const auto lease = here.pool.acquire({});
  auto waiting =
      std::async(std::launch::async, [&] { return here.pool.acquire(Context{}.with_timeout(1min))->number(); });
  await([&] { return here.pool.statistics().wait_count > 0; });
  here.server.limit = 2;
  CHECK(waiting.get() > 1);
}
