#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using support::error_of;

// What a write of a whole record, an ensure and a patch leave of what others have written.

CONFORMANCE_TEST("a save that has not loaded the session overwrites nothing") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const Session trip{.id = "s", .name = "Trip", .agent_id = "p", .context = {R"({"step":3})"}};
  CHECK(store.save_session(alice, trip) == 1);
  const Session before = store.load_session(alice, "s").value();
  CHECK(before.revision == 1);

  const Error error = error_of([&] { store.save_session(alice, {.id = "s"}); });
  CHECK(error.code() == ErrorCode::conflict);
  CHECK(std::string(error.what()).find("\"s\"") != std::string::npos);
  CHECK(std::string(error.what()).find("ensure_session") != std::string::npos);
  CHECK(std::string(error.what()).find("update_session") != std::string::npos);
  for (const auto& change : std::vector<Session>{{.id = "s", .name = "Trip", .agent_id = "q", .context = trip.context},
                                                 {.id = "s", .name = "Trip", .agent_id = "p"},
                                                 {.id = "s", .name = "", .agent_id = "p", .context = trip.context}}) {
    CHECK(code_of([&] { store.save_session(alice, change); }) == ErrorCode::conflict);
  }
  // The same again is no conflict, whatever its messages have added to the totals meanwhile.
  store.save_message(alice, "s", {.content = "x", .token_count = 3, .cost_usd = 0.5});
  CHECK(store.save_session(alice, trip) == 1);
  Session after = store.load_session(alice, "s").value();
  CHECK(after.name == "Trip");
  CHECK(after.agent_id == "p");
  CHECK(after.context.text == R"({"step":3})");
  CHECK(after.revision == 1);
  CHECK(store.list_agent_sessions(alice, "p").items == Ids{"s"});
  // Greater totals are another session.
  Session dearer = trip;
  dearer.total_tokens = 4;
  CHECK(code_of([&] { store.save_session(alice, dearer); }) == ErrorCode::conflict);
}

CONFORMANCE_TEST("of two saves of one loaded session the second is a conflict") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s", .name = "one"});
  Session first = store.load_session(alice, "s").value();
  Session second = first;
  first.name = "two";
  CHECK(store.save_session(alice, first) == 2);
  second.context.text = R"({"k":1})";
  CHECK(code_of([&] { store.save_session(alice, second); }) == ErrorCode::conflict);
  CHECK(store.load_session(alice, "s")->name == "two");
  // A save that changes nothing does not count; messages and executions do not.
  first.revision = 2;
  CHECK(store.save_session(alice, first) == 2);
  store.save_message(alice, "s", says("x"));
  store.save_tool_execution(alice, "s", {.tool_name = "t"});
  CHECK(store.load_session(alice, "s")->revision == 2);

  first.id = "never";
  const Error error = error_of([&] { store.save_session(alice, first); });
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(std::string(error.what()) == "the session \"never\" does not exist");
  first.revision = -1;
  CHECK(code_of([&] { store.save_session(alice, first); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_session(bob, second); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("ensure_session inserts once and changes nothing that is there") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  CHECK(store.ensure_session(alice, {.id = "s", .name = "Trip", .agent_id = "p"}));
  const Session before = store.load_session(alice, "s").value();
  CHECK_FALSE(store.ensure_session(alice, {.id = "s", .name = "other", .total_tokens = 9}));
  const Session after = store.load_session(alice, "s").value();
  CHECK(after.name == "Trip");
  CHECK(after.total_tokens == 0);
  CHECK(after.updated_at == before.updated_at);
  CHECK(after.revision == 1);
  CHECK(store.ensure_session(bob, {.id = "s"}));
  CHECK(code_of([&] { store.ensure_session(alice, {.id = "t", .parent_session_id = "none"}); }) ==
        ErrorCode::not_found);
  // A repeat returns what the first call returned.
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.ensure_session(alice, {.id = "u"}, once));
  CHECK(store.ensure_session(alice, {.id = "u"}, once));
}

CONFORMANCE_TEST("update_session changes what its patch names and nothing else") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "p"});
  store.save_session(alice, {.id = "s",
                             .name = "Trip",
                             .agent_id = "a",
                             .parent_session_id = "p",
                             .context = {R"({"n": 123456789012345678901234567890.0, "o": {"x": 1, "y": 2}})"}});
  CHECK(store.update_session(alice, "s", {.name = "Journey"}) == 2);
  CHECK(store.update_session(alice, "s", {.context = {R"({"o": {"y": null, "z": [1, null]}, "step": 4})"}}) == 3);
  Session loaded = store.load_session(alice, "s").value();
  CHECK(loaded.name == "Journey");
  CHECK(loaded.agent_id == "a");
  CHECK(loaded.parent_session_id == "p");
  CHECK(loaded.context.text == R"({"n":123456789012345678901234567890.0,"o":{"x":1,"z":[1, null]},"step":4})");
  CHECK(store.update_session(alice, "s", {.agent_id = "b", .parent_session_id = ""}) == 4);
  CHECK_FALSE(store.load_session(alice, "s")->parent_session_id.has_value());
  CHECK(store.list_agent_sessions(alice, "b").items == Ids{"s"});
  CHECK(store.update_session(alice, "s", {}) == 4);

  CHECK(code_of([&] { store.update_session(alice, "s", {.name = "x", .revision = 3}); }) == ErrorCode::conflict);
  CHECK(store.update_session(alice, "s", {.name = "x", .revision = 4}) == 5);
  CHECK(code_of([&] { store.update_session(alice, "none", {.name = "x"}); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.update_session(bob, "s", {.name = "x"}); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.update_session(alice, "s", {.context = {"[]"}}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.update_session(alice, "s", {.parent_session_id = "none"}); }) == ErrorCode::not_found);

  // A repeat returns what the first call returned, also where others have changed the session since.
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.update_session(alice, "s", {.name = "y", .revision = 5}, once) == 6);
  CHECK(store.update_session(alice, "s", {.name = "z"}) == 7);
  CHECK(store.update_session(alice, "s", {.name = "y", .revision = 5}, once) == 6);
  CHECK(store.load_session(alice, "s")->name == "z");
}

CONFORMANCE_TEST("patches of several threads are all kept") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s"});
  constexpr int threads = 4;
  constexpr int patches = 10;
  {
    std::vector<std::jthread> workers;
    for (int thread = 0; thread < threads; ++thread) {
      workers.emplace_back([&store, thread] {
        for (int patch = 0; patch < patches; ++patch) {
          const std::string key = std::to_string(thread) + "-" + std::to_string(patch);
          store.update_session(alice, "s", {.context = {"{\"" + key + "\":true}"}});
        }
      });
    }
  }
  const Session loaded = store.load_session(alice, "s").value();
  CHECK(loaded.revision == 1 + threads * patches);
  for (int thread = 0; thread < threads; ++thread) {
    for (int patch = 0; patch < patches; ++patch) {
      CHECK(loaded.context.text.find("\"" + std::to_string(thread) + "-" + std::to_string(patch) + "\"") !=
            std::string::npos);
    }
  }
}

CONFORMANCE_TEST("a session is not its own ancestor") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "a"});
  store.save_session(alice, {.id = "b", .parent_session_id = "a"});
  store.save_session(alice, {.id = "c", .parent_session_id = "b"});
  for (const std::string parent : {"a", "b", "c"}) {
    CHECK(code_of([&] { store.update_session(alice, "a", {.parent_session_id = parent}); }) ==
          ErrorCode::invalid_argument);
    Session session = store.load_session(alice, "a").value();
    session.parent_session_id = parent;
    CHECK(code_of([&] { store.save_session(alice, session); }) == ErrorCode::invalid_argument);
  }
  CHECK_FALSE(store.load_session(alice, "a")->parent_session_id.has_value());
  // Moving below another one is not refused.
  store.save_session(alice, {.id = "d", .parent_session_id = "a"});
  store.update_session(alice, "c", {.parent_session_id = "d"});
  CHECK(store.load_session(alice, "c")->parent_session_id == "d");
}

CONFORMANCE_TEST("two threads that make each other's session their parent make no circle") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  for (int round = 0; round < 20; ++round) {
    const std::string first = "a" + std::to_string(round);
    const std::string second = "b" + std::to_string(round);
    store.save_session(alice, {.id = first});
    store.save_session(alice, {.id = second});
    {
      const auto adopt = [&store](const std::string& child, const std::string& parent) {
        try {
          store.update_session(alice, child, {.parent_session_id = parent});
        } catch (const Error& error) { CHECK(error.code() == ErrorCode::invalid_argument); }
      };
      const std::jthread one([&] { adopt(first, second); });
      const std::jthread other([&] { adopt(second, first); });
    }
    const bool both = store.load_session(alice, first)->parent_session_id.has_value() &&
                      store.load_session(alice, second)->parent_session_id.has_value();
    CHECK_FALSE(both);
  }
}

CONFORMANCE_TEST("a cost below zero is refused, so totals never decrease") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "x", .cost_usd = 2});
  CHECK(code_of([&] { store.save_message(alice, "s", {.content = "x", .cost_usd = -5}); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_session(alice, {.id = "t", .total_cost_usd = -1}); }) == ErrorCode::invalid_argument);
  CHECK(store.load_session(alice, "s")->total_cost_usd == 2);
  CHECK(store.load_session(alice, "s")->last_sequence == 1);
}

CONFORMANCE_TEST("an artifact that was not loaded is not overwritten; a patch changes what it names") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  add_session(subject.backend(), alice, "s");
  const Artifact artifact = full_artifact();
  store.index(alice, artifact);
  CHECK(store.index(alice, artifact) == "a");  // the same again
  CHECK(store.update(alice, artifact));
  Artifact before = store.get(alice, "a").value();
  CHECK(before.revision == 1);
  CHECK(before.updated_at == store.get(alice, "a")->updated_at);
  const Error error = error_of([&] { store.index(alice, {.id = "a", .name = "x"}); });
  CHECK(error.code() == ErrorCode::conflict);
  CHECK(std::string(error.what()).starts_with("the artifact \"a\" exists already"));
  CHECK(code_of([&] { store.update(alice, {.id = "a", .name = "x"}); }) == ErrorCode::conflict);

  // Two programs that change one member each.
  CHECK(store.update(alice, "a", {.name = "renamed"}));
  CHECK(store.update(alice, "a", {.session_id = "s", .add_tags = {"new", "a"}, .remove_tags = {"ä"}}));
  CHECK(store.update(alice, "a", {.metadata = {{"k", "v"}}, .remove_metadata = {""}}));
  Artifact expected = before;
  expected.name = "renamed";
  expected.session_id = "s";
  expected.tags = {"b", "a", "with \"quotes\"", "[\"x\"]", "\\", "new"};
  expected.metadata.erase("");
  expected.metadata["k"] = "v";
  expected.revision = 4;
  Artifact after = store.get(alice, "a").value();
  CHECK(after.updated_at >= before.updated_at);
  expected.updated_at = after.updated_at;
  CHECK(after == expected);

  // A whole write of a stale copy is refused; record_access does not make it stale.
  before.purpose = "stale";
  CHECK(code_of([&] { store.index(alice, before); }) == ErrorCode::conflict);
  CHECK(code_of([&] { store.update(alice, before); }) == ErrorCode::conflict);
  CHECK(store.record_access(alice, "a"));
  after.purpose = "fresh";
  CHECK(store.update(alice, after));
  CHECK(store.get(alice, "a")->purpose == "fresh");
  CHECK(store.get(alice, "a")->access_count == 8);
  CHECK(store.get(alice, "a")->revision == 5);
  CHECK(code_of([&] { store.update(alice, "a", {.name = "x", .revision = 4}); }) == ErrorCode::conflict);

  CHECK_FALSE(store.update(alice, "none", {.name = "x"}));
  CHECK_FALSE(store.update(bob, "a", {.name = "x"}));
  after.id = "none";
  CHECK_FALSE(store.update(alice, after));
  CHECK(code_of([&] { store.index(alice, after); }) == ErrorCode::not_found);
  after.id.clear();
  CHECK(code_of([&] { store.index(alice, after); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.update(alice, "a", {.size_bytes = -1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.update(alice, "a", {.session_id = "none"}); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("an idempotency key of a session's save is forgotten with the session") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.save_session(alice, {.id = "s"}, once) == 1);
  CHECK(store.save_session(alice, {.id = "s"}, once) == 1);
  CHECK(store.delete_session(alice, "s"));
  CHECK(store.save_session(alice, {.id = "s"}, once) == 1);
  CHECK(store.load_session(alice, "s").has_value());
}
