#include "support/session_model.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/long_run.hpp"
#include "support/session_steps.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>

using namespace heddle;

/// Random appends, forks, rewinds, folds, redactions and deletions, each cut at one message of the protocol: it is
/// stored whole or not at all, what was acknowledged is stored, and what is in doubt is stored once by a repeat.
TEST_CASE("postgres faults: sessions are what plain vectors say, wherever a connection is cut") {
  support::ProxiedBackend here(1);
  postgres::Config past_the_proxy = here.migrated().config();
  past_the_proxy.pool.min_connections = 1;
  past_the_proxy.pool.max_connections = 1;
  Backend<Postgres> direct(past_the_proxy);
  here.store().delete_session({}, "session");
  constexpr std::uint32_t seed = 4711;
  std::mt19937 random(seed);
  support::SessionModel model(seed);
  const std::int64_t steps = support::size_of_run(150, 20'000);
  int acknowledged = 0;
  int lost = 0;
  for (std::int64_t number = 0; number < steps; ++number) {
    const support::Step step = model.next();
    CAPTURE(number);
    CAPTURE(static_cast<int>(step.kind));
    const auto direction = random() % 2 == 0 ? support::Direction::to_server : support::Direction::to_client;
    const auto arrival = random() % 2 == 0 ? support::Arrival::is_lost : support::Arrival::arrives;
    here.proxy().cut_at(direction, 1 + static_cast<int>(random() % 50), arrival);
    const std::string key = "step " + std::to_string(number);
    bool returned = false;
    bool in_doubt = false;
    try {
      support::make(here.store(), {}, step, key);
      returned = true;
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::unavailable);
      in_doubt = error.in_doubt();
    }
    here.proxy().cut_nothing();
    here.proxy().cut_all();
    // The one that is left is past the proxy.
    while (here.connections() > 1) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
    const bool unchanged = model.difference(direct.session_storage(), {}).empty();
    if (!returned && !in_doubt) {
      REQUIRE(unchanged);
      ++lost;
      continue;
    }
    model.make(step);
    if (returned || !unchanged) { REQUIRE(model.difference(direct.session_storage(), {}) == ""); }
    // Also where nothing shows that it is stored: no window has a fold within another one.
    if (in_doubt) { support::make(direct.session_storage(), {}, step, key); }
    REQUIRE(model.difference(direct.session_storage(), {}) == "");
    ++acknowledged;
  }
  MESSAGE(acknowledged << " steps were stored, " << lost << " were not");
  CHECK(acknowledged > steps / 10);
  CHECK(lost > steps / 10);
}
