#include "heddle/postgres.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// Many tenants share few connections, and none of them sees data of another.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using heddle::Message;
using support::saying;

constexpr int threads = 64;
constexpr int connections = 8;
constexpr int tenants = 1000;
constexpr int rounds = 60;

std::string user(int tenant) { return "tenant " + std::to_string(tenant); }
/// A word in everything that a tenant stores. No other word of a text begins with it.
std::string nonce(int tenant) { return "nonce" + std::to_string(tenant * 7919 + 13); }

/// The exception of a visitor that ends early.
struct Enough : std::runtime_error {
  Enough() : std::runtime_error("enough") {}
};

/// The work of one thread for random tenants.
class Worker {
 public:
  using Backend = heddle::Backend<heddle::Postgres>;

  Worker(Backend& backend, std::vector<std::atomic<int>>& stored, unsigned seed)
      : backend_(backend), stored_(stored), random_(seed) {}

  void run() {
    for (int round = 0; round < rounds; ++round) {
      const int tenant = below(tenants);
      try {
        work(tenant);
      } catch (const Enough&) { ++enough_; } catch (const Error& error) {
        const auto code = error.code();
        if (code != ErrorCode::deadline_exceeded && code != ErrorCode::cancelled) { throw; }
        if (error.in_doubt()) { throw; }
        ++ended_;
      }
    }
  }

  [[nodiscard]] int enough() const noexcept { return enough_; }
  [[nodiscard]] int ended() const noexcept { return ended_; }
  [[nodiscard]] int strange() const noexcept { return strange_; }

 private:
  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  void look_at(const std::string& content, int tenant) {
    if (content != "says " + nonce(tenant)) { ++strange_; }
  }

  void work(int tenant) {
    Context context = Context::for_user(user(tenant));
    std::stop_source source;
    std::jthread stopper;
    switch (below(4)) {
      case 0: context = context.with_timeout(std::chrono::microseconds(below(20'000))); break;
      case 1:
        context = context.with_stop(source.get_token());
        stopper = std::jthread([&source, pause = below(10'000)] {
          std::this_thread::sleep_for(std::chrono::microseconds(pause));
          source.request_stop();
        });
        break;
      default: break;
    }
    auto& store = backend_.session_storage();
    // The same ids for every tenant.
    switch (below(5)) {
      case 0:
      case 1: {
        auto& count = stored_[static_cast<std::size_t>(tenant)];
        store.save_message(context, "session", saying("says " + nonce(tenant)));
        ++count;
        break;
      }
      case 2:
        for (const Message& each : store.load_messages(context, "session").items) { look_at(each.content, tenant); }
        break;
      case 3: {
        const bool throws = below(2) == 0;
        store.for_each_message(context, "session", [&](const Message& message) {
          look_at(message.content, tenant);
          if (throws) { throw Enough(); }
        });
        break;
      }
      default: {
        const auto found = store.search_messages(context, {.query = nonce(tenant)});
        for (const auto& each : found.items) { look_at(each.content, tenant); }
        const auto session = store.load_session(context, "session");
        if (!session || session->user_id != user(tenant) || session->name != nonce(tenant)) { ++strange_; }
      }
    }
  }

  Backend& backend_;
  std::vector<std::atomic<int>>& stored_;
  std::mt19937 random_;
  int enough_ = 0;
  int ended_ = 0;
  int strange_ = 0;
};

}  // namespace

TEST_CASE("postgres stress: no tenant sees another's nonce, however calls end") {
  support::MigratedDatabase database;
  auto config = database.config();
  config.pool.max_connections = connections;
  heddle::Backend<heddle::Postgres> backend(config);
  auto& store = backend.session_storage();
  support::together(connections, [&](int thread) {
    for (int tenant = thread; tenant < tenants; tenant += connections) {
      heddle::Session session;
      session.id = "session";
      session.name = nonce(tenant);
      store.save_session(Context::for_user(user(tenant)), session);
    }
  });
  std::vector<std::atomic<int>> stored(tenants);
  std::atomic<int> enough{0};
  std::atomic<int> ended{0};
  std::atomic<int> strange{0};
  support::together(threads, [&](int thread) {
    Worker worker(backend, stored, static_cast<unsigned>(thread) + 1);
    worker.run();
    enough += worker.enough();
    ended += worker.ended();
    strange += worker.strange();
  });
  CHECK(strange == 0);
  CHECK(enough > 0);
  CHECK(ended > 100);

  // Saves that returned are stored, failed ones are not, and each row belongs to the tenant of its nonce.
  support::RawPostgres server(database.database().superuser_dsn());
  std::int64_t total = 0;
  for (const auto& each : stored) { total += each; }
  CHECK(total > 500);
  CHECK(server.integer("SELECT count(*) FROM messages") == total);
  CHECK(server.integer("SELECT count(*) FROM messages m JOIN sessions s ON s.user_id = m.user_id AND s.number = "
                       "m.branch_number WHERE m.content <> 'says ' || s.name") == 0);
  for (int tenant = 0; tenant < tenants; tenant += 97) {
    CHECK(server.integer("SELECT count(*) FROM messages WHERE user_id = '" + user(tenant) + "'") ==
          stored[static_cast<std::size_t>(tenant)]);
  }

  const auto pool = *backend.details(Context::for_user(user(0))).pool;
  CHECK(pool.total_connections <= connections);
  CHECK(pool.active_connections + pool.idle_connections == pool.total_connections);
  CHECK(pool.active_connections <= 1);
  CHECK(pool.wait_count > 0);
  // Every connection works: as many calls as connections, several times.
  support::in_rounds(connections, 20, [&](int thread, int round) {
    const int tenant = thread * 100 + round;
    const auto session = store.load_session(Context::for_user(user(tenant)), "session");
    CHECK((session && session->name == nonce(tenant)));
  });
  CHECK(server.integer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = "
                       "current_database()") <= connections);
}
