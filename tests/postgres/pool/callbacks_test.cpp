#include "heddle/postgres.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/migrated_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// Visitors of `for_each_message` that use the backend themselves while they hold a connection.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::ErrorCode;
using heddle::Message;
using support::code_of;
using support::saying;

class Fixture {
 public:
  auto& store() noexcept { return backend_.session_storage(); }
  explicit Fixture(int connections) : backend_(config(connections)) {
    for (const char* id : {"session", "copy"}) {
      heddle::Session session;
      session.id = id;
      store().save_session({}, session);
    }
    std::vector<Message> batch;
    for (int number = 1; number <= 20; ++number) { batch.push_back(saying("message " + std::to_string(number))); }
    store().save_messages({}, "session", batch);
  }

  [[nodiscard]] heddle::PoolStatistics pool() { return *backend_.details({}).pool; }

 private:
  heddle::postgres::Config config(int connections) {
    auto config = database_.config();
    config.pool.max_connections = connections;
    return config;
  }

  support::MigratedDatabase database_{};
  heddle::Backend<heddle::Postgres> backend_;
};

}  // namespace

TEST_CASE("postgres callbacks: a visitor reads and writes, also in nested visitors") {
  Fixture here(3);
  auto& store = here.store();
  std::int64_t seen = 0;
  const std::int64_t answer = store.for_each_message({}, "session", [&](const Message& message) {
    CHECK(message.sequence == ++seen);
    CHECK(store.save_message({}, "copy", message) == seen);
    std::int64_t inner = 0;
    CHECK(store.for_each_message({}, "copy", [&](const Message&) {
      if (++inner == 1) { CHECK(store.load_messages({}, "copy").items.size() == static_cast<std::size_t>(seen)); }
    }) == seen);
    CHECK(inner == seen);
    CHECK(code_of([&] { store.save_message({}, "nowhere", message); }) == ErrorCode::not_found);
  });
  CHECK(answer == 20);
  CHECK(store.load_messages({}, "copy").items.size() == 20);
  CHECK(here.pool().total_connections <= 3);
}

TEST_CASE("postgres callbacks: with one connection the call inside fails and does not wait for itself") {
  Fixture here(1);
  auto& store = here.store();
  int refused = 0;
  CHECK(store.for_each_message({}, "session", [&](const Message& message) {
    if (code_of([&] { store.save_message({}, "copy", message); }) == ErrorCode::resource_exhausted) { ++refused; }
    CHECK(code_of([&] { static_cast<void>(store.load_messages({}, "copy")); }) == ErrorCode::resource_exhausted);
  }) == 20);
  CHECK(refused == 20);
  // The error of the visitor ends the call, and the connection can be used again.
  CHECK(code_of([&] {
          store.for_each_message({}, "session",
                                 [&](const Message& message) { store.save_message({}, "copy", message); });
        }) == ErrorCode::resource_exhausted);
  CHECK(store.save_message({}, "copy", saying("after")) == 1);
}

TEST_CASE("postgres callbacks: visitors that wait for each other's connections do not deadlock") {
  constexpr int threads = 3;
  Fixture here(threads);
  auto& store = here.store();
  std::barrier all_have_one(threads);
  std::atomic<int> refused{0};
  support::together(threads, [&](int) {
    std::int64_t seen = 0;
    store.for_each_message({}, "session", [&](const Message& message) {
      if (++seen != 1) { return; }
      all_have_one.arrive_and_wait();
      try {
        store.save_message({}, "copy", message);
      } catch (const heddle::Error& error) {
        CHECK(error.code() == ErrorCode::resource_exhausted);
        ++refused;
      }
    });
    CHECK(seen == 20);
  });
  CHECK(refused == 1);
  CHECK(store.load_messages({}, "copy").items.size() == threads - 1);
}

TEST_CASE("postgres callbacks: a visitor waits for connections of threads that are not visitors") {
  Fixture here(2);
  auto& store = here.store();
  support::together(8, [&](int thread) {
    for (int round = 0; round < 5; ++round) {
      if (thread != 0) {
        static_cast<void>(store.load_messages({}, "session"));
        continue;
      }
      CHECK(store.for_each_message({}, "session",
                                   [&](const Message& message) { store.save_message({}, "copy", message); }) == 20);
    }
  });
  CHECK(store.load_messages({}, "copy").items.size() == 100);
}

TEST_CASE("postgres callbacks: writes of a visitor stay stored when it throws afterwards") {
  Fixture here(2);
  auto& store = here.store();
  CHECK_THROWS_AS(store.for_each_message({}, "session",
                                         [&](const Message& message) {
                                           CHECK(store.save_message({}, "copy", message) == message.sequence);
                                           if (message.sequence == 3) { throw std::runtime_error("enough"); }
                                         }),
                  std::runtime_error);
  CHECK(store.load_messages({}, "copy").items.size() == 3);
}

TEST_CASE("postgres callbacks: calls share the connections that the server allows, and fail at once only without one") {
  const Context ada = Context::for_user("ada");
  support::MigratedDatabase database;
  support::RawPostgres server(support::postgres_server());
  auto config = database.config();
  config.admin_dsn.clear();
  config.pool.max_connections = 8;
  heddle::Backend<heddle::Postgres> backend(config);
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "s"});
  const auto allow = [&](const char* number) {
    server.execute("ALTER DATABASE " + database.database().name() + " CONNECTION LIMIT " + number);
  };
  allow("1");
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < 8; ++number) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          sessions.save_message(ada.with_timeout(std::chrono::minutes(1)), "s", {.content = "x"});
        }
      });
    }
  }
  CHECK(backend.details().pool->total_connections == 1);
  // A visitor that calls the backend holds the only connection.
  const heddle::Error held = support::error_of([&] {
    sessions.for_each_message(ada, "s",
                              [&](const heddle::Message&) { static_cast<void>(sessions.load_session(ada, "s")); });
  });
  CHECK((held.code() == heddle::ErrorCode::unavailable || held.code() == heddle::ErrorCode::resource_exhausted));
  allow("0");
  const std::string others = " FROM pg_stat_activity WHERE datname = '" + database.database().name() + "'";
  server.execute("SELECT pg_terminate_backend(pid)" + others);
  while (server.integer("SELECT count(*)" + others) != 0) { std::this_thread::sleep_for(1ms); }
  const heddle::Error none = support::error_of([&] { static_cast<void>(sessions.load_session(ada, "s")); });
  CHECK(none.code() == heddle::ErrorCode::unavailable);
  CHECK(none.native_code() == "53300");
  allow("-1");
  CHECK(sessions.load_session(ada, "s")->messages.items.size() == 160);
}
