#include "conformance/sample.hpp"
#include "conformance/soft_deletion.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;

CONFORMANCE_TEST("an administrator sees all tenants, without hidden sessions") {
  Subject subject({.soft_delete = hiding});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  for (const char* id : {"a1", "a2", "a3"}) {
    sessions.save_session(alice, {.id = id, .total_cost_usd = 0.5, .total_tokens = 10});
    sessions.save_message(alice, id, {.content = "x"});
  }
  sessions.save_tool_execution(alice, "a1", {.tool_name = "t"});
  sessions.save_session(bob, {.id = "a1", .name = "of bob"});
  sessions.save_session(bob, {.id = "hidden", .total_cost_usd = 0.5, .total_tokens = 10});
  sessions.save_message(bob, "hidden", {.content = "x"});
  sessions.save_tool_execution(bob, "hidden", {.tool_name = "t"});
  sessions.save_session(Context::for_user("carol"), {.id = "hidden"});
  REQUIRE(soft_deletion(backend)->soft_delete_session(bob, "hidden"));
  REQUIRE(soft_deletion(backend)->soft_delete_session(Context::for_user("carol"), "hidden"));

  const auto admin = administration(backend);
  REQUIRE(admin);
  std::vector<std::string> seen;
  PageRequest request{.limit = 3};
  do {
    const auto overview = admin->list_sessions({}, request);
    CHECK(overview.total == 4);
    for (const auto& session : overview.sessions.items) { seen.push_back(session.user_id + "/" + session.id); }
    request.cursor = overview.sessions.next;
  } while (!request.cursor.empty());
  CHECK(seen.front() == "bob/a1");  // the last saved one
  std::sort(seen.begin(), seen.end());
  CHECK(seen == std::vector<std::string>{"alice/a1", "alice/a2", "alice/a3", "bob/a1"});

  const auto first = admin->sessions_per_user({}, {.limit = 1});
  CHECK(first.items == std::vector<SessionCount>{{"alice", 3}});
  const auto rest = admin->sessions_per_user({}, {.cursor = first.next});
  CHECK(rest.items == std::vector<SessionCount>{{"bob", 1}});

  CHECK(admin->statistics({}) == SystemStatistics{4, 3, 1, 2, 1.5, 30});
  // A tenant in the context is not needed and changes nothing.
  CHECK(admin->statistics(bob).sessions == 4);
}

CONFORMANCE_TEST("an administrator sees tenants that have anything stored, with sessions or without") {
  Subject subject({.soft_delete = hiding});
  auto& backend = subject.backend();
  const auto admin = administration(backend);
  CHECK(admin->list_tenants({}).items.empty());
  const auto user = [](const char* id) { return Context::for_user(id); };
  for (const char* id : {"s1", "s2"}) { backend.session_storage().save_session(user("b session"), {.id = id}); }
  backend.session_storage().save_session(user("c hidden"), {.id = "s"});
  REQUIRE(soft_deletion(backend)->soft_delete_session(user("c hidden"), "s"));
  backend.artifact_store().index(user("a artifact"), {.id = "a", .name = "a", .path = "/not/ours"});
  backend.error_store().store(user("d error"), {.tool_name = "t", .raw_error = "e"});
  backend.human_request_store().store(user("e request"), {.agent_id = "a", .question = "q"});
  backend.result_store().store(user("f result"), {.table = {{"a"}, {}}});
  backend.artifact_store().set_quota(user("g quota"), 1000);
  // In the order of the bytes.
  backend.session_storage().save_session(user("\u00e9"), {.id = "s"});

  std::vector<std::string> seen;
  PageRequest request{.limit = 3};
  do {
    const auto page = admin->list_tenants({}, request);
    CHECK(page.items.size() <= 3);
    seen.insert(seen.end(), page.items.begin(), page.items.end());
    request.cursor = page.next;
  } while (!request.cursor.empty());
  CHECK(seen == std::vector<std::string>{"a artifact", "b session", "c hidden", "d error", "e request", "f result",
                                         "g quota", "\u00e9"});
}

CONFORMANCE_TEST("an administrator who may do everything lacks nothing") {
  Subject subject({.soft_delete = hiding});
  const auto permissions = administration(subject.backend())->validate_permissions({});
  CHECK(permissions.bypasses_row_security);
  CHECK(permissions.problems.empty());
}
