#include "conformance/erasures.hpp"
#include "postgres/outages/cuts.hpp"
#include "postgres/proxied_backend.hpp"
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

namespace {

/// Returns a configuration without the proxy, of a role whose connections nothing counts.
postgres::Config direct_config(ProxiedBackend& here) {
  postgres::Config config = here.migrated().config();
  config.dsn = here.migrated().database().superuser_dsn();
  config.allow_role_without_row_security = true;
  return config;
}

}  // namespace

TEST_CASE("postgres faults: an erasure whose connection is cut goes on, counts nothing twice, and leaves nothing") {
  using support::Arrival;
  using support::Direction;
  ProxiedBackend here(1);
  Backend<Postgres> direct(direct_config(here));
  fill(direct, alice);
  fill(direct, bob);
  const Exported of_bob = exported(direct, bob);
  const auto expected = erase_user(direct, alice, {.idempotency_key = "k"}).counts;
  CHECK(expected.size() > 20);
  const auto stride = static_cast<int>(support::size_of_run(71, 3));
  int tenants = 0;
  int doubts = 0;
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    for (const auto arrival : {Arrival::is_lost, Arrival::arrives}) {
      bool was_cut = true;
      // Other messages for each of them.
      for (int at = 1 + tenants % stride; was_cut; at += stride) {
        CAPTURE(at);
        const Context tenant = Context::for_user("tenant " + std::to_string(++tenants));
        fill(direct, tenant);
        here.cut_all_and_wait();
        const int before = here.proxy().cuts();
        here.proxy().cut_at(direction, at, arrival);
        const cuts::Fate fate = cuts::fate_of([&] { erase_user(*here, tenant, {.idempotency_key = "k"}); });
        here.proxy().cut_nothing();
        was_cut = here.proxy().cuts() != before;
        here.cut_all_and_wait();
        if (!was_cut) { CHECK(fate.acknowledged); }
        doubts += static_cast<int>(fate.in_doubt);
        CHECK(erase_user(direct, tenant, {.idempotency_key = "k"}).counts == expected);
        CHECK(exported(direct, tenant).report.records == 0);
      }
    }
  }
  CHECK(tenants > 30);
  CHECK(doubts > 0);
  CHECK(exported(direct, bob).bytes == of_bob.bytes);
}

TEST_CASE("an erasure makes some round trips for each batch, and none for each record") {
  ProxiedBackend here(1);
  Backend<Postgres> direct(direct_config(here));
  const auto round_trips = [&](const Context& tenant) {
    erase_user(*here, Context::for_user("another"), {.idempotency_key = tenant.user_id});
    here.proxy().forget_traffic();
    erase_user(*here, tenant, {.idempotency_key = "k"});
    const auto sent = here.proxy().traffic().to_server;
    CHECK(std::count(sent.begin(), sent.end(), 'Q') == 0);
    return std::count(sent.begin(), sent.end(), 'S');
  };
  CHECK(round_trips(Context::for_user("nothing")) == 30);
  const auto with_sessions = [&](int sessions, int messages) {
    const Context tenant = Context::for_user(std::to_string(sessions) + " with " + std::to_string(messages));
    for (int number = 0; number < sessions; ++number) {
      const std::string id = "s" + std::to_string(number);
      add_session(direct, tenant, id);
      direct.session_storage().save_messages(tenant, id,
                                             std::vector(static_cast<std::size_t>(messages), says("in " + id)));
      direct.error_store().store(tenant, {.id = id, .tool_name = "t", .raw_error = "e"});
    }
    return tenant;
  };
  const auto few = round_trips(with_sessions(2, 3));
  CHECK(few == 33);
  CHECK(round_trips(with_sessions(90, 10)) == few);
  // Two batches of messages more.
  CHECK(round_trips(with_sessions(1, 2500)) == few + 2);
}
