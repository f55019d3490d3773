#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

CONFORMANCE_TEST("a session is returned as it was saved") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const Timestamp created{std::chrono::microseconds{1700000000123456}};
  store.save_session(alice, {.id = "parent"});
  store.save_session(alice, {.id = "s/../1 ü",
                             .name = "A \"name\"",
                             .agent_id = "agent",
                             .parent_session_id = "parent",
                             .context = {R"({"n": 123456789.0, "s": "é"})"},
                             .created_at = created,
                             .total_cost_usd = 0.5,
                             .total_tokens = 7});
  const auto loaded = store.load_session(alice, "s/../1 ü");
  REQUIRE(loaded);
  CHECK(loaded->name == "A \"name\"");
  CHECK(loaded->agent_id == "agent");
  CHECK(loaded->parent_session_id == "parent");
  CHECK(loaded->context.text == R"({"n": 123456789.0, "s": "é"})");
  CHECK(loaded->created_at == created);
  CHECK(loaded->updated_at > created);
  CHECK(loaded->total_cost_usd == 0.5);
  CHECK(loaded->total_tokens == 7);
  CHECK(loaded->last_sequence == 0);
  CHECK(loaded->user_id == "alice");
  CHECK(loaded->messages.items.empty());
}

CONFORMANCE_TEST("saving a session again updates it and never reduces what messages have added") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s", .name = "old", .total_tokens = 5});
  const auto stale = store.load_session(alice, "s");
  REQUIRE(stale);
  store.save_message(alice, "s", {.content = "x", .token_count = 10, .cost_usd = 0.25});
  Session again = *stale;
  again.name = "new";
  again.created_at = now();
  store.save_session(alice, again);
  auto loaded = store.load_session(alice, "s");
  REQUIRE(loaded);
  CHECK(loaded->name == "new");
  CHECK(loaded->created_at == stale->created_at);
  CHECK(loaded->total_tokens == 15);
  CHECK(loaded->total_cost_usd == 0.25);
  CHECK(loaded->last_sequence == 1);
  CHECK(loaded->messages.items.size() == 1);
  store.save_session(alice, {.id = "s", .total_cost_usd = 2, .total_tokens = 100, .revision = 2});
  loaded = store.load_session(alice, "s");
  CHECK(loaded->total_tokens == 100);
  CHECK(loaded->total_cost_usd == 2);
}

CONFORMANCE_TEST("fault 2: a missing session is an empty optional, a failure is an error") {
  Subject subject;
  auto& backend = subject.backend();
  CHECK_FALSE(backend.session_storage().load_session(alice, "none").has_value());
  add_session(backend, alice, "s");
  backend.session_storage().save_message(alice, "s", says("kept"));
  backend.close();
  CHECK(code_of([&] { (void)backend.session_storage().load_session(alice, "s"); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("sessions are listed by their last update, page by page") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  std::vector<std::string> newest_first;
  for (int index = 0; index < 25; ++index) {
    const std::string id = "s" + std::to_string(index);
    add_session(subject.backend(), alice, id, index % 2 == 0 ? "even" : "odd");
    newest_first.insert(newest_first.begin(), id);
  }
  add_session(subject.backend(), bob, "other", "even");
  const auto list = [&](const PageRequest& request) { return store.list_sessions(alice, request); };
  for (const std::int64_t limit : {1, 4, 24, 25, 26, 0}) { CHECK(all_pages(limit, list) == newest_first); }
  CHECK(list({.limit = 25}).next.empty());

  store.save_message(alice, "s3", says("back to the front"));
  CHECK(store.list_sessions(alice, {.limit = 1}).items == std::vector<std::string>{"s3"});

  const auto even =
      all_pages(5, [&](const PageRequest& request) { return store.list_agent_sessions(alice, "even", request); });
  CHECK(even.size() == 13);
  CHECK(even.front() == "s24");
  CHECK(store.list_agent_sessions(alice, "nobody").items.empty());
}

CONFORMANCE_TEST("fault 29: a page is limited, and a cursor is valid only in its own list") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  for (const char* id : {"a", "b", "c"}) { add_session(subject.backend(), alice, id); }
  CHECK(code_of([&] { (void)store.list_sessions(alice, {.limit = -1}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { (void)store.list_sessions(alice, {.limit = limits::page + 1}); }) == ErrorCode::invalid_argument);
  const std::string cursor = store.list_sessions(alice, {.limit = 1}).next;
  REQUIRE_FALSE(cursor.empty());
  CHECK(code_of([&] { (void)store.load_messages(alice, "a", {.cursor = cursor}); }) == ErrorCode::invalid_argument);
  for (const char* position : {"", ".", "12", "x.a", "99999999999999999999.a", "\xff"}) {
    const std::string bad = support::with_position(cursor, position);
    CHECK(code_of([&] { (void)store.list_sessions(alice, {.cursor = bad}); }) == ErrorCode::invalid_argument);
  }
  for (const char* bad : {"x", ".", "\xff"}) {
    CHECK(code_of([&] { (void)store.list_sessions(alice, {.cursor = bad}); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("deleting a session removes everything that belongs to it and nothing else") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  add_session(backend, alice, "s");
  add_session(backend, alice, "neighbour");
  add_session(backend, bob, "s");
  store.save_session(alice, {.id = "child", .parent_session_id = "s"});
  for (const char* id : {"s", "neighbour"}) {
    store.save_message(alice, id, says("unique"));
    store.save_tool_execution(alice, id, {.tool_name = "t"});
    store.save_snapshot(alice, {.id = id, .session_id = id, .snapshot_type = "l2", .content = "c"});
  }
  store.save_message(bob, "s", says("unique"));
  CHECK(store.delete_session(alice, "s"));
  CHECK_FALSE(store.load_session(alice, "s").has_value());
  CHECK(store.load_messages(alice, "s").items.empty());
  CHECK(store.list_tool_executions(alice, "s").items.empty());
  CHECK(store.load_snapshots(alice, "s", "l2").items.empty());
  CHECK(store.search_messages(alice, {.query = "unique"}).items.size() == 1);
  CHECK(store.statistics(alice) == SessionStatistics{2, 1, 1, 0, 0});
  CHECK(store.load_session(alice, "child")->parent_session_id == std::nullopt);
  CHECK(store.load_messages(alice, "neighbour").items.size() == 1);
  CHECK(store.load_messages(bob, "s").items.size() == 1);
  CHECK_FALSE(store.delete_session(alice, "s"));

  add_session(backend, alice, "s");
  CHECK(store.load_messages(alice, "s").items.empty());
  CHECK(store.save_message(alice, "s", says("first again")) == 1);
}

CONFORMANCE_TEST("fault 15: cleanup hooks run after a session was deleted, and only then") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  std::vector<std::string> cleaned;
  store.add_cleanup_hook([&](const Context& context, const std::string& id) {
    cleaned.push_back(context.user_id + "/" + id);
    CHECK_FALSE(store.load_session(context, id).has_value());
  });
  add_session(backend, alice, "s");
  CHECK_FALSE(store.delete_session(bob, "s"));
  CHECK_FALSE(store.delete_session(alice, "none"));
  CHECK(cleaned.empty());
  CHECK(store.delete_session(alice, "s"));
  CHECK(cleaned == std::vector<std::string>{"alice/s"});
}

CONFORMANCE_TEST("what a failed hook did not do can be done again, and hooks can be removed") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  int runs = 0;
  const CleanupHookId hook = store.add_cleanup_hook([&](const Context&, const std::string&) {
    if (++runs == 1) { throw std::runtime_error("the other system is away"); }
  });
  add_session(backend, alice, "s");
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(code_of([&] { store.clean_up_session(alice, "s"); }) == ErrorCode::failed_precondition);
  CHECK(runs == 0);
  CHECK_THROWS_AS(store.delete_session(alice, "s", once), std::runtime_error);
  CHECK_FALSE(store.load_session(alice, "s").has_value());
  // A repeat returns what happened, and runs nothing: the id can be that of a newer session.
  CHECK(store.delete_session(alice, "s", once));
  CHECK(runs == 1);
  store.clean_up_session(alice, "s");
  CHECK(runs == 2);
  CHECK(store.remove_cleanup_hook(hook));
  CHECK_FALSE(store.remove_cleanup_hook(hook));
  store.clean_up_session(alice, "s");
  CHECK(runs == 2);
}

CONFORMANCE_TEST("a parent must be a session of the same tenant") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), bob, "theirs");
  for (const char* parent : {"theirs", "none"}) {
    CHECK(code_of([&] { store.save_session(alice, {.id = "s", .parent_session_id = parent}); }) ==
          ErrorCode::not_found);
  }
  CHECK(code_of([&] { store.save_session(alice, {.id = "s", .parent_session_id = "s"}); }) ==
        ErrorCode::invalid_argument);
  CHECK_FALSE(store.load_session(alice, "s").has_value());
}

CONFORMANCE_TEST("snapshots are returned by type, oldest first") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Timestamp same{std::chrono::microseconds{1000000}};
  for (int index = 0; index < 7; ++index) {
    store.save_snapshot(alice, {.id = "n" + std::to_string(index),
                                .session_id = "s",
                                .snapshot_type = "l2",
                                .content = "text " + std::to_string(index),
                                .token_count = index,
                                .created_at = same});
  }
  const std::string made = store.save_snapshot(alice, {.session_id = "s", .snapshot_type = "swap", .content = "x"});
  CHECK(made.size() == 36);
  const auto list =
      all_pages(2, [&](const PageRequest& request) { return store.load_snapshots(alice, "s", "l2", request); });
  REQUIRE(list.size() == 7);
  for (int index = 0; index < 7; ++index) {
    CHECK(list[static_cast<std::size_t>(index)] ==
          MemorySnapshot{"n" + std::to_string(index), "s", "l2", "text " + std::to_string(index), index, same});
  }
  CHECK(store.load_snapshots(alice, "s", "swap").items.front().id == made);
  CHECK(code_of([&] { store.save_snapshot(alice, {.id = "n0", .session_id = "s"}); }) == ErrorCode::already_exists);
  CHECK(code_of([&] { store.save_snapshot(alice, {.session_id = "none"}); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("statistics count the tenant's own data") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  CHECK(store.statistics(alice) == SessionStatistics{});
  add_session(subject.backend(), alice, "s");
  store.save_turn(alice, "s",
                  {{{.content = "a", .token_count = 3, .cost_usd = 0.5}, {.content = "b", .token_count = 4}},
                   {{.tool_name = "t"}}});
  add_session(subject.backend(), bob, "s");
  CHECK(store.statistics(alice) == SessionStatistics{1, 2, 1, 0.5, 7});
  CHECK(store.statistics(bob) == SessionStatistics{1, 0, 0, 0, 0});
}

CONFORMANCE_TEST("fault 1: deleting a session removes its own artifact folder, and a repeat removes nothing") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  const auto add_file = [&](const Context& context, const std::string& session) {
    const auto folder = backend.artifact_store().folder(context, ArtifactFolder::agent, session);
    std::filesystem::create_directories(folder);
    std::ofstream(folder / "file.txt") << "x";
    return folder / "file.txt";
  };
  const std::vector<std::string> odd{"..", "../..", ".", "a/b", "/etc", "~", "%2E%2E"};
  std::vector<std::filesystem::path> kept;
  for (const auto& id : odd) { kept.push_back(add_file(alice, id + "x")); }
  kept.push_back(add_file(bob, "s"));
  for (const auto& id : odd) {
    add_session(backend, alice, id);
    const auto file = add_file(alice, id);
    CHECK_FALSE(store.delete_session(bob, id));
    CHECK(std::filesystem::exists(file));
    CHECK(store.delete_session(alice, id));
    CHECK_FALSE(std::filesystem::exists(file));
  }
  CHECK_FALSE(store.delete_session(alice, "never there"));
  CHECK(code_of([&] { store.delete_session(alice, ""); }) == ErrorCode::invalid_argument);
  for (const auto& file : kept) { CHECK(std::filesystem::exists(file)); }

  int cleaned = 0;
  store.add_cleanup_hook([&](const Context&, const std::string&) { ++cleaned; });
  add_session(backend, alice, "s");
  CHECK(store.delete_session(alice, "s", {.idempotency_key = "k"}));
  add_session(backend, alice, "s");
  const auto later = add_file(alice, "s");
  CHECK(store.delete_session(alice, "s", {.idempotency_key = "k"}));
  CHECK(std::filesystem::exists(later));
  CHECK(store.load_session(alice, "s").has_value());
  CHECK(cleaned == 1);
}
