#include "conformance/erasures.hpp"
#include "postgres/outages/cut_in_turn.hpp"
#include "postgres/outages/cuts.hpp"
#include "postgres/proxied_backend.hpp"
#include "postgres/round_trips.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::ProxiedBackend;

// What an erasure sends to the server: how often, and what becomes of it where the connection is cut.

TEST_CASE("postgres faults: an erasure whose connection is cut goes on, counts nothing twice, and leaves nothing") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(here.direct_config());
  fill(direct, alice);
  fill(direct, bob);
  const Exported of_bob = exported(direct, bob);
  const auto expected = erase_user(direct, alice, {.idempotency_key = "k"}).counts;
  CHECK(expected.size() > 20);
  const auto stride = static_cast<int>(support::size_of_run(71, 3));
  int doubts = 0;
  const auto prepare = [&](const Context& tenant) { fill(direct, tenant); };
  const auto attempt = [&](const Context& tenant) { erase_user(*here, tenant, {.idempotency_key = "k"}); };
  const int cuts = cuts::cut_in_turn(here, here.proxy(), stride, prepare, attempt,
                                     [&](const Context& tenant, const cuts::Fate& fate) {
                                       doubts += static_cast<int>(fate.in_doubt);
                                       CHECK(erase_user(direct, tenant, {.idempotency_key = "k"}).counts == expected);
                                       CHECK(exported(direct, tenant).report.records == 0);
                                     });
  CHECK(cuts > 26);
  CHECK(doubts > 0);
  CHECK(exported(direct, bob).bytes == of_bob.bytes);
}

TEST_CASE("an erasure makes some round trips for each batch, and none for each record") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(here.direct_config());
  const auto round_trips = [&](const Context& tenant) {
    erase_user(*here, Context::for_user("another"), {.idempotency_key = tenant.user_id});
    return support::round_trips(here.proxy(), [&] { erase_user(*here, tenant, {.idempotency_key = "k"}); });
  };
  CHECK(round_trips(Context::for_user("nothing")) == 30);
  const auto with_sessions = [&](int sessions, int messages) {
    const Context tenant = tenant_with_sessions(direct, sessions, messages);
    for (int number = 0; number < sessions; ++number) {
      direct.error_store().store(tenant, {.tool_name = "t", .raw_error = "e"});
    }
    return tenant;
  };
  const auto few = round_trips(with_sessions(2, 3));
  CHECK(few == 33);
  CHECK(round_trips(with_sessions(90, 10)) == few);
  // Two batches of messages more.
  CHECK(round_trips(with_sessions(1, 2500)) == few + 2);
}
