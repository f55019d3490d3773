#include "heddle/postgres.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/pgbouncer.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::RawPostgres;

namespace {

using OnServer = Backend<Postgres>;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

/// A migrated database behind a pooler that runs the transactions of all clients in one session of the server.
class Shared {
 public:
  support::MigratedDatabase database;
  support::PgBouncer pooler{1};

  /// The server's session, as another program behind the pooler sees it.
  RawPostgres stranger{pooler.dsn(database.database().app_dsn())};

  heddle::postgres::Config config() {
    heddle::postgres::Config config;
    config.dsn = pooler.dsn(database.database().app_dsn());
    config.admin_dsn = pooler.dsn(database.database().admin_dsn());
    config.pool.min_connections = 0;
    config.named_statements = false;
    config.artifact_directory = folder_.path();
    return config;
  }

 private:
  support::TemporaryFolder folder_;
};

/// Makes calls of each kind: writes, reads, a key and its repeat, refusals, errors of the server, a deadline.
void work(OnServer& backend) {
  auto& sessions = backend.session_storage();
  const Context hurried = ada.with_timeout(1min);
  sessions.save_session(ada, {.id = "s"});
  for (int i = 0; i < 2; ++i) { sessions.save_message(hurried, "s", {.content = "dog"}, {.idempotency_key = "key"}); }
  CHECK(sessions.load_session(hurried, "s")->messages.items.size() == 1);
  CHECK(sessions.search_messages(ada, {.query = "dogs"}).items.size() == 1);
  CHECK(code_of([&] { sessions.save_message(ada, "none", {}); }) == ErrorCode::not_found);
  CHECK(code_of([&] { sessions.save_message(ada, "s", {}, {.expected_sequence = 7}); }) == ErrorCode::conflict);
  backend.human_request_store().store(ada, {.id = "question", .session_id = "s", .question = "?"});
  backend.human_request_store().respond(ada, "question", {});
  CHECK(backend.human_request_store().wait(ada, "question").status == RequestStatus::responded);
  CHECK(backend.admin_storage().statistics({}).sessions == 1);
  backend.migrate();
  backend.ping();
}

}  // namespace

TEST_CASE("postgres pooler: Heddle leaves nothing in the server's session") {
  Shared shared;
  // The pooler itself sets the client's name.
  const std::string settings =
      "SELECT string_agg(name, ' ') FROM pg_settings WHERE source = 'session' AND name <> 'application_name'";
  const std::string session = shared.stranger.text("SELECT pg_backend_pid()");
  const std::string before = shared.stranger.text(settings);
  OnServer backend(shared.config());
  const auto check_session = [&] {
    REQUIRE(shared.stranger.text("SELECT pg_backend_pid()") == session);
    CHECK(shared.stranger.text(settings) == before);
    CHECK(shared.stranger.text("SELECT current_setting('heddle.user_id', true)").empty());
    CHECK(shared.stranger.text("SELECT current_setting('heddle.answer', true)").empty());
    CHECK(shared.stranger.integer("SELECT count(*) FROM sessions") == 0);  // no tenant is set
    CHECK(shared.stranger.integer("SELECT count(*) FROM pg_prepared_statements") == 0);
    CHECK(shared.stranger.integer("SELECT count(*) FROM pg_listening_channels()") == 0);
    CHECK(shared.stranger.integer("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
                                  "(SELECT oid FROM pg_database WHERE datname = current_database())") == 0);
    CHECK(shared.stranger.integer("SELECT count(*) FROM pg_class WHERE relpersistence = 't'") == 0);
  };
  work(backend);
  check_session();

  // A transaction that fails at the server, and a visitor that throws during one.
  RawPostgres superuser(shared.database.database().superuser_dsn());
  superuser.execute("REVOKE SELECT ON agent_errors FROM heddle_app");
  CHECK(code_of([&] { static_cast<void>(backend.error_store().get(ada, "e")); }) == ErrorCode::permission_denied);
  CHECK_THROWS_AS(backend.session_storage().for_each_message(ada, "s", [](const Message&) { throw 1; }), int);
  RawPostgres holder(shared.database.database().superuser_dsn());
  holder.execute("BEGIN");
  holder.execute("LOCK TABLE sessions");
  CHECK(code_of([&] { backend.session_storage().save_session(ada.with_timeout(50ms), {.id = "t"}); }) ==
        ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { static_cast<void>(backend.session_storage().list_sessions(ada.with_timeout(50ms))); }) ==
        ErrorCode::deadline_exceeded);
  holder.execute("ROLLBACK");
  CHECK(backend.session_storage().list_sessions(ada).items == std::vector<std::string>{"s"});
  // The pooler may have closed the session of a client that disconnected.
  if (shared.stranger.text("SELECT pg_backend_pid()") == session) { check_session(); }
}

TEST_CASE("postgres pooler: settings of other clients in the server's session change nothing") {
  Shared shared;
  RawPostgres& stranger = shared.stranger;
  static_cast<void>(stranger.text("SELECT set_config('heddle.user_id', 'bob', false)"));
  static_cast<void>(stranger.text("SELECT set_config('heddle.answer', '77', false)"));
  stranger.execute("SET search_path TO pg_temp, pg_catalog");
  for (const char* table : {"sessions", "messages", "idempotency_keys", "human_requests"}) {
    stranger.execute(std::string("CREATE TEMPORARY TABLE ") + table + " (LIKE public." + table + ")");
  }
  stranger.execute(
      "SET bytea_output TO escape; SET datestyle TO 'German'; SET extra_float_digits TO -5; "
      "SET timezone TO 'Asia/Tokyo'; SET intervalstyle TO iso_8601; "
      "SET default_transaction_isolation TO serializable; SET plan_cache_mode TO force_generic_plan; "
      "SET check_function_bodies TO off; SET enable_seqscan TO off");
  const std::string session = stranger.text("SELECT pg_backend_pid()");
  OnServer backend(shared.config());
  work(backend);
  CHECK(backend.session_storage().statistics(ada).sessions == 1);
  CHECK(backend.session_storage().statistics(bob).sessions == 0);
  REQUIRE(stranger.text("SELECT pg_backend_pid()") == session);
  CHECK(stranger.integer("SELECT count(*) FROM pg_temp.sessions") == 0);

  // With this setting the server refuses queries that row security would restrict.
  stranger.execute("SET row_security TO off");
  CHECK(code_of([&] { static_cast<void>(backend.session_storage().statistics(ada)); }) == ErrorCode::permission_denied);
}

TEST_CASE("postgres pooler: many threads of two tenants share one session of the server") {
  Shared shared;
  OnServer backend(shared.config());
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int number = 0; number < 8; ++number) {
    threads.emplace_back([&, number] {
      const Context& who = number % 2 == 0 ? ada : bob;
      const std::string id = who.user_id + std::to_string(number);
      auto& sessions = backend.session_storage();
      try {
        for (int i = 0; i < 20; ++i) {
          sessions.save_session(who, {.id = id});
          if (sessions.save_message(who, id, {.content = id}) != i + 1) { ++wrong; }
          for (const auto& each : sessions.list_sessions(who).items) {
            if (each.rfind(who.user_id, 0) != 0) { ++wrong; }
          }
          for (const auto& each : sessions.load_messages(who, id).items) {
            if (each.content != id) { ++wrong; }
          }
        }
      } catch (const Error&) { ++wrong; }
    });
  }
  for (auto& thread : threads) { thread.join(); }
  CHECK(wrong == 0);
  CHECK(backend.session_storage().statistics(ada).messages == 80);
  CHECK(backend.session_storage().statistics(bob).messages == 80);
}

TEST_CASE("postgres pooler: when it accepts no more clients, calls wait for a connection of theirs") {
  support::MigratedDatabase database;
  constexpr int clients = 2;
  const support::PgBouncer pooler(clients, support::postgres_server(), clients);
  auto config = database.config();
  config.dsn = pooler.dsn(database.database().app_dsn());
  config.admin_dsn.clear();
  config.named_statements = false;
  OnServer backend(config);
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "s"});
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < 8; ++number) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          sessions.save_message(ada.with_timeout(1min), "s", {.content = "x"});
        }
      });
    }
  }
  CHECK(sessions.load_session(ada, "s")->last_sequence == 160);
  CHECK(backend.details().pool->total_connections <= clients);
  backend.close();
  const RawPostgres first(config.dsn);
  const RawPostgres second(config.dsn);
  const Error none = support::error_of([&] { const OnServer other(config); });
  CHECK(none.code() == ErrorCode::unavailable);
  CHECK(std::string(none.what()).find("max_client_conn") != std::string::npos);
}
