#include "postgres/outages/diary.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/migration_steps.hpp"
#include "support/own_server.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"
#include "support/unmigrated_database.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

/// 16 threads write while the server ends their connections, stops and restarts.
namespace {

using namespace std::chrono_literals;
using diary::Writers;
using support::OwnServer;
using support::ProxiedBackend;

constexpr int threads = 16;
constexpr int connections = 8;
/// How often to try what a busy machine can miss.
constexpr int most_rounds = 10'000;

}  // namespace

TEST_CASE("postgres outages: connections are ended at random") {
  ProxiedBackend here(connections);
  Writers writers(here);
  const auto hit = [&] { return writers.failed() + writers.in_doubt(); };
  writers.write_while(threads, [&] {
    for (int round = 0; round < 150 || (hit() <= 10 && round < most_rounds); ++round) {
      here.end_one();
      std::this_thread::sleep_for(3ms);
    }
    writers.await_more(100);
  });
  CHECK(hit() > 10);
  writers.check();
}

TEST_CASE("postgres outages: connections are cut at random") {
  ProxiedBackend here(connections);
  Writers writers(here);
  const auto both_happened = [&] { return writers.failed() > 0 && writers.in_doubt() > 0; };
  writers.write_while(threads, [&] {
    for (int round = 0; round < 60 || (!both_happened() && round < most_rounds); ++round) {
      const auto direction = round % 2 == 0 ? support::Direction::to_server : support::Direction::to_client;
      const auto arrival = round % 4 < 2 ? support::Arrival::is_lost : support::Arrival::arrives;
      here.proxy().cut_at(direction, 1 + round * 7 % 31, arrival);
      std::this_thread::sleep_for(5ms);
      if (round % 20 == 10) { here.proxy().cut_all(); }
    }
    here.proxy().cut_nothing();
    writers.await_more(100);
  });
  CHECK(writers.failed() > 0);
  CHECK(writers.in_doubt() > 0);
  writers.check();
}

TEST_CASE("postgres outages: the server stops and restarts") {
  for (const auto how : {OwnServer::Shutdown::fast, OwnServer::Shutdown::immediate}) {
    CAPTURE(static_cast<int>(how));
    ProxiedBackend here(connections);
    Writers writers(here);
    writers.write_while(threads, [&] {
      for (int round = 0; round < 3 || (writers.failed() == 0 && round < 30); ++round) {
        std::this_thread::sleep_for(100ms);
        OwnServer::restart(how);
        writers.await_more(100);
      }
    });
    CHECK(writers.failed() > 0);
    here.look_again();
    writers.check();
  }
}

TEST_CASE("postgres outages: a write to a server whose processes are stopped ends at its deadline, in doubt") {
  ProxiedBackend here(1);
  here.store().save_message({}, "session", support::saying("warm"));
  const OwnServer::Frozen frozen;
  const heddle::Error error = support::error_of(
      [&] { here.store().save_message(heddle::Context{}.with_timeout(3s), "session", support::saying("lost")); });
  CHECK(error.code() == heddle::ErrorCode::deadline_exceeded);
  CHECK(error.in_doubt());
}

TEST_CASE("postgres outages: migrating on a server whose processes are stopped ends at its deadline or by a stop") {
  const support::UnmigratedDatabase place;
  heddle::Backend<heddle::Postgres> backend(place.config());
  const support::MigrationSteps steps;
  std::stop_source stop;
  SUBCASE("while it waits for a statement") {
    steps.add(1, "slow", "SELECT pg_sleep(60);", "SELECT 1;");
    auto config = place.config(steps.folder());
    heddle::Backend<heddle::Postgres> slow(config);
    auto migrated = std::async(std::launch::async, [&] {
      return support::code_of([&] { slow.migrate(heddle::Context{}.with_stop(stop.get_token())); });
    });
    support::RawPostgres server(support::postgres_server());
    while (server.integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == 0) {
      std::this_thread::sleep_for(1ms);
    }
    const OwnServer::Frozen frozen;
    stop.request_stop();
    CHECK(migrated.get() == heddle::ErrorCode::cancelled);
  }
  SUBCASE("while it connects") {
    const OwnServer::Frozen frozen;
    CHECK(support::code_of([&] { backend.migrate(heddle::Context{}.with_timeout(500ms)); }) ==
          heddle::ErrorCode::deadline_exceeded);
  }
}

TEST_CASE("postgres outages: connections to a server that became read-only are replaced") {
  ProxiedBackend here(1);
  const auto say = [&](const char* content) { here.store().save_message({}, "session", support::saying(content)); };
  const auto process = [&] {
    return here.server().text(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = "
        "current_database()");
  };
  const auto change_system = [](const char* how) {
    support::RawPostgres server(support::postgres_server());
    server.execute(std::string("ALTER SYSTEM ") + how);
    static_cast<void>(server.text("SELECT pg_reload_conf()"));
  };
  say("before");
  support::RawPostgres later(support::postgres_server());
  // The server tells its processes one after the other; that of the backend is between these.
  const auto wait_for_setting = [&](const char* setting) {
    for (support::RawPostgres* each : {&here.server(), &later}) {
      while (each->text("SHOW default_transaction_read_only") != setting) { std::this_thread::sleep_for(1ms); }
    }
  };
  const std::string first = process();
  change_system("SET default_transaction_read_only = on");
  wait_for_setting("on");
  const heddle::Error error = support::error_of([&] { say("never"); });
  CHECK(error.code() == heddle::ErrorCode::failed_precondition);
  CHECK_FALSE(error.in_doubt());
  change_system("RESET default_transaction_read_only");
  wait_for_setting("off");
  say("after");
  // Not the connection that had refused.
  CHECK(process() != first);
  CHECK(here.count("never") == 0);
}
