#include "heddle/postgres.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <barrier>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <utility>

/// Temporary refusals of the server, and statements that it has lost, are retried and reach no caller.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::ErrorCode;
using support::code_of;
using support::RawPostgres;
using support::saying;

class Fixture {
 public:
  auto& store() noexcept { return backend_.session_storage(); }

  explicit Fixture(int connections = 8, const std::string& options = {}) : backend_(config(connections, options)) {
    make_session();
  }

  auto& backend() noexcept { return backend_; }
  void make_session() {
    heddle::Session session;
    session.id = "session";
    store().save_session({}, session);
  }
  [[nodiscard]] support::PostgresDatabase& database() noexcept { return database_.database(); }
  [[nodiscard]] RawPostgres superuser() { return RawPostgres(database().superuser_dsn()); }
  /// Waits until a session waits for a lock.
  void await_lock() {
    RawPostgres server = superuser();
    while (server.integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
                          "current_database()") == 0) {
      std::this_thread::sleep_for(1ms);
    }
  }
  /// Opens the maximum number of connections, each with a prepared read statement. The session has a message.
  void warm_up(int connections) {
    std::barrier all_have_one(connections);
    support::together(connections, [&](int) {
      bool first = true;
      store().for_each_message({}, "session", [&](const heddle::Message&) {
        if (std::exchange(first, false)) { all_have_one.arrive_and_wait(); }
      });
    });
    CHECK(backend_.details({}).pool->total_connections == connections);
  }

 private:
  heddle::postgres::Config config(int connections, const std::string& options) {
    auto config = database_.config();
    config.pool.max_connections = connections;
    if (!options.empty()) { config.dsn = support::with_settings(config.dsn, {{"options", options}}); }
    return config;
  }

  support::MigratedDatabase database_{};
  heddle::Backend<heddle::Postgres> backend_;
};

constexpr auto hold_session = "SELECT id FROM sessions WHERE id = 'session' FOR UPDATE";

}  // namespace

TEST_CASE("postgres retries: the victim of a deadlock runs again") {
  Fixture here;
  RawPostgres other = here.superuser();
  // This transaction must not be the victim.
  other.execute("SET deadlock_timeout = '1h'");
  other.execute("BEGIN");
  static_cast<void>(other.text(hold_session));
  std::int64_t number = 0;
  std::jthread writer([&] {
    number = here.store().save_message(Context{}.with_timeout(60s), "session", saying("one"), {.idempotency_key = "k"});
  });
  here.await_lock();
  // The writer has locked the key and waits for the session; now each waits for the other. This statement succeeds only
  // when the writer is rolled back.
  other.execute(
      "INSERT INTO idempotency_keys (user_id, key, operation, fingerprint, answer_number, answer_text, "
      "created_at) VALUES ('default-user', 'k', '', '', 0, '', 0)");
  other.execute("ROLLBACK");
  writer.join();
  CHECK(number == 1);
  CHECK(here.superuser().integer("SELECT count(*) FROM messages") == 1);
}

TEST_CASE("postgres retries: a transaction with a serialization failure runs again") {
  Fixture here(8, "-c default_transaction_isolation=serializable");
  RawPostgres other = here.superuser();
  other.execute("BEGIN");
  other.execute("UPDATE sessions SET name = 'changed' WHERE id = 'session'");
  std::int64_t number = 0;
  std::jthread writer(
      [&] { number = here.store().save_message(Context{}.with_timeout(60s), "session", saying("one")); });
  here.await_lock();
  other.execute("COMMIT");
  writer.join();
  CHECK(number == 1);
}

TEST_CASE("postgres retries: waiting too long for a lock is deadline_exceeded") {
  Fixture here(1, "-c lock_timeout=50");
  RawPostgres other = here.superuser();
  other.execute("BEGIN");
  static_cast<void>(other.text(hold_session));
  // Without a deadline the role's own lock timeout applies, and the error says so.
  CHECK(code_of([&] { here.store().save_message({}, "session", saying("one")); }) == ErrorCode::unavailable);
  for (int round = 0; round < 20; ++round) {
    CHECK(code_of([&] { here.store().save_message(Context{}.with_timeout(20ms), "session", saying("one")); }) ==
          ErrorCode::deadline_exceeded);
  }
}

TEST_CASE("postgres retries: tables change under prepared statements") {
  constexpr int connections = 8;
  Fixture here(connections);
  here.store().save_message({}, "session", saying("one"));
  for (const char* change :
       {"ALTER TABLE messages ADD COLUMN more text", "ALTER TABLE sessions ADD COLUMN more text DEFAULT 'x'",
        "ALTER TABLE messages ALTER COLUMN token_count TYPE integer",
        "ALTER TABLE messages ALTER COLUMN token_count TYPE bigint", "ALTER TABLE messages DROP COLUMN more",
        "DROP INDEX IF EXISTS nothing; ANALYZE"}) {
    const std::string text = change;
    INFO(text);
    here.warm_up(connections);
    here.superuser().execute(text);
    // Uses all connections in turn.
    CHECK_FALSE(here.store().load_messages(Context{}.with_timeout(60s), "session").items.empty());
    support::in_rounds(connections, 3, [&](int, int) {
      CHECK_FALSE(here.store().load_messages(Context{}.with_timeout(60s), "session").items.empty());
      CHECK(here.store().load_session(Context{}.with_timeout(60s), "session").has_value());
      here.store().save_message(Context{}.with_timeout(60s), "session", saying("again"));
    });
  }
}

TEST_CASE("postgres retries: columns are added and dropped while others read and write") {
  constexpr int threads = 4;
  Fixture here(threads);
  here.store().save_message({}, "session", saying("first"));
  support::together(threads + 1, [&](int thread) {
    for (int round = 0; round < 30; ++round) {
      if (thread == threads) {
        RawPostgres owner = here.superuser();
        owner.execute("ALTER TABLE messages ADD COLUMN more text");
        owner.execute("ALTER TABLE messages DROP COLUMN more");
        continue;
      }
      here.store().save_message({}, "session", saying("more"));
      CHECK_FALSE(here.store().load_messages({}, "session").items.empty());
    }
  });
  CHECK(here.store().load_messages({}, "session").items.size() == 1 + threads * 30);
}

TEST_CASE("postgres retries: the schema is removed and created again while a backend is open") {
  constexpr int connections = 4;
  Fixture here(connections);
  here.store().save_message({}, "session", saying("one"));
  here.warm_up(connections);
  here.backend().migrator().to({}, 0);
  CHECK(code_of([&] { static_cast<void>(here.store().load_messages({}, "session")); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { here.store().save_message({}, "session", saying("one")); }) == ErrorCode::failed_precondition);
  here.backend().migrate();
  here.make_session();
  support::in_rounds(connections, 5, [&](int, int) {
    here.store().save_message({}, "session", saying("two"));
    CHECK_FALSE(here.store().load_messages({}, "session").items.empty());
    CHECK(here.store().load_session({}, "session").has_value());
  });
}
