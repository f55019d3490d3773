#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
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
  CHECK(with(R"({"f":1})") == Ids{"d"});
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

CONFORMANCE_TEST("numbers in contexts are compared by value") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const auto add = [&](const std::string& id, const std::string& number) {
    store.save_session(alice, {.id = id, .agent_id = "p", .context = {R"({"n":)" + number + "}"}});
  };
  const auto with = [&](const std::string& number) {
    Ids ids = found(store, {.context = {R"({"n":)" + number + "}"}});
    std::ranges::sort(ids);
    return ids;
  };
  const Ids zeros{"z1", "z2", "z3", "z4", "z5", "z6"};
  const std::vector<std::string> zero{"0", "-0", "0.0", "-0.0", "0e7", "-0E-7"};
  const Ids ones{"o1", "o2", "o3", "o4", "o5"};
  const std::vector<std::string> one{"1", "1.0", "1e0", "10E-1", "0.1e+1"};
  for (std::size_t i = 0; i < zero.size(); ++i) { add(zeros[i], zero[i]); }
  for (std::size_t i = 0; i < one.size(); ++i) { add(ones[i], one[i]); }
  for (const auto& number : zero) { CHECK_MESSAGE(with(number) == zeros, number); }
  for (const auto& number : one) { CHECK_MESSAGE(with(number) == ones, number); }
  CHECK(with("-1").empty());
  CHECK(with("\"1\"").empty());
  CHECK(with("true").empty());

  // From 2^53 on a double can be another integer than the one that was written.
  add("i", "9007199254740993");
  add("j", "9007199254740992");
  add("k", "9007199254740992.0");
  add("l", "-9223372036854775808");
  add("m", "-9223372036854775809");
  add("n", "1e18");
  CHECK(with("9007199254740993") == Ids{"i"});
  CHECK(with("9007199254740992") == Ids{"j"});
  CHECK(with("-9223372036854775808") == Ids{"l"});
  CHECK(with("1000000000000000000").empty());
  CHECK(code_of([&] { (void)with("9007199254740992.0"); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { (void)with("1e18"); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { (void)with("-9223372036854775809"); }) == ErrorCode::invalid_argument);

  // No number keeps other sessions from being found.
  add("t", "1e-400");
  add("u", "-1e-99999999");
  add("v", "1e308");
  add("w", "0." + std::string(20000, '3'));
  add("x", "1e-308");
  CHECK(with("1") == ones);
  CHECK(with("0") == Ids{"t", "u", "z1", "z2", "z3", "z4", "z5", "z6"});
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
