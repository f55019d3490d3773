#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Sessions as rows, for a list that a user sees.

namespace {

template <class Store>
Ids found(Store& store, const SessionFilter& filter) {
  return all_ids(2, [&](const PageRequest& request) { return store.find_sessions(alice, filter, request); });
}

/// Stores sessions; each was updated after the one before it.
template <class Store>
void fill(Store& store) {
  store.save_session(alice,
                     {.id = "a", .name = "Trip to Oslo", .agent_id = "p", .context = {R"({"user":"ann","n":1})"}});
  store.save_session(alice, {.id = "b", .name = "trip", .agent_id = "q", .context = {R"({ "user" : "bo", "n":10 })"}});
  store.save_session(alice, {.id = "c", .name = "100% off_", .agent_id = "p", .parent_session_id = "a"});
  store.save_session(alice, {.id = "d",
                             .name = "Tr\u00edp",
                             .agent_id = "p",
                             .parent_session_id = "a",
                             .context = {R"({"ok":true,"none":null,"user":"ann","f":1.0,"text":"1"})"}});
  for (const char* id : {"a", "b", "c", "d"}) { store.save_message(alice, id, says(std::string("last of ") + id)); }
  store.save_session(bob, {.id = "a", .name = "Trip of bob", .agent_id = "p"});
}

}  // namespace

CONFORMANCE_TEST("a list of sessions has rows, newest or oldest first, of a filter") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  fill(store);
  CHECK(found(store, {}) == Ids{"d", "c", "b", "a"});
  CHECK(found(store, {.oldest_first = true}) == Ids{"a", "b", "c", "d"});
  CHECK(found(store, {.agent_id = "p"}) == Ids{"d", "c", "a"});
  CHECK(found(store, {.agent_id = "p", .oldest_first = true}) == Ids{"a", "c", "d"});
  CHECK(found(store, {.parent_session_id = "a"}) == Ids{"d", "c"});
  CHECK(found(store, {.agent_id = "q", .parent_session_id = "a"}) == Ids{});
  CHECK(found(store, {.parent_session_id = "a", .oldest_first = true}) == Ids{"c", "d"});
  CHECK(found(store, {.name_contains = "rip"}) == Ids{"b", "a"});
  CHECK(found(store, {.name_contains = "Trip"}) == Ids{"a"});
  CHECK(found(store, {.name_contains = "%"}) == Ids{"c"});
  CHECK(found(store, {.name_contains = "_"}) == Ids{"c"});
  CHECK(found(store, {.name_contains = "\u00ed"}) == Ids{"d"});
  const auto time_of = [&](const std::string& id) { return store.load_session(alice, id)->updated_at; };
  CHECK(found(store, {.updated_from = time_of("b"), .updated_to = time_of("d")}) == Ids{"c", "b"});

  const auto rows = store.find_sessions(alice, {.name_contains = "Oslo"}).items;
  REQUIRE(rows.size() == 1);
  const Session session = store.load_session(alice, "a").value();
  CHECK(rows.front() == SessionSummary{"a", "Trip to Oslo", "p", std::nullopt, session.created_at, session.updated_at,
                                       0, 0, 1, 1, "last of a"});
}

CONFORMANCE_TEST("a list of sessions is filtered by members of their context") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  fill(store);
  const auto with = [&](const std::string& members) { return found(store, {.context = {members}}); };
  CHECK(with("{}").size() == 4);
  CHECK(with(R"({"user":"ann"})") == Ids{"d", "a"});
  CHECK(with(R"({"user" : "\u0061nn"})") == Ids{"d", "a"});
  CHECK(with(R"({"user":"ann","n":1})") == Ids{"a"});
  CHECK(with(R"({"n":10})") == Ids{"b"});
  CHECK(with(R"({"text":1})") == Ids{});
  CHECK(with(R"({"text":"1"})") == Ids{"d"});
  CHECK(with(R"({"f":1})") == Ids{});
  CHECK(with(R"({"ok":true})") == Ids{"d"});
  CHECK(with(R"({"ok":false})") == Ids{});
  CHECK(with(R"({"none":null})") == Ids{"d"});
  CHECK(with(R"({"user":null})") == Ids{});
  CHECK(with(R"({"absent":null})") == Ids{});
  for (const char* members :
       {R"({"n":1.5})", R"({"n":[1]})", R"({"n":{}})", R"({"n":99999999999999999999})", "[]", ""}) {
    CAPTURE(members);
    CHECK(code_of([&] { (void)store.find_sessions(alice, {.context = {members}}); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("the preview of a session is the start of its last message") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const auto preview = [&](const std::string& id) {
    for (const auto& row : store.find_sessions(alice, {}).items) {
      if (row.id == id) { return row.preview; }
    }
    return std::string("not found");
  };
  CHECK(preview("s").empty());
  std::string start;
  for (int count = 0; count < 200; ++count) { start += "\u00e9"; }
  store.save_message(alice, "s", says(start + "further"));
  CHECK(preview("s") == start);
  store.save_message(alice, "s", says("short"));
  CHECK(preview("s") == "short");
  store.fork_session(alice, "s", 1, {.id = "f"});
  CHECK(preview("f") == start);
  store.rewind_session(alice, "s", 1);
  CHECK(preview("s") == start);
  store.rewind_session(alice, "s", 0);
  CHECK(preview("s").empty());
  CHECK(store.find_sessions(alice, {}).items.front().branch == 3);
}
