#include "heddle/postgres/pool/pool.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/postgres_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include <libpq-fe.h>
#include <poll.h>

/// The pool with a real server that closes connections at any time.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using heddle::postgres::PoolConfig;
using support::code_of;
using support::PostgresDatabase;
using support::PostgresFailure;
using support::RawPostgres;

/// The smallest connection that the pool accepts.
class PlainConnection {
 public:
  PlainConnection(const std::string& dsn, std::atomic<int>& open) : raw_(dsn), open_(open) { ++open_; }
  PlainConnection(const PlainConnection&) = delete;
  PlainConnection& operator=(const PlainConnection&) = delete;
  PlainConnection(PlainConnection&&) = delete;
  PlainConnection& operator=(PlainConnection&&) = delete;
  ~PlainConnection() { --open_; }

  [[nodiscard]] bool is_clean() noexcept {
    return PQstatus(raw_.handle()) == CONNECTION_OK && PQtransactionStatus(raw_.handle()) == PQTRANS_IDLE;
  }
  [[nodiscard]] bool is_alive() noexcept {
    pollfd socket{PQsocket(raw_.handle()), POLLIN, 0};
    return poll(&socket, 1, 0) == 0;
  }
  void check(const Context&) { raw_.execute("SELECT 1"); }
  [[nodiscard]] static bool is_limit(const heddle::Error& /*error*/) { return false; }

  [[nodiscard]] RawPostgres& raw() noexcept { return raw_; }

 private:
  RawPostgres raw_;
  std::atomic<int>& open_;
};

using Pool = heddle::postgres::pool::Pool<PlainConnection>;

PoolConfig eager(int minimum, int maximum) {
  PoolConfig config;
  config.min_connections = minimum;
  config.max_connections = maximum;
  config.max_idle_time = config.health_check_interval = 1s;
  config.max_lifetime = 2s;
  return config;
}

/// A database, its pool, and a connection that can end the pool's connections.
class Fixture {
 public:
  explicit Fixture(const PoolConfig& config) : pool(config, [this](const Context&) { return open(); }) {}

  /// Returns how many connections of the pool the server has. The server notices a closed one a little later.
  [[nodiscard]] std::int64_t seen_by_server() { return superuser_.integer("SELECT count(*)" + of_the_pool()); }
  /// Waits until the server has none.
  void await_none() {
    while (seen_by_server() != 0) { std::this_thread::sleep_for(1ms); }
  }
  /// Ends one connection, whatever it is doing.
  void end_one() {
    (void)superuser_.text("SELECT pg_terminate_backend((SELECT pid" + of_the_pool() + " ORDER BY random() LIMIT 1))");
  }
  /// Ends the present ones; the pool may open others meanwhile.
  void end_all() {
    const std::string them = " FROM pg_stat_activity WHERE pid IN (" +
                             superuser_.text("SELECT coalesce(string_agg(pid::text, ','), '0')" + of_the_pool()) + ")";
    (void)superuser_.text("SELECT count(pg_terminate_backend(pid))" + them);
    while (superuser_.integer("SELECT count(*)" + them) != 0) { std::this_thread::sleep_for(1ms); }
  }
  void admit(bool connections) {
    superuser_.execute("ALTER DATABASE " + database_.name() + " ALLOW_CONNECTIONS " + (connections ? "true" : "false"));
  }

  std::atomic<int> open_connections{0};
  std::atomic<int> most_open{0};
  std::atomic<int> opened{0};

 private:
  [[nodiscard]] std::string of_the_pool() const {
    return " FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = '" + database_.name() + "'";
  }

  std::unique_ptr<PlainConnection> open() {
    try {
      auto connection = std::make_unique<PlainConnection>(database_.app_dsn(), open_connections);
      ++opened;
      const int now_open = open_connections;
      int most = most_open;
      while (most < now_open && !most_open.compare_exchange_weak(most, now_open)) {}
      return connection;
    } catch (const PostgresFailure&) { throw Error(ErrorCode::unavailable, "the server refuses"); }
  }

  PostgresDatabase database_{PostgresDatabase::Contents::roles_only};
  RawPostgres superuser_{support::postgres_server()};

 public:
  Pool pool;
};

/// Returns true if the pool has no connection to lease because the server is unavailable.
bool is_refused(Pool& pool) {
  try {
    pool.acquire({})->check({});
    return false;
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::unavailable);
    return true;
  } catch (const PostgresFailure&) { return false; }
}

}  // namespace

TEST_CASE("pool: threads continue to work while the server ends their connections") {
  Fixture here(eager(2, 6));
  std::atomic<int> done{0};
  std::atomic<int> lost{0};
  {
    // As often as calls end, so that most of them succeed however slow it is to connect again.
    std::jthread killer([&](const std::stop_token& stop) {
      for (int next = 0; !stop.stop_requested();) {
        if (done + lost >= next) {
          here.end_one();
          next = done + lost + 15;
        }
        std::this_thread::sleep_for(1ms);
      }
    });
    support::together(24, [&](int number) {
      for (int round = 0; round < 100; ++round) {
        try {
          auto lease = here.pool.acquire(Context{}.with_timeout(number == 0 ? 1ms : 60s));
          if (round % 20 == 10) { lease->raw().execute("BEGIN"); }  // left open, so the connection cannot be used again
          if (lease->raw().integer("SELECT " + std::to_string(round)) == round) { ++done; }
        } catch (const PostgresFailure&) { ++lost; } catch (const Error&) {
          ++lost;
        }
      }
    });
  }
  CHECK(done + lost == 2400);
  CHECK(done > 1200);
  CHECK(here.most_open <= 6);
  // No more connections are ended: the broken ones that are left must not cause errors.
  here.end_all();
  support::together(24, [&](int) { here.pool.acquire({})->check({}); });
  CHECK(here.most_open <= 6);
  here.pool.close();
  CHECK(here.open_connections == 0);
  here.await_none();
}

TEST_CASE("pool: it recovers from an outage") {
  Fixture here(eager(3, 5));
  here.pool.acquire({})->check({});
  here.admit(false);
  // The maintenance thread may be about to finish a connection that the server admitted just before.
  for (int refused = 0; refused < 5;) {
    here.end_all();
    refused = is_refused(here.pool) ? refused + 1 : 0;
  }
  here.admit(true);
  here.pool.acquire({})->check({});
  while (here.seen_by_server() < 3) { std::this_thread::sleep_for(10ms); }
}

TEST_CASE("pool: connections reach their maximum age and are replaced while in use") {
  PoolConfig config = eager(2, 4);
  config.max_lifetime = 1s;
  Fixture here(config);
  const auto replaced = [&] { return here.opened > 12; };
  support::together(8, [&](int) {
    while (!replaced()) {
      here.pool.acquire({})->check({});
      std::this_thread::sleep_for(1ms);
    }
  });
  CHECK(here.most_open <= 4);
}
