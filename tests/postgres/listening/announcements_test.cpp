#include "heddle/postgres.hpp"
#include "heddle/postgres/policy.ipp"
#include "postgres/listening/hearing.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/stopwatch.hpp"

#include <doctest/doctest.h>

#include <libpq-fe.h>

#include <chrono>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>

/// A role that may only connect learns nothing from the notifications of responses, and its own wake no call.
namespace {

using namespace heddle;
using namespace std::chrono_literals;
using support::RawPostgres;

using Policy = listening::Hearing;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

/// A database with a role that may only connect.
class Target {
 public:
  Target() : stranger_(make_stranger()) {}
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  Target(Target&&) = delete;
  Target& operator=(Target&&) = delete;
  ~Target() {
    static_cast<void>(superuser_.failure_of("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" +
                                            role() + "'"));
    static_cast<void>(superuser_.failure_of("DROP ROLE " + role()));
  }

  [[nodiscard]] heddle::postgres::Config config() const { return database_.config(); }
  [[nodiscard]] RawPostgres& stranger() noexcept { return stranger_; }
  [[nodiscard]] RawPostgres& superuser() noexcept { return superuser_; }
  [[nodiscard]] std::string app_dsn() { return database_.database().app_dsn(); }

  /// Returns the payloads that the stranger has heard since the last call.
  [[nodiscard]] std::multiset<std::string> heard() {
    std::multiset<std::string> payloads;
    static_cast<void>(stranger_.integer("SELECT 1"));
    PQconsumeInput(stranger_.handle());
    for (;;) {
      const std::unique_ptr<PGnotify, decltype(&PQfreemem)> notice(PQnotifies(stranger_.handle()), &PQfreemem);
      if (!notice) { return payloads; }
      payloads.insert(notice->extra);
    }
  }

 private:
  [[nodiscard]] std::string role() { return database_.database().name() + "_stranger"; }
  [[nodiscard]] RawPostgres make_stranger() {
    superuser_.execute("CREATE ROLE " + role() + " LOGIN");
    return RawPostgres(support::with_settings(database_.database().superuser_dsn(), {{"user", role()}}));
  }

  support::MigratedDatabase database_{};
  RawPostgres superuser_{database_.database().superuser_dsn()};
  RawPostgres stranger_;
};

}  // namespace

TEST_CASE("an answer and a change of a question do not depend on their announcements") {
  Target target;
  Backend<Postgres> backend(target.config());
  auto& requests = backend.human_request_store();
  requests.store(ada, {.id = "r1", .question = "?"});
  target.superuser().execute("REVOKE EXECUTE ON FUNCTION pg_notify(text, text) FROM PUBLIC");
  CHECK(requests.update(ada, {.id = "r1", .question = "??"}));
  CHECK(requests.respond(ada, "r1", {.status = RequestStatus::approved}).status == RequestStatus::approved);
  CHECK(requests.get(ada, "r1")->status == RequestStatus::approved);
  CHECK(requests.wait(ada.with_timeout(1min), "r1").status == RequestStatus::approved);
}

TEST_CASE("notifications of a stranger wake no call, whatever they say") {
  Target target;
  Backend<Policy> here(target.config());
  Backend<Postgres> there(target.config());
  here.human_request_store().store(ada, {.id = "r1", .question = "?"});
  Policy::heard = 0;
  auto waiting = std::async(std::launch::async, [&here] { return here.human_request_store().wait(ada, "r1"); });
  Policy::await_rest();
  Policy::reads = 0;
  const support::Stopwatch watch;
  for (int index = 0; index < 200; ++index) {
    target.stranger().execute("NOTIFY heddle_changes");
    target.stranger().execute("NOTIFY heddle_changes, ''");
    target.stranger().execute("NOTIFY heddle_changes, 'r1'");
    target.stranger().execute("NOTIFY heddle_changes, '" + std::to_string(index) + "'");
  }
  // It looks every 5 seconds without a notification, too.
  CHECK(Policy::reads <= 2 + watch.elapsed() / 5s);
  there.human_request_store().respond(ada, "r1", {.status = RequestStatus::rejected});
  CHECK(waiting.get().status == RequestStatus::rejected);
}

TEST_CASE("what is announced tells a stranger neither the id nor whether two tenants use the same") {
  Target target;
  Target other;
  target.stranger().execute("LISTEN heddle_changes");
  other.stranger().execute("LISTEN heddle_changes");
  Backend<Postgres> backend(target.config());
  Backend<Postgres> elsewhere(other.config());
  // A key of its own: the databases of tests are copies of one.
  elsewhere.migrator().to({}, 2);
  elsewhere.migrate();
  const auto respond = [](Backend<Postgres>& to, const Context& context) {
    to.human_request_store().store(context, {.id = "r1", .question = "?"});
    to.human_request_store().respond(context, "r1", {.status = RequestStatus::approved});
  };
  respond(backend, ada);
  respond(backend, bob);
  respond(elsewhere, ada);
  std::multiset<std::string> payloads = target.heard();
  CHECK(payloads.size() == 2);
  payloads.merge(other.heard());
  CHECK(payloads.size() == 3);
  CHECK(std::set<std::string>(payloads.begin(), payloads.end()).size() == 3);
  for (const std::string& each : payloads) {
    CHECK(each.size() == 64);
    CHECK(each.find("r1") == std::string::npos);
  }
  // The topic is the HMAC of tenant and id under the schema's key.
  RawPostgres app(target.app_dsn());
  CHECK(app.integer("SELECT count(*) FROM heddle_announcement_key") == 0);
  CHECK(app.execute("DELETE FROM heddle_announcement_key") == 0);
  CHECK(app.text("SELECT heddle_announcement_topic('r1')").empty());
  CHECK(target.stranger().failure_of("SELECT * FROM heddle_announcement_key") == "42501");
  CHECK(target.stranger().failure_of("SELECT heddle_announcement_topic('r1')") == "42501");
  CHECK(target.superuser().text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = "
                                "'heddle_announcement_key'::regclass") == "t");
  CHECK(target.superuser().integer("SELECT count(*) FROM heddle_announcement_key WHERE length(inner_key) = 64 AND "
                                   "length(outer_key) = 64 AND inner_key <> outer_key") == 1);
}

TEST_CASE("a role that may not make topics waits all the same") {
  Target target;
  target.superuser().execute("REVOKE EXECUTE ON FUNCTION heddle_announcement_topic(text) FROM heddle_app");
  Backend<Postgres> here(target.config());
  Backend<Postgres> there(target.config());
  here.human_request_store().store(ada, {.id = "r1", .question = "?"});
  auto waiting =
      std::async(std::launch::async, [&here] { return here.human_request_store().wait(ada.with_timeout(1min), "r1"); });
  std::this_thread::sleep_for(300ms);
  there.human_request_store().respond(ada, "r1", {.status = RequestStatus::approved});
  CHECK(waiting.get().status == RequestStatus::approved);
}
