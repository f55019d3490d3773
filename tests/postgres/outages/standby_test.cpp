#include "heddle/postgres.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>

/// A commit that waits for a standby that does not exist: when the wait is cut short, the write must be in doubt.
namespace {

using namespace heddle;
using namespace std::chrono_literals;
using support::error_of;

const Context ada = Context::for_user("ada");
/// In this time a commit begins to wait on a busy machine, too.
constexpr auto enough = 3s;

class Waiting {
 public:
  explicit Waiting(const std::string& options = {}) : backend_(config(options)) {
    backend_.session_storage().save_session(ada, {.id = "s"});
    demand("nobody");
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Waiting(Waiting&&) = delete;
  Waiting& operator=(Waiting&&) = delete;
  ~Waiting() { demand(""); }

  auto& sessions() { return backend_.session_storage(); }

  /// From now on every commit waits for these standbys.
  void demand(const std::string& standbys) {
    superuser_.execute("ALTER SYSTEM SET synchronous_standby_names = '" + standbys + "'");
    superuser_.execute("SELECT pg_reload_conf()");
    // It takes effect some time after SHOW returns it.
    while (a_commit_waits() == standbys.empty()) { std::this_thread::sleep_for(10ms); }
  }

  /// Returns when a commit waits.
  void await_a_commit() {
    while (superuser_.integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 0) {
      std::this_thread::sleep_for(10ms);
    }
  }

  /// Runs one of these functions on the waiting process, as soon as it waits.
  void interrupt(const std::string& function) {
    while (superuser_.text("SELECT " + function + "(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").empty()) {
      std::this_thread::sleep_for(10ms);
    }
  }

  Error save(const Context& context, const AppendOptions& options = {}) {
    return error_of([&] { sessions().save_message(context, "s", {.content = "important"}, options); });
  }

 private:
  [[nodiscard]] bool a_commit_waits() {
    support::RawPostgres other(database_.database().superuser_dsn());
    auto commit = std::async(std::launch::async, [&] {
      // Written and discarded.
      other.execute("SELECT pg_logical_emit_message(true, 'heddle', '')");
    });
    bool waits = false;
    while (commit.wait_for(5ms) == std::future_status::timeout) {
      waits =
          !superuser_.text("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").empty();
    }
    commit.get();
    return waits;
  }
  [[nodiscard]] heddle::postgres::Config config(const std::string& options) {
    auto config = database_.config();
    config.dsn = support::with_settings(config.dsn, {{"options", options}});
    return config;
  }

  support::MigratedDatabase database_;
  support::RawPostgres superuser_{database_.database().superuser_dsn()};
  Backend<Postgres> backend_;
};

void check_doubt(const Error& error, ErrorCode code = ErrorCode::unavailable) {
  INFO(std::string(error.what()));
  CHECK(error.code() == code);
  CHECK(error.in_doubt());
  CHECK(error.retryable());
}

}  // namespace

TEST_CASE("postgres standby: a wait for it that is cut short leaves the write in doubt") {
  Waiting here;
  SUBCASE("by the deadline") { check_doubt(here.save(ada.with_timeout(enough)), ErrorCode::deadline_exceeded); }
  SUBCASE("by the caller") {
    std::stop_source stop;
    auto saving = std::async(std::launch::async, [&] { return here.save(ada.with_stop(stop.get_token())); });
    here.await_a_commit();
    stop.request_stop();
    check_doubt(saving.get(), ErrorCode::cancelled);
  }
  SUBCASE("by an operator") {
    auto saving = std::async(std::launch::async, [&] { return here.save(ada); });
    SUBCASE("who cancels") { here.interrupt("pg_cancel_backend"); }
    SUBCASE("who ends the connection") { here.interrupt("pg_terminate_backend"); }
    check_doubt(saving.get());
  }
  here.demand("");
  CHECK(here.sessions().save_message(ada, "s", {.content = "next"}) == 2);
}

TEST_CASE("postgres standby: hidden warnings change nothing for a call that can be cut short") {
  Waiting here("-c client_min_messages=error");
  SUBCASE("by a deadline") { check_doubt(here.save(ada.with_timeout(enough)), ErrorCode::deadline_exceeded); }
  SUBCASE("by the caller") {
    std::stop_source stop;
    auto saving = std::async(std::launch::async, [&] { return here.save(ada.with_stop(stop.get_token())); });
    here.interrupt("pg_cancel_backend");
    check_doubt(saving.get());
  }
}

TEST_CASE("postgres standby: a repeat of the key waits for it too, and returns the first result") {
  Waiting here;
  const AppendOptions options{.idempotency_key = "key"};
  check_doubt(here.save(ada.with_timeout(enough), options), ErrorCode::deadline_exceeded);
  check_doubt(here.save(ada.with_timeout(enough), options), ErrorCode::deadline_exceeded);
  here.demand("");
  CHECK(here.sessions().save_message(ada, "s", {.content = "important"}, options) == 1);
  CHECK(here.sessions().load_messages(ada, "s").items.size() == 1);
}
