#include "conformance/transfers.hpp"
#include "heddle/erasure.hpp"
#include "postgres/outages/cut_in_turn.hpp"
#include "postgres/outages/cuts.hpp"
#include "postgres/round_trips.hpp"
#include "support/long_run.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::digest_of;

// What the removal of old records sends to the server: how often, and what becomes of it where the connection is cut.

namespace {

/// A backend whose connections, also those of the administrator, lead through a proxy, and one without it, whose
/// connections nothing counts.
class Place {
  support::MigratedDatabase database_{};
  support::RawPostgres server_{database_.database().superuser_dsn()};

 public:
  Backend<Postgres> direct{direct_config()};
  support::ProtocolProxy proxy{support::postgres_server()};
  Backend<Postgres> backend{proxied_config()};

  /// Waits until all statements behind the proxy have ended and its connections are closed.
  void cut_all_and_wait() {
    proxy.cut_all();
    while (server_.integer("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename IN "
                           "('heddle_app', 'heddle_admin')") != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  postgres::Config direct_config() {
    postgres::Config config = database_.config();
    config.dsn = database_.database().superuser_dsn();
    config.admin_dsn = config.dsn;
    config.allow_role_without_row_security = true;
    return config;
  }
  postgres::Config proxied_config() {
    postgres::Config config = database_.config();
    config.dsn = proxy.dsn(database_.database().app_dsn());
    config.admin_dsn = proxy.dsn(database_.database().admin_dsn());
    config.named_statements = true;
    config.pool.max_connections = 1;
    return config;
  }
};

constexpr RetentionRule one{.max_count = 1};
constexpr RetentionRule two{.max_count = 2};
constexpr RetentionConfig rules{.sessions = two,
                                .hidden_branches = one,
                                .snapshots = one,
                                .errors = one,
                                .artifacts = two,
                                .results = one,
                                .requests = one,
                                .keys = one};

/// Fills a tenant with more than the rules keep, of each type.
template <class Backend>
void fill_much(Backend& backend, const Context& context) {
  fill(backend, context);
  for (int number = 0; number < 4; ++number) {
    const std::string id = "another " + std::to_string(number);
    backend.session_storage().save_snapshot(
        context, {.id = id, .session_id = "root", .snapshot_type = "context", .content = "so far"});
    backend.error_store().store(context, {.id = id, .tool_name = "look", .raw_error = "x"});
    backend.artifact_store().put(context, {.id = id, .name = id}, id);
    backend.human_request_store().store(context, {.id = id, .session_id = "root", .question = "?"});
    backend.human_request_store().respond(context, id, {.status = RequestStatus::rejected});
    backend.result_store().store(context, {.id = id, .table = {{"n"}, {{std::int64_t{1}}}}, .time_to_live = 24h},
                                 {.idempotency_key = id});
  }
  // The last one that has changed, so that it stays with what hangs on it.
  backend.session_storage().save_message(context, "root", says("still in use"));
}

}  // namespace

TEST_CASE("postgres faults: a removal of old records whose connection is cut ends when it is repeated") {
  Place place;
  auto& direct = place.direct;
  fill_much(direct, alice);
  fill_much(direct, bob);
  const Exported stream = exported(direct, alice);
  const RetentionReport whole = direct.apply_retention({}, rules);
  for (const std::int64_t count : {whole.sessions, whole.hidden_branches, whole.snapshots, whole.errors,
                                   whole.artifacts, whole.results, whole.requests, whole.keys}) {
    CHECK(count > 0);
  }
  // What stays.
  const std::string expected = digest_of(direct, alice);
  const std::string of_bob = exported(direct, bob).bytes;
  CHECK(direct.session_storage().list_sessions(alice).items.size() == 2);
  CHECK(direct.session_storage().load_session(alice, "root"));
  CHECK(direct.error_store().get(alice, "another 3"));
  CHECK(direct.artifact_store().verify(alice, "another 3") == ContentState::intact);

  const auto stride = static_cast<int>(support::size_of_run(43, 3));
  int acknowledged = 0;
  int left = 0;
  const auto prepare = [&](const Context& tenant) {
    import_user(direct, tenant, stream.bytes, {.into_other_tenant = true, .artifact_quota = true});
  };
  const auto attempt = [&](const Context& /*tenant*/) { place.backend.apply_retention({}, rules); };
  const int cuts = cuts::cut_in_turn(
      place, place.proxy, stride, prepare, attempt, [&](const Context& tenant, const cuts::Fate& fate) {
        acknowledged += fate.acknowledged ? 1 : 0;
        left += direct.apply_retention({}, rules) != RetentionReport{} ? 1 : 0;
        CHECK(direct.apply_retention({}, rules) == RetentionReport{});
        CHECK(digest_of(direct, tenant) == expected);
        CHECK(direct.artifact_store().verify(tenant, "another 3") == ContentState::intact);
        CHECK(exported(direct, bob).bytes == of_bob);
        // Else the next round lists it, too.
        erase_user(direct, tenant, {.idempotency_key = "k"});
      });
  MESSAGE("cut: " << cuts << ", acknowledged: " << acknowledged << ", left: " << left);
  CHECK(cuts > 20);
  CHECK(acknowledged >= 4);
  CHECK(left > 0);
}

TEST_CASE("a removal of old records makes some round trips for each tenant and batch, and none for each record") {
  Place place;
  auto& direct = place.direct;
  const auto trips = [&](const RetentionConfig& config) {
    return support::round_trips(place.proxy, [&] { place.backend.apply_retention({}, config); });
  };
  fill_much(direct, bob);
  // Opens the connection, and prepares the statements.
  trips(rules);
  erase_user(direct, bob, {.idempotency_key = "k"});
  // One for each rule, which lists the tenants that have such records.
  CHECK(trips(rules) == 8);
  for (int number = 0; number < 205; ++number) {
    direct.error_store().store(alice, {.id = "e" + std::to_string(number), .raw_error = "x"});
  }
  // The list, one that looks what is old, three batches of 100 at most, and one that finds no more.
  CHECK(trips({.errors = {.max_count = 3}}) == 6);
  // One for each tenant and bound where nothing is old.
  CHECK(trips({.errors = {.max_count = 3}}) == 2);
  CHECK(trips({.errors = {.max_age = 24h, .max_count = 3}}) == 3);
  direct.error_store().store(bob, {.raw_error = "x"});
  CHECK(trips({.errors = {.max_count = 3}}) == 3);
  constexpr int kept = 3;
  constexpr int removed = 42;
  for (int number = 0; number < kept + removed; ++number) {
    const std::string id = "s" + std::to_string(number);
    add_session(direct, alice, id);
    direct.session_storage().save_messages(alice, id, std::vector(20, says("x")));
    direct.artifact_store().put(alice, {.id = id, .name = id}, id);
  }
  // One besides that lists the contents whose bytes are to be removed, and one for 16 of them at most.
  CHECK(trips({.sessions = {.max_count = kept}}) == 5);
  CHECK(trips({.artifacts = {.max_count = kept}}) == 5 + (removed + 15) / 16);
  CHECK(direct.session_storage().list_sessions(alice).items.size() == kept);
  CHECK(direct.artifact_store().list(alice).items.size() == kept);
}
