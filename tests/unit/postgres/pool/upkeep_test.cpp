#include "heddle/postgres/pool/pool.hpp"
#include "support/crew.hpp"
#include "unit/postgres/pool/fakes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

/// The upkeep of idle connections.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::detail::pool::Limits;
using heddle::postgres::PoolConfig;
using heddle::postgres::pool::limits_of;
using pool_fakes::await;
using pool_fakes::connect_to;
using pool_fakes::FakeClock;
using pool_fakes::FakeConnection;
using pool_fakes::FakeServer;
using Slots = heddle::detail::pool::Slots<FakeConnection, FakeClock>;
using Upkeep = heddle::postgres::pool::Upkeep<FakeConnection, FakeClock>;
using Pool = heddle::postgres::pool::Pool<FakeConnection, FakeClock>;

PoolConfig sizes(int minimum, int maximum) {
  PoolConfig config;
  config.max_connections = maximum;
  config.min_connections = minimum;
  return config;
}

/// The parts of a pool whose upkeep rounds the test runs.
struct Parts {
  explicit Parts(const PoolConfig& config) : slots(limits_of(config)), upkeep(slots, factory) {}

  void round() { upkeep.run_round(std::stop_token()); }

  /// Acquires that many connections at the same time and returns them.
  void use(std::size_t number) {
    std::vector<Slots::Slot> held;
    while (held.size() < number) {
      held.push_back(slots.acquire({}, 0));
      if (held.back().connection() == nullptr) { held.back().fill(factory({})); }
      held.back().mark_used();
    }
  }

  [[nodiscard]] auto idle() const { return slots.statistics().idle_connections; }
  [[nodiscard]] auto total() const { return slots.statistics().total_connections; }

  FakeServer server{};
  Upkeep::Factory factory = connect_to(server);
  Slots slots;
  Upkeep upkeep;
};

}  // namespace

TEST_CASE("the minimum is opened, and again after a loss") {
  Parts parts(sizes(3, 5));
  CHECK(parts.server.opened == 0);
  parts.round();
  CHECK(parts.idle() == 3);
  {
    auto slot = parts.slots.acquire({}, 0);
    slot.close();
  }
  CHECK(parts.total() == 2);
  parts.round();
  CHECK(parts.idle() == 3);
  CHECK(parts.server.opened == 4);
}

TEST_CASE("idle connections beyond the minimum are closed") {
  PoolConfig config = sizes(2, 6);
  config.health_check_interval = 0s;
  Parts parts(config);
  parts.use(5);
  FakeClock::advance(200s);
  parts.use(1);
  parts.round();
  CHECK(parts.idle() == 5);
  FakeClock::advance(100s);
  parts.round();
  CHECK(parts.idle() == 2);
  CHECK(parts.server.open == 2);
  CHECK(parts.slots.acquire({}, 0).connection()->number() == 5);  // the most recently used one stays
  FakeClock::advance(1000s);
  parts.round();
  CHECK(parts.idle() == 2);
  CHECK(parts.server.opened == 5);
}

TEST_CASE("a health check does not reset the age of a connection") {
  PoolConfig config = sizes(0, 3);
  config.max_idle_time = 100s;
  Parts parts(config);
  parts.use(2);
  for (int round = 0; round < 3; ++round) {
    FakeClock::advance(31s);
    parts.round();
    CHECK(parts.idle() == 2);
  }
  CHECK(parts.server.checks == 6);
  FakeClock::advance(31s);
  parts.round();
  CHECK(parts.idle() == 0);
}

TEST_CASE("old connections are replaced, not all at once") {
  PoolConfig config = sizes(20, 20);
  config.health_check_interval = config.max_idle_time = 0s;
  Parts parts(config);
  parts.round();
  REQUIRE(parts.server.opened == 20);
  FakeClock::advance(3200s);
  parts.round();
  CHECK(parts.server.opened == 20);
  int most_at_once = 0;
  for (int step = 0; step < 40; ++step) {
    FakeClock::advance(10s);
    const int before = parts.server.opened;
    parts.round();
    most_at_once = std::max(most_at_once, parts.server.opened - before);
    CHECK(parts.idle() == 20);
  }
  CHECK(parts.server.opened == 40);
  CHECK(most_at_once <= 3);
}

TEST_CASE("idle connections are checked regularly, and those that do not respond are replaced") {
  Parts parts(sizes(2, 4));
  parts.round();
  parts.round();
  CHECK(parts.server.checks == 0);
  FakeClock::advance(30s);
  parts.round();
  parts.round();
  CHECK(parts.server.checks == 2);
  SUBCASE("used meanwhile: known to respond") {
    FakeClock::advance(20s);
    parts.use(2);
    FakeClock::advance(20s);
    parts.round();
    CHECK(parts.server.checks == 2);
  }
  SUBCASE("silent") {
    parts.server.silent = true;
    FakeClock::advance(30s);
    parts.round();
    CHECK(parts.server.checks == 4);
    CHECK(parts.server.opened == 4);
    CHECK(parts.idle() == 2);
  }
  SUBCASE("broken, which needs no check") {
    parts.server.restart();
    FakeClock::advance(30s);
    parts.round();
    CHECK(parts.server.checks == 2);
    CHECK(parts.server.opened == 4);
    CHECK(parts.idle() == 2);
  }
}

TEST_CASE("an unreachable server is tried again at growing intervals") {
  Parts parts(sizes(2, 4));
  parts.server.down = true;
  for (int second = 0; second < 60; ++second) {
    parts.round();
    FakeClock::advance(1s);
  }
  const int attempts = parts.server.refused;
  CHECK(attempts >= 5);
  CHECK(attempts <= 10);
  CHECK(parts.total() == 0);
  parts.server.down = false;
  FakeClock::advance(15s);
  parts.round();
  CHECK(parts.idle() == 2);
}

TEST_CASE("opened and checked connections go to waiting threads") {
  Parts parts(sizes(1, 1));
  std::optional<Slots::Slot> slot(parts.slots.acquire_missing());
  REQUIRE(slot);
  slot->fill(parts.factory({}));
  int number = 0;
  std::jthread waiting([&] { number = parts.slots.acquire({}, 0).connection()->number(); });
  await([&] { return parts.slots.statistics().wait_count == 1; });
  slot.reset();
  waiting.join();
  CHECK(number == 1);
}

TEST_CASE("upkeep does nothing for a closed pool") {
  Parts parts(sizes(2, 4));
  parts.round();
  parts.slots.close();
  FakeClock::advance(4000s);
  parts.round();
  CHECK(parts.server.opened == 2);
  CHECK(parts.server.open == 0);
}

TEST_CASE("unlimited durations never end, and invalid numbers are corrected") {
  PoolConfig config = sizes(-1, 0);
  config.max_idle_time = std::chrono::seconds::max();
  config.max_lifetime = 0s;
  config.health_check_interval = -1s;
  const Limits limits = limits_of(config);
  CHECK(limits.max_connections == 1);
  CHECK(limits.min_connections == 0);
  CHECK(limits.max_idle_time == Limits::never);
  CHECK_FALSE(limits.need_upkeep());
  CHECK(limits_of(sizes(9, 4)).min_connections == 4);

  Parts parts(config);
  parts.use(1);
  FakeClock::advance(10'000'000s);
  parts.round();
  CHECK(parts.idle() == 1);
  CHECK(parts.server.checks == 0);
}

TEST_CASE("the thread of a pool opens the minimum and replaces at once what is lost") {
  PoolConfig config = sizes(3, 4);
  config.max_idle_time = config.max_lifetime = config.health_check_interval = 0s;
  FakeServer server;
  Pool pool(config, connect_to(server));
  const auto is_full = [&] { return pool.statistics().idle_connections == 3; };
  await(is_full);
  // If this needed a regular round each time, the test would not end in time.
  for (int round = 0; round < 20; ++round) {
    {
      auto lease = pool.acquire({});
      lease.discard();
    }
    await(is_full);
  }
  CHECK(server.opened == 23);
  pool.close();
  CHECK(server.open == 0);
}

TEST_CASE("the thread of a pool runs rounds by itself, also after an outage") {
  PoolConfig config = sizes(2, 4);
  config.health_check_interval = 1s;
  FakeServer server;
  server.down = true;
  Pool pool(config, connect_to(server));
  await([&] { return server.refused > 0; });
  server.down = false;
  await([&] {
    FakeClock::advance(1s);
    return pool.statistics().idle_connections == 2;
  });
  await([&] {
    FakeClock::advance(1s);
    return server.checks > 2;
  });
  server.restart();
  await([&] {
    FakeClock::advance(1s);
    return server.opened >= 4 && pool.statistics().idle_connections == 2;
  });
  CHECK(server.most_open <= 4);
}

TEST_CASE("a pool ends while its thread is opening a connection") {
  std::atomic<bool> opening{false};
  Pool pool(sizes(1, 1), [&](const Context& context) -> std::unique_ptr<FakeConnection> {
    opening = true;
    await([&] { return context.is_over(); });
    context.check();
    return nullptr;
  });
  await([&] { return opening.load(); });
  pool.close();
  CHECK(pool.statistics().total_connections == 0);
}

TEST_CASE("upkeep and callers work at the same time") {
  PoolConfig config = sizes(2, 4);
  config.health_check_interval = 1s;
  config.max_idle_time = 1s;
  config.max_lifetime = 5s;
  FakeServer server;
  {
    Pool pool(config, connect_to(server));
    std::jthread time([](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        FakeClock::advance(1s);
        std::this_thread::sleep_for(1ms);
      }
    });
    support::together(12, [&](int number) {
      for (int round = 0; round < 300; ++round) {
        try {
          auto lease = pool.acquire(Context{}.with_timeout(number == 0 ? 1ms : 1h));
          ++lease->uses;
          if (round % 50 == number) { std::this_thread::sleep_for(1ms); }
        } catch (const heddle::Error&) { continue; }
        if (round == 200 && number == 1) { server.restart(); }
      }
    });
    CHECK(pool.statistics().active_connections <= 1);
    CHECK(server.most_open <= 4);
  }
  CHECK(server.open == 0);
}
