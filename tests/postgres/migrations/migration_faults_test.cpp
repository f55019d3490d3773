#include "heddle/postgres.hpp"
#include "heddle/postgres/embedded_migrations.hpp"
#include "support/child_process.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/migration_steps.hpp"
#include "support/protocol_proxy.hpp"
#include "support/unmigrated_database.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

/// Many concurrent migrators, and migrators that are killed or lose their connection. Child processes run the skipped
/// test cases.
namespace {

using heddle::Error;
using heddle::ErrorCode;
using support::Arrival;
using support::ChildProcess;
using support::Direction;
using support::Parent;
using Steps = support::MigrationSteps;
using Place = support::UnmigratedDatabase;
using Storage = Place::Storage;

constexpr int own_steps = 4;

std::string table_of(int version) { return "step_" + std::to_string(version); }

/// Heddle's migrations and some more, which are slow, also while they are committed. None can run twice.
int write_slow_steps(const Steps& steps) {
  const int embedded = steps.add_embedded(heddle::postgres::embedded_migrations);
  for (int version = embedded + 1; version <= embedded + own_steps; ++version) {
    const std::string name = table_of(version);
    std::string up = "CREATE TABLE " + name + " (x integer); SELECT pg_sleep(0.02);";
    up += "CREATE FUNCTION " + name + "_pause() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.02); ";
    up += "RETURN NULL; END$$; CREATE CONSTRAINT TRIGGER pause AFTER INSERT ON " + name;
    up += " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION " + name + "_pause();";
    up += "INSERT INTO " + name + " VALUES (1);";
    steps.add(version, "step", up,
              "DROP TABLE " + name + "; SELECT pg_sleep(0.02); DROP FUNCTION " + name + "_pause();");
  }
  return embedded + own_steps;
}

/// Returns the version of a database; checks that every step is either complete with its record or absent.
int whole_version(Place& place, int latest) {
  if (place.integer("SELECT count(*) FROM pg_class WHERE relname = 'heddle_migrations'") == 0) {
    CHECK(place.contents().empty());
    return 0;
  }
  const auto records = place.integer("SELECT count(*) FROM heddle_migrations");
  CHECK(place.integer("SELECT coalesce(max(version), 0) FROM heddle_migrations") == records);
  CHECK((place.integer("SELECT count(*) FROM pg_class WHERE relname = 'sessions'") == 1) == (records >= 1));
  for (int version = latest - own_steps + 1; version <= latest; ++version) {
    CAPTURE(version);
    const bool there = place.integer("SELECT count(*) FROM pg_class WHERE relname = '" + table_of(version) + "'") == 1;
    CHECK(there == (version <= records));
    CHECK((place.integer("SELECT count(*) FROM pg_proc WHERE proname = '" + table_of(version) + "_pause'") == 1) ==
          there);
    if (there) { CHECK(place.integer("SELECT count(*) FROM " + table_of(version)) == 1); }
  }
  return static_cast<int>(records);
}

/// A process that runs a test case of this program on the same database.
std::unique_ptr<ChildProcess> start_child(const std::string& test_case, const Place& place, const Steps& steps) {
  return std::make_unique<ChildProcess>(
      test_case, std::map<std::string, std::string>{{"HEDDLE_TEST_DSN", place.config().dsn},
                                                    {"HEDDLE_TEST_MIGRATION_DSN", place.config().migration_dsn},
                                                    {"HEDDLE_TEST_PATH", steps.folder().string()}});
}
heddle::postgres::Config config_of_child() {
  heddle::postgres::Config config;
  config.dsn = Parent::setting("HEDDLE_TEST_DSN");
  config.migration_dsn = Parent::setting("HEDDLE_TEST_MIGRATION_DSN");
  config.migration_directory = Parent::setting("HEDDLE_TEST_PATH");
  config.pool.min_connections = 0;
  return config;
}

}  // namespace

TEST_CASE("child: migrate once" * doctest::skip()) {
  Parent::tell("r");
  Parent::wait_at_gate();
  try {
    Storage backend(config_of_child());
    backend.migrate();
    Parent::tell(std::to_string(backend.details().migration_version) + "\n");
  } catch (const Error& error) { Parent::tell(std::string(error.what()) + "\n"); }
}

TEST_CASE("16 processes migrate one empty database at once: every step runs once, none fails") {
  constexpr int migrators = 16;
  Place place;
  const Steps steps;
  const int latest = write_slow_steps(steps);
  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int child = 0; child < migrators; ++child) {
    children.push_back(start_child("child: migrate once", place, steps));
  }
  for (const auto& child : children) { child->wait_for_sign(); }
  for (const auto& child : children) { child->open_gate(); }
  for (const auto& child : children) {
    CHECK(child->read_to_end() == std::to_string(latest) + "\n");
    CHECK(child->wait());
  }
  CHECK(whole_version(place, latest) == latest);
}

TEST_CASE("migrators work with any default isolation level of the database") {
  for (const std::string level : {"repeatable read", "serializable"}) {
    Place place;
    place.execute("ALTER DATABASE " + place.database().name() + " SET default_transaction_isolation = '" + level + "'");
    const Steps steps;
    steps.add(1, "first", "CREATE TABLE a (x integer); SELECT pg_sleep(0.2);", "DROP TABLE a;");
    std::vector<std::exception_ptr> failures(4);
    {
      std::vector<std::jthread> threads;
      for (std::exception_ptr& failure : failures) {
        threads.emplace_back([&] {
          try {
            Storage(place.config(steps.folder())).migrate();
          } catch (...) { failure = std::current_exception(); }
        });
      }
    }
    for (const std::exception_ptr& failure : failures) { CHECK(failure == nullptr); }
    CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 1);
  }
}

TEST_CASE("child: migrate up and down endlessly" * doctest::skip()) {
  Storage backend(config_of_child());
  Parent::tell("r");
  for (;;) {
    backend.migrate();
    backend.migrator().to({}, 0);
  }
}

TEST_CASE("a migrator that is killed at work leaves complete steps, and the next one continues") {
  constexpr int kills = 30;
  Place place;
  const Steps steps;
  const int latest = write_slow_steps(steps);
  std::mt19937 random(20);
  std::set<int> seen;
  // As long as a slow machine has not come further than the first steps, the children get more time.
  for (int kill = 0; kill < kills || (seen.size() < 3 && kill < 4 * kills); ++kill) {
    std::uniform_int_distribution<int> milliseconds(0, 500 * (1 + kill / kills * 4));
    CAPTURE(kill);
    const auto child = start_child("child: migrate up and down endlessly", place, steps);
    child->wait_for_sign();
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds(random)));
    child->kill();
    CHECK(child->wait_for_kill());
    place.wait_for_migrators();
    seen.insert(whole_version(place, latest));
  }
  CHECK(seen.size() >= 3);
  Storage(place.config(steps.folder())).migrate();
  CHECK(whole_version(place, latest) == latest);
}

TEST_CASE("the connection of a migrator is cut at every message: the step is complete or absent") {
  Place place;
  support::ProtocolProxy proxy(place.database().admin_dsn());
  const Steps steps;
  steps.add(1, "first", "CREATE TABLE a (x integer);", "DROP TABLE a;");
  auto config = place.config(steps.folder());
  config.dsn = place.database().app_dsn();
  config.migration_dsn = proxy.dsn(place.database().admin_dsn());
  Storage through(config);
  Storage direct(place.config(steps.folder()));
  direct.migrate();
  const auto version = [&] { return place.integer("SELECT count(*) FROM heddle_migrations"); };
  int doubts = 0;
  int doubts_that_happened = 0;
  for (const int goal : {1, 0}) {
    for (const auto direction : {Direction::to_server, Direction::to_client}) {
      int cuts = 1;
      for (int message = 1; cuts != 0; ++message) {
        CAPTURE(goal);
        CAPTURE(static_cast<int>(direction));
        CAPTURE(message);
        REQUIRE(message < 1000);
        if (version() == goal) { direct.migrator().to({}, 1 - goal); }
        place.wait_for_migrators();
        const int before = proxy.cuts();
        // A cut after a message has arrived is the same as a cut before the next one arrives.
        proxy.cut_at(direction, message, Arrival::is_lost);
        bool acknowledged = false;
        bool in_doubt = false;
        try {
          through.migrator().to({}, goal);
          acknowledged = true;
        } catch (const Error& error) {
          CHECK(error.code() == ErrorCode::unavailable);
          CHECK(error.retryable());
          in_doubt = error.in_doubt();
        }
        proxy.cut_nothing();
        cuts = proxy.cuts() - before;
        place.wait_for_migrators();
        const bool made = place.integer("SELECT count(*) FROM pg_class WHERE relname = 'a'") == 1;
        CHECK(made == (version() == 1));
        const bool happened = version() == goal;
        if (acknowledged) { CHECK(happened); }
        if (!acknowledged && !in_doubt) { CHECK_FALSE(happened); }
        if (in_doubt) {
          ++doubts;
          doubts_that_happened += happened ? 1 : 0;
        }
        if (cuts == 0) { CHECK(acknowledged); }
      }
    }
  }
  // Both kinds occurred; otherwise this tests nothing.
  CHECK(doubts_that_happened > 0);
  CHECK(doubts_that_happened < doubts);
}

TEST_CASE("when the server ends the migrator's connection, the step is rolled back") {
  Place place;
  const Steps steps;
  steps.add(1, "slow", "CREATE TABLE a (x integer); SELECT pg_sleep(60);", "DROP TABLE a;");
  Storage backend(place.config(steps.folder()));
  std::jthread server([&] {
    while (place.integer("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = "
                         "current_database() AND usename = 'heddle_admin' AND query LIKE '%pg_sleep%'") == 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  });
  const Error error = support::error_of([&] { backend.migrate(); });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK_FALSE(error.in_doubt());
  server.join();
  place.wait_for_migrators();
  CHECK(place.contents().empty());
}

TEST_CASE("a column is added and dropped while 8 threads work: every call succeeds or throws a typed error") {
  constexpr int threads = 8;
  constexpr int rounds = 5;
  Place place;
  const Steps steps;
  const int latest = steps.add_embedded(heddle::postgres::embedded_migrations) + 1;
  auto config = place.config(steps.folder());
  config.pool.max_connections = threads;
  steps.add(latest, "column", "ALTER TABLE messages ADD extra text DEFAULT 'x'; ALTER TABLE sessions ADD extra bigint;",
            "ALTER TABLE messages DROP extra; ALTER TABLE sessions DROP extra;");
  Storage backend(config);
  backend.migrate();
  std::vector<std::int64_t> saved(threads, 0);
  std::atomic<bool> done{false};
  std::atomic<int> migrated{0};
  support::together(threads + 1, [&](int thread) {
    const auto retried = [](auto work) {
      try {
        work();
        return true;
      } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(error.retryable());
        CHECK_FALSE(error.in_doubt());
        return false;
      }
    };
    if (thread == threads) {
      for (int round = 0; round < rounds; ++round) {
        for (const int target : {latest - 1, latest}) {
          while (!retried([&] { backend.migrator().to({}, target); })) {}
          ++migrated;
        }
      }
      done = true;
      return;
    }
    const auto index = static_cast<std::size_t>(thread);
    const std::string id = "s" + std::to_string(thread);
    auto& store = backend.session_storage();
    while (!retried([&] { store.save_session({}, {.id = id}); })) {}
    while (!done) {
      const std::string text = "word " + std::to_string(saved[index]);
      if (retried([&] { store.save_message({}, id, {.content = text}); })) { ++saved[index]; }
      retried([&] {
        const auto page = store.load_messages({}, id, {.limit = 1000});
        const auto expected = static_cast<std::size_t>(std::min<std::int64_t>(saved[index], 1000));
        CHECK(page.items.size() == expected);
      });
      retried([&] {
        const auto session = store.load_session({}, id);
        const bool right = session && session->id == id;
        CHECK(right);
      });
    }
  });
  CHECK(migrated == 2 * rounds);
  for (int thread = 0; thread < threads; ++thread) {
    const auto index = static_cast<std::size_t>(thread);
    CHECK(saved[index] > 0);
    CHECK(place.integer("SELECT last_sequence FROM sessions WHERE id = 's" + std::to_string(thread) + "'") ==
          saved[index]);
  }
}
