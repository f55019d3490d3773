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

CONFORMANCE_TEST("an administrator who may do everything lacks nothing") {
  Subject subject({.soft_delete = hiding});
  const auto permissions = administration(subject.backend())->validate_permissions({});
  CHECK(permissions.bypasses_row_security);
  CHECK(permissions.problems.empty());
}
