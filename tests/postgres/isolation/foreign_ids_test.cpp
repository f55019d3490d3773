#include "heddle/postgres.hpp"
#include "postgres/isolation/filled_tenants.hpp"
#include "postgres/isolation/foreign_operations.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

using namespace heddle;
using namespace isolation;

namespace {

/// Returns the outcome of an operation for a tenant who has one record of each kind.
std::string outcome(OnServer& backend, const CallOnId& operation, const std::string& user, const std::string& id) {
  const auto context = Context::for_user(user);
  backend.session_storage().save_session(context, {.id = "own"});
  backend.artifact_store().index(context, {.id = "own", .name = "own"});
  backend.human_request_store().store(context, {.id = "own"});
  Reply answer(id);
  try {
    operation.run(backend, context, id, answer);
  } catch (const Error& error) { answer.add(error); }
  const auto statistics = backend.session_storage().statistics(context);
  answer.add(statistics.sessions).add(statistics.messages).add(statistics.tool_executions);
  return answer.text();
}

}  // namespace

TEST_CASE("isolation: no operation distinguishes another tenant's id from one that does not exist") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  SUBCASE("of visible records") {}
  SUBCASE("of hidden records") {
    REQUIRE(tenants.backend().session_storage().soft_delete_session(Context::for_user("alice"), known));
    REQUIRE(tenants.backend().session_storage().soft_delete_session(Context::for_user("bob"), known));
  }
  const std::string theirs = "user_id IN ('alice', 'bob')";
  const auto before = digest_of_all(superuser, theirs);
  int number = 0;
  for (const auto& operation : operations()) {
    CAPTURE(operation.name);
    const auto user = "mallory " + std::to_string(++number);
    // Two tenants, so that the second call does not find what the first one stored.
    const auto foreign = outcome(tenants.backend(), operation, user + " a", known);
    const auto missing = outcome(tenants.backend(), operation, user + " b", "never");
    CHECK(foreign == missing);
    CHECK(digest_of_all(superuser, theirs) == before);
  }
}

TEST_CASE("isolation: a cursor of one tenant reveals nothing to another one") {
  FilledTenants tenants;
  auto& backend = tenants.backend();
  const auto alice = Context::for_user("alice");
  const auto mallory = Context::for_user("mallory");
  auto& sessions = backend.session_storage();
  for (const char* id : {"2", "3"}) {
    sessions.save_session(alice, {.id = id, .agent_id = known});
    sessions.save_message(alice, known, {.content = "gold"});
    sessions.save_tool_execution(alice, known, {.tool_name = "t"});
    sessions.save_snapshot(alice, {.id = id, .session_id = known, .snapshot_type = known});
    backend.error_store().store(alice, {.id = id, .session_id = known, .raw_error = "x"});
    backend.artifact_store().index(alice, {.id = id, .name = "gold", .session_id = known});
    backend.human_request_store().store(alice, {.id = id, .session_id = known});
    backend.result_store().store(alice, {.id = id, .table = {{"c"}, {}}});
  }
  const auto check = [&](const char* name, const auto& list) {
    CAPTURE(name);
    PageRequest one{.limit = 1};
    const auto first = list(alice, one);
    REQUIRE(first.items.size() == 1);
    REQUIRE(!first.next.empty());
    one.cursor = first.next;
    CHECK(list(alice, one).items.size() == 1);
    const auto stolen = list(mallory, one);
    CHECK(stolen.items.empty());
    CHECK(stolen.next.empty());
  };
  using C = const Context&;
  using P = const PageRequest&;
  check("sessions", [&](C c, P p) { return sessions.list_sessions(c, p); });
  check("sessions of an agent", [&](C c, P p) { return sessions.list_agent_sessions(c, known, p); });
  check("messages", [&](C c, P p) { return sessions.load_messages(c, known, p); });
  check("messages of an agent", [&](C c, P p) { return sessions.load_agent_messages(c, known, p); });
  check("found messages", [&](C c, P p) { return sessions.search_messages(c, {.query = "gold"}, p); });
  check("executions", [&](C c, P p) { return sessions.list_tool_executions(c, known, p); });
  check("snapshots", [&](C c, P p) { return sessions.load_snapshots(c, known, known, p); });
  check("errors", [&](C c, P p) { return backend.error_store().list(c, {}, p); });
  check("errors of a session", [&](C c, P p) { return backend.error_store().list(c, {.session_id = known}, p); });
  check("artifacts", [&](C c, P p) { return backend.artifact_store().list(c, {}, p); });
  check("found artifacts", [&](C c, P p) { return backend.artifact_store().search(c, {.query = "gold"}, p); });
  check("results", [&](C c, P p) { return backend.result_store().list(c, p); });
  check("pending requests", [&](C c, P p) { return backend.human_request_store().list_pending(c, p); });
  check("requests by priority", [&](C c, P p) { return backend.human_request_store().list_by_priority(c, p); });
  check("requests of a session", [&](C c, P p) { return backend.human_request_store().list_by_session(c, known, p); });
}

TEST_CASE("isolation: data of other tenants does not change the order or score of a search") {
  FilledTenants tenants;
  auto& backend = tenants.backend();
  auto& sessions = backend.session_storage();
  const auto mallory = Context::for_user("mallory");
  sessions.save_session(mallory, {.id = "s"});
  for (const char* text : {"silk gold", "gold gold silk", "silk silk silk gold and more", "gold in silk gold"}) {
    sessions.save_message(mallory, "s", {.content = text});
  }
  auto app = tenants.app();
  const auto scores = [&] {
    app.execute("BEGIN; SELECT set_config('heddle.user_id', 'mallory', true)");
    auto rows =
        app.texts("SELECT sequence || ':' || score FROM heddle_search_messages('silk\ngold', NULL, NULL, 10, 0)");
    app.execute("COMMIT");
    return rows;
  };
  const auto before = scores();
  CHECK(before.size() == 4);
  const auto alice = Context::for_user("alice");
  for (int each = 0; each < 200; ++each) { sessions.save_message(alice, known, {.content = "silk silk words"}); }
  tenants.superuser().execute("ANALYZE");
  CHECK(scores() == before);
}

TEST_CASE("isolation: users with unusual names see only their own data") {
  FilledTenants tenants;
  auto& sessions = tenants.backend().session_storage();
  std::vector<std::string> users{"alice'; DROP TABLE sessions; --",
                                 "alice\n",
                                 "alice\t",
                                 "Alice",
                                 "ALICE",
                                 " alice",
                                 "alice ",
                                 "\"alice\"",
                                 "alice\\",
                                 "$1",
                                 "%",
                                 "_lice",
                                 "a,b",
                                 "alice, bob",
                                 "''",
                                 "NULL",
                                 "heddle_owner",
                                 "postgres",
                                 "\xC3\xA4lice",
                                 "a\xCC\x88lice",
                                 "\xF0\x9F\x98\x80",
                                 "\xE2\x80\x8B"
                                 "alice",
                                 "\xEF\xBB\xBF"
                                 "alice",
                                 std::string(255, 'a'),
                                 std::string(254, 'a') + "b",
                                 std::string(254, 'a')};
  for (const auto& user : users) {
    CAPTURE(user);
    const auto context = Context::for_user(user);
    CHECK(!sessions.load_session(context, known));
    CHECK(sessions.statistics(context).sessions == 0);
    sessions.save_session(context, {.id = known, .name = user});
    CHECK(sessions.save_message(context, known, {.content = "gold"}) == 1);
  }
  for (const auto& user : users) {
    CAPTURE(user);
    const auto context = Context::for_user(user);
    CHECK(sessions.load_session(context, known)->name == user);
    CHECK(sessions.search_messages(context, {.query = "gold"}).items.size() == 1);
    CHECK(sessions.statistics(context).sessions == 1);
  }
  CHECK(sessions.statistics(Context::for_user("alice")).sessions == 2);
}
