#include "postgres/outages/cuts.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

using cuts::cut_at_every_message;
using cuts::Fate;
using cuts::Start;
using support::ProxiedBackend;
using support::saying;

/// The connection is cut at every message of the protocol, and every call reports its outcome correctly.

TEST_CASE("postgres faults: cut at every message of a save, which is repeated with its key") {
  ProxiedBackend here(1);
  int doubts = 0;
  int doubts_that_happened = 0;
  const auto save = [&](const std::string& name) {
    here.store().save_message({}, "session", saying(name), {.idempotency_key = name});
  };
  for (const auto start : {Start::warm, Start::cold}) {
    cut_at_every_message(here, start, save, [&](const std::string& name, const Fate& fate) {
      const std::int64_t stored = here.count(name);
      if (fate.acknowledged) {
        CHECK(stored == 1);
      } else if (!fate.in_doubt) {
        CHECK(stored == 0);
      } else {
        ++doubts;
        doubts_that_happened += static_cast<int>(stored);
      }
      save(name);
      CHECK(here.count(name) == 1);
    });
  }
  // Both kinds occurred; otherwise this tests nothing.
  CHECK(doubts_that_happened > 0);
  CHECK(doubts_that_happened < doubts);
}

TEST_CASE("postgres faults: cut at every message of a repeat, which finds the first result") {
  ProxiedBackend here(1);
  const auto save_twice = [&](const std::string& name) {
    here.store().save_message({}, "session", saying(name), {.idempotency_key = name});
    here.store().save_message({}, "session", saying(name), {.idempotency_key = name});
  };
  cut_at_every_message(here, Start::warm, save_twice, [&](const std::string& name, const Fate& fate) {
    if (fate.acknowledged) { CHECK(here.count(name) == 1); }
    save_twice(name);
    CHECK(here.count(name) == 1);
  });
}

TEST_CASE("postgres faults: cut at every message of a turn, which is stored whole or not") {
  ProxiedBackend here(1);
  const auto save = [&](const std::string& name) {
    here.store().save_turn({}, "session", support::turn_named(name), {.idempotency_key = name});
  };
  cut_at_every_message(here, Start::warm, save, [&](const std::string& name, const Fate& fate) {
    const auto parts = here.server().integer("SELECT count(*) FROM messages WHERE content LIKE 'turn " + name + " %'");
    const auto executions =
        here.server().integer("SELECT count(*) FROM tool_executions WHERE tool_name = '" + name + "'");
    CHECK(parts == executions * support::turn_size);
    CHECK(executions <= 1);
    if (fate.acknowledged) { CHECK(executions == 1); }
    if (!fate.acknowledged && !fate.in_doubt) { CHECK(executions == 0); }
    save(name);
  });
  CHECK(support::fault_in_session(here.store(), "session") == "");
}

TEST_CASE("postgres faults: cut at every message of a read, which is never in doubt") {
  ProxiedBackend here(1);
  here.store().save_message({}, "session", saying("one"));
  for (const auto start : {Start::warm, Start::cold}) {
    cut_at_every_message(
        here, start,
        [&](const std::string&) {
          const auto session = here.store().load_session({}, "session");
          REQUIRE(session);
          CHECK(session->messages.items.size() == 1);
        },
        [](const std::string&, const Fate& fate) { CHECK_FALSE(fate.in_doubt); });
  }
}
