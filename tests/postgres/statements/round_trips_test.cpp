#include "postgres/round_trips.hpp"
#include "heddle/postgres.hpp"
#include "postgres/statements/turn_operations.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using namespace operations;
using namespace std::chrono_literals;
using support::code_of;
using support::round_trips_of;

namespace {

/// Everything that operations need is stored without the counting proxy.
class Scene {
 public:
  support::MigratedDatabase database;
  support::ProtocolProxy proxy{support::postgres_server()};

  /// The configuration of a server through the proxy, with one open and verified connection, and one for administration
  /// that is not open.
  heddle::postgres::Config config(bool named) {
    heddle::postgres::Config config;
    config.dsn = proxy.dsn(database.database().app_dsn());
    config.admin_dsn = proxy.dsn(database.database().admin_dsn());
    config.pool.min_connections = 0;
    config.pool.max_connections = 1;
    config.named_statements = named;
    config.artifact_directory = folder_.path();
    return config;
  }

  /// Returns a run with one record of every kind.
  Run next(OnServer& backend, const Context& context) {
    const std::string id = text_mark + " " + std::to_string(++count_);
    auto& sessions = direct_.session_storage();
    sessions.save_session(tenant, {.id = id, .agent_id = id});
    sessions.save_session(tenant, {.id = "child " + id, .agent_id = id, .parent_session_id = id});
    sessions.save_session(tenant, {.id = "rewound " + id});
    sessions.save_message(tenant, "rewound " + id, message());
    sessions.rewind_session(tenant, "rewound " + id, 0);
    static_cast<void>(direct_.stream_store().begin(tenant, "child " + id, {}));
    sessions.save_session(tenant, {.id = "hidden " + id});
    sessions.soft_delete_session(tenant, "hidden " + id);
    const std::vector<Message> messages(3, message());
    sessions.save_messages(tenant, id, messages);
    sessions.save_tool_execution(tenant, id, execution());
    sessions.save_snapshot(tenant, {.id = id, .session_id = id, .snapshot_type = text_mark});
    direct_.error_store().store(
        tenant, {.id = id, .timestamp = time_mark, .session_id = id, .tool_name = text_mark, .raw_error = text_mark});
    direct_.artifact_store().index(tenant, artifact(id, id));
    direct_.artifact_store().put(tenant, {.id = "content " + id}, id);
    direct_.result_store().store(tenant, result(id));
    direct_.human_request_store().store(tenant, request(id, id));
    const std::string cursor = sessions.load_messages(tenant, id, {.limit = 1}).next;
    return {.backend = backend,
            .context = context,
            .id = id,
            .fresh = "fresh " + id,
            .options = {},
            .page = {.limit = 918},
            .second = {.limit = 918, .cursor = cursor}};
  }

  /// Returns what `call` sent to the server.
  template <class Call>
  support::Traffic traffic_of(Call&& call) {
    proxy.forget_traffic();
    call();
    return proxy.traffic();
  }
  template <class Call>
  int round_trips(Call&& call) {
    return support::round_trips(proxy, call);
  }

  /// Removes hidden sessions, so that a purge has few.
  void tidy() { direct_.session_storage().purge_deleted_sessions({}, 0s); }
  OnServer& direct() { return direct_; }

 private:
  support::TemporaryFolder folder_;
  OnServer direct_{database.config()};
  int count_ = 0;
};

/// Checks that no value of a caller is in the text of a statement.
void check_text(const support::Parsed& parsed, bool named) {
  CAPTURE(parsed.text);
  CHECK(parsed.name.empty() != named);
  CHECK(parsed.text.find(text_mark) == std::string::npos);
  CHECK(parsed.text.find("918") == std::string::npos);
}

void check_operations(const std::vector<operations::Operation>& all, bool named) {
  Scene scene;
  for (const operations::Operation& operation : all) {
    CAPTURE(operation.name);
    OnServer backend(scene.config(named));
    for (const std::string variant : {"plain", "with a deadline", "with a key"}) {
      if (variant == "with a key" && !operation.keyed) { continue; }
      for (const bool first : {true, false}) {
        CAPTURE(variant);
        CAPTURE(first);
        const Context context = variant == "with a deadline" ? tenant.with_timeout(1min) : tenant;
        Run run = scene.next(backend, context);
        if (variant == "with a key") { run.options.idempotency_key = "key of " + run.id; }
        const support::Traffic traffic = scene.traffic_of([&] { operation.run(run); });
        CHECK(round_trips_of(traffic) == operation.round_trips);
        if (named && !first) { CHECK(traffic.parsed.empty()); }
        for (const auto& parsed : traffic.parsed) { check_text(parsed, named); }
      }
    }
    scene.tidy();
  }
}

/// Checks the round trips of a call that waits for a human, `look(run)`, on a backend that does not listen yet. On a
/// busy machine it looks more often until it listens, so that there are rounds.
template <class Look>
void check_waiting(Scene& scene, Look look) {
  constexpr int most = 2 + 3 + 1;
  constexpr int rounds = 20;
  support::RawPostgres server(scene.database.database().superuser_dsn());
  const auto listeners = [&](const std::string& which) {
    return server.integer(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'" + which);
  };
  int trips = 0;
  for (int round = 0; round < rounds && (round == 0 || trips > most); ++round) {
    // That of the round before ends.
    while (listeners("") != 0) { std::this_thread::sleep_for(1ms); }
    OnServer backend(scene.config(true));
    const Run run = scene.next(backend, tenant);
    trips = scene.round_trips([&] {
      auto waiting = std::async(std::launch::async, [&] { look(run); });
      while (listeners(" AND state = 'idle'") == 0) { std::this_thread::sleep_for(1ms); }
      std::this_thread::sleep_for(1s);
      scene.direct().human_request_store().respond(tenant, run.id, response());
      waiting.get();
    });
    CHECK(scene.round_trips([&] { look(run); }) == 1);
  }
  CHECK(trips <= most);
}

}  // namespace

TEST_CASE("fault 25: every operation on PostgreSQL needs one round trip, or two where it reads before it writes") {
  check_operations(operations::all, true);
  check_operations(operations::of_turns, true);
}

TEST_CASE("postgres round trips: operations need no more without named statements, and name none") {
  check_operations(operations::all, false);
  check_operations(operations::of_turns, false);
}

TEST_CASE("postgres round trips: a refused write needs one") {
  Scene scene;
  OnServer backend(scene.config(true));
  const Run run = scene.next(backend, tenant);
  scene.direct().human_request_store().store(tenant, request("settled", run.id));
  scene.direct().human_request_store().respond(tenant, "settled", response());
  struct Refused {
    std::string name;
    ErrorCode code;
    void (*run)(R& run);
  };
  const std::vector<Refused> refused{
      {"a message of no session", ErrorCode::not_found,
       [](R& r) { r.sessions().save_message(r.context, r.fresh, message(), r.appending()); }},
      {"a thousand messages of no session", ErrorCode::not_found,
       [](R& r) { r.sessions().save_messages(r.context, r.fresh, thousand(), r.appending()); }},
      {"a turn of a hidden session", ErrorCode::not_found,
       [](R& r) {
         r.sessions().save_turn(r.context, "hidden " + r.id, {{message()}, {execution()}}, r.appending());
       }},
      {"a message that another one came before", ErrorCode::conflict,
       [](R& r) { r.sessions().save_message(r.context, r.id, message(), r.expecting(2)); }},
      {"a session over a hidden one", ErrorCode::failed_precondition,
       [](R& r) { r.sessions().save_session(r.context, {.id = "hidden " + r.id}, r.options); }},
      {"a session with a parent that is not there", ErrorCode::not_found,
       [](R& r) { r.sessions().save_session(r.context, {.id = "new", .parent_session_id = r.fresh}, r.options); }},
      {"a session that is there already, and another one", ErrorCode::conflict,
       [](R& r) { r.sessions().save_session(r.context, {.id = r.id, .name = text_mark}, r.options); }},
      {"a session that has another revision", ErrorCode::conflict,
       [](R& r) { r.sessions().save_session(r.context, {.id = r.id, .revision = 9}, r.options); }},
      {"a session that was loaded and is not there", ErrorCode::not_found,
       [](R& r) { r.sessions().save_session(r.context, {.id = r.fresh, .revision = 1}, r.options); }},
      {"a session below its own child", ErrorCode::invalid_argument,
       [](R& r) {
         const Session session{.id = r.id, .parent_session_id = "child " + r.id, .revision = 1};
         r.sessions().save_session(r.context, session, r.options);
       }},
      {"a session to ensure over a hidden one", ErrorCode::failed_precondition,
       [](R& r) { r.sessions().ensure_session(r.context, {.id = "hidden " + r.id}, r.options); }},
      {"a change of no session", ErrorCode::not_found,
       [](R& r) { r.sessions().update_session(r.context, r.fresh, {.name = text_mark}, r.options); }},
      {"an execution of no session", ErrorCode::not_found,
       [](R& r) { r.sessions().save_tool_execution(r.context, r.fresh, execution(), r.options); }},
      {"a snapshot of no session", ErrorCode::not_found,
       [](R& r) { r.sessions().save_snapshot(r.context, {.session_id = r.fresh}, r.options); }},
      {"a snapshot whose id is taken", ErrorCode::already_exists,
       [](R& r) { r.sessions().save_snapshot(r.context, {.id = r.id, .session_id = r.id}, r.options); }},
      {"an error of no session", ErrorCode::not_found,
       [](R& r) { r.errors().store(r.context, {.session_id = r.fresh}, r.options); }},
      {"an error whose id is taken", ErrorCode::already_exists,
       [](R& r) { r.errors().store(r.context, {.id = r.id}, r.options); }},
      {"an artifact of no session", ErrorCode::not_found,
       [](R& r) { r.artifacts().index(r.context, artifact(r.fresh, r.fresh), r.options); }},
      {"an artifact that is there already, and another one", ErrorCode::conflict,
       [](R& r) { r.artifacts().index(r.context, {.id = r.id, .name = text_mark}, r.options); }},
      {"a content of no session", ErrorCode::not_found,
       [](R& r) { r.artifacts().put(r.context, artifact(r.fresh, r.fresh), text_mark, r.putting()); }},
      {"a content of an artifact that has another revision", ErrorCode::conflict,
       [](R& r) { r.artifacts().put(r.context, {.id = r.id, .revision = 9}, text_mark, r.putting()); }},
      {"a version that is not there", ErrorCode::not_found,
       [](R& r) { r.artifacts().restore_version(r.context, r.id, 9, r.options); }},
      {"an artifact that has another revision", ErrorCode::conflict,
       [](R& r) {
         Artifact changed = artifact(r.id, r.id);
         changed.revision = 9;
         r.artifacts().update(r.context, changed, r.options);
       }},
      {"a human request of no session", ErrorCode::not_found,
       [](R& r) { r.requests().store(r.context, request(r.fresh, r.fresh), r.options); }},
      {"a human request whose id is taken", ErrorCode::already_exists,
       [](R& r) { r.requests().store(r.context, request(r.id, r.id), r.options); }},
      {"an update of a settled request", ErrorCode::failed_precondition,
       [](R& r) { r.requests().update(r.context, request("settled", r.id), r.options); }},
      {"an answer to no request", ErrorCode::not_found,
       [](R& r) { r.requests().respond(r.context, r.fresh, response(), r.options); }},
      {"an answer to a settled request", ErrorCode::failed_precondition,
       [](R& r) { r.requests().respond(r.context, "settled", response(), r.options); }},
      {"cancelling a settled request", ErrorCode::failed_precondition,
       [](R& r) { r.requests().cancel(r.context, "settled", r.options); }},
      {"ending a settled request", ErrorCode::failed_precondition,
       [](R& r) { r.requests().expire_one(r.context, "settled", r.options); }},
  };
  for (const Refused& each : refused) {
    CAPTURE(each.name);
    for (const char* key : {"", "", "key", "key"}) {  // a refused write does not use its key
      CAPTURE(key);
      Run asked = run;
      asked.options.idempotency_key = key;
      CHECK(scene.round_trips([&] { CHECK(code_of([&] { each.run(asked); }) == each.code); }) == 1);
    }
  }
  // Refused before anything is sent.
  CHECK(scene.round_trips([&] {
    CHECK(code_of([&] { run.sessions().save_message(tenant, "", message()); }) == ErrorCode::invalid_argument);
  }) == 0);
}

TEST_CASE("postgres round trips: operations that need more than one") {
  Scene scene;
  OnServer backend(scene.config(true));
  const Run run = scene.next(backend, tenant);
  support::RawPostgres server(scene.database.database().superuser_dsn());

  SUBCASE("a repeat of an idempotency key: 2") {
    const auto save = [&] {
      CHECK(run.sessions().save_message(tenant, run.id, message(), {.idempotency_key = "key"}) == 4);
    };
    CHECK(scene.round_trips(save) == 1);
    CHECK(scene.round_trips(save) == 2);
    CHECK(scene.round_trips([&] {
      CHECK(code_of([&] { run.sessions().save_message(tenant, run.id, {}, {.idempotency_key = "key"}); }) ==
            ErrorCode::invalid_argument);
    }) == 2);
  }
  SUBCASE("a human's answer, which is announced: 2; a repeat, which reads the request: 4") {
    const auto respond = [&] { run.requests().respond(tenant, run.id, response(), {.idempotency_key = "key"}); };
    CHECK(scene.round_trips(respond) == 2);
    CHECK(scene.round_trips(respond) == 4);
  }
  SUBCASE("a query of a result whose access time is older than a minute: 2") {
    const auto query = [&] { static_cast<void>(run.results().query(tenant, run.id, "SELECT 1")); };
    CHECK(scene.round_trips(query) == 1);
    server.execute("UPDATE sql_results SET accessed_at = accessed_at - 60000000");
    CHECK(scene.round_trips(query) == 2);
    CHECK(scene.round_trips(query) == 1);
  }
  SUBCASE("a failed read, which is rolled back: 2") {
    server.execute("REVOKE SELECT ON agent_errors FROM heddle_app");
    const auto get = [&] {
      CHECK(code_of([&] { static_cast<void>(run.errors().get(tenant, run.id)); }) == ErrorCode::permission_denied);
    };
    CHECK(scene.round_trips(get) == 2);
    CHECK(scene.round_trips([&] { static_cast<void>(run.artifacts().get(tenant, run.id)); }) == 1);
  }
  SUBCASE("permanent removal, one for each batch: 100 sessions, 32 results") {
    for (int i = 0; i < 100; ++i) {
      const std::string id = std::to_string(i);
      scene.direct().session_storage().save_session(tenant, {.id = id});
      scene.direct().session_storage().soft_delete_session(tenant, id);
    }
    CHECK(scene.round_trips([&] { CHECK(run.sessions().purge_deleted_sessions({}, 0s) == 101); }) == 2);
    for (int i = 0; i < 32; ++i) { scene.direct().result_store().store(tenant, result(std::to_string(i))); }
    server.execute("UPDATE sql_results SET expires_at = 0");
    CHECK(scene.round_trips([&] { CHECK(run.results().expire(tenant) == 33); }) == 2);
  }
  SUBCASE("texts that are indexed anew: 2 for each batch of 256, and one that finds none") {
    const std::vector<Message> messages(300, message());
    scene.direct().session_storage().save_messages(tenant, run.id, messages);
    server.execute("UPDATE messages SET search = array_to_tsvector(ARRAY['~u' || user_id])");
    CHECK(scene.round_trips([&] { CHECK(run.backend.reindex(tenant) > 300); }) == 5);
    CHECK(scene.round_trips([&] { CHECK(run.backend.reindex(tenant) == 0); }) == 1);
    server.execute("UPDATE messages SET search = array_to_tsvector(ARRAY['~u' || user_id])");
    CHECK(scene.round_trips([&] { CHECK(run.backend.reindex_all() > 300); }) == 5);
    CHECK(scene.round_trips([&] { CHECK(run.backend.reindex_all() == 0); }) == 1);
  }
  SUBCASE("a statement that the connection has lost: it is prepared on a new connection") {
    const auto load = [&] { static_cast<void>(run.sessions().load_messages(tenant, run.id)); };
    CHECK(scene.round_trips(load) == 1);
    server.execute(
        "ALTER TABLE messages ALTER COLUMN tool_use_id TYPE varchar");  // invalidates the plan and changes the type
    CHECK(scene.round_trips(load) >= 2);
    CHECK(scene.round_trips(load) == 1);
  }
  SUBCASE("waiting for a human: one read at the beginning, one after LISTEN, and one for the answer") {
    check_waiting(scene, [](const Run& own) { static_cast<void>(own.requests().wait(tenant, own.id)); });
  }
  SUBCASE("waiting for any of many humans: as many as for one") {
    std::vector<std::string> ids{""};
    for (int i = 0; i < 50; ++i) {
      ids.push_back(scene.direct().human_request_store().store(tenant, {.question = "?"}));
    }
    check_waiting(scene, [&](const Run& own) {
      ids.front() = own.id;
      static_cast<void>(own.requests().wait_any(tenant, ids));
    });
  }
}
