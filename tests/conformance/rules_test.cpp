#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

CONFORMANCE_TEST("fault 12: an id belongs to a tenant, and does not exist for other tenants") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_message(alice, "s", says("of alice"));
  store.save_snapshot(alice, {.id = "n", .session_id = "s", .snapshot_type = "l2"});
  store.save_tool_execution(alice, "s", {.tool_name = "t"});

  std::string first_answer;
  // Every operation of bob on alice's session does what it does on a session that does not exist.
  for (const std::string id : {"s", "never"}) {
    CHECK_FALSE(store.load_session(bob, id).has_value());
    CHECK(store.load_messages(bob, id).items.empty());
    CHECK(store.for_each_message(bob, id, [](const Message&) {}) == 0);
    CHECK(store.load_parent_messages(bob, id).items.empty());
    CHECK(store.list_tool_executions(bob, id).items.empty());
    CHECK(store.load_snapshots(bob, id, "l2").items.empty());
    CHECK_FALSE(store.delete_session(bob, id));
    const auto refused = [&](auto&& action) {
      const Error error = support::error_of(action);
      CHECK(error.code() == ErrorCode::not_found);
      std::string message = error.what();
      const std::size_t at = message.find("\"" + id + "\"");
      REQUIRE(at != std::string::npos);
      return message.erase(at, id.size() + 2);
    };
    const std::string answer = refused([&] { store.save_message(bob, id, says("x")); }) +
                               refused([&] { store.save_message(bob, id, says("x"), {.expected_sequence = 1}); }) +
                               refused([&] { store.save_tool_execution(bob, id, {.tool_name = "t"}); }) +
                               refused([&] { store.save_snapshot(bob, {.session_id = id}); }) +
                               refused([&] { store.save_session(bob, {.id = "x", .parent_session_id = id}); });
    if (id == "s") {
      first_answer = answer;
    } else {
      CHECK(answer == first_answer);
    }
  }
  CHECK(store.list_sessions(bob).items.empty());
  CHECK(store.list_agent_sessions(bob, "agent").items.empty());
  CHECK(store.load_agent_messages(bob, "agent").items.empty());
  CHECK(store.search_messages(bob, {.query = "alice"}).items.empty());
  CHECK(store.statistics(bob) == SessionStatistics{});

  // The same id is free for bob, and his writes do not change alice's session.
  store.save_session(bob, {.id = "s", .name = "of bob"});
  store.save_snapshot(bob, {.id = "n", .session_id = "s", .snapshot_type = "l2", .content = "of bob"});
  CHECK(store.save_message(bob, "s", says("of bob")) == 1);
  CHECK(store.load_session(alice, "s")->name == "name of s");
  CHECK(texts(store.load_messages(alice, "s").items) == std::vector<std::string>{"of alice"});
  CHECK(store.load_snapshots(alice, "s", "l2").items.front().content.empty());
  CHECK(store.delete_session(bob, "s"));
  CHECK(store.load_messages(alice, "s").items.size() == 1);
}

CONFORMANCE_TEST("a cursor never leads into another session") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "before");
  add_session(subject.backend(), bob, "s");
  add_session(subject.backend(), alice, "after");
  store.save_message(alice, "before", says("x"));
  store.save_message(bob, "s", says("y"));
  store.save_message(bob, "s", says("y"));
  store.save_message(alice, "after", says("z"));
  const std::string of_session = store.load_messages(bob, "s", {.limit = 1}).next;
  const std::string of_agent = store.load_agent_messages(bob, "agent", {.limit = 1}).next;
  for (const char* at :
       {"-16777217", "-16777216", "-1", "16777215", "16777216", "9223372036854775807", "-9223372036854775808"}) {
    const std::string position = std::string(at) + ".";
    const PageRequest crafted{.cursor = support::with_position(of_session, position)};
    try {
      const auto page = store.load_messages(bob, "s", crafted);
      CHECK(page.items.empty());
    } catch (const Error& error) {
      // The upper part is a branch, which bob's session does not have.
      CHECK((error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::conflict));
    }
    const auto own = store.load_agent_messages(bob, "agent", {.cursor = support::with_position(of_agent, position)});
    for (const auto& message : own.items) { CHECK(message.content == "y"); }
  }
}

CONFORMANCE_TEST("a cursor is valid only for the arguments that it was made for") {
  Subject subject;
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  for (const char* id : {"a1", "a2"}) { add_session(backend, alice, id, "agent a"); }
  for (const char* id : {"b1", "b2"}) { add_session(backend, alice, id, "agent b"); }
  for (const char* id : {"a1", "b1"}) {
    for (const char* text : {"a word", "another word"}) {
      sessions.save_message(alice, id, says(text));
      sessions.save_tool_execution(alice, id, {.tool_name = text});
      sessions.save_snapshot(alice, {.session_id = id, .snapshot_type = "one"});
      sessions.save_snapshot(alice, {.session_id = id, .snapshot_type = "other"});
      backend.error_store().store(alice, {.session_id = id, .tool_name = text, .raw_error = "x"});
      backend.artifact_store().index(alice, {.name = text, .session_id = id});
      backend.human_request_store().store(alice, {.session_id = id});
    }
  }
  const auto check = [](const char* name, const auto& list, const auto& one, const auto& other) {
    CAPTURE(name);
    const std::string cursor = list(one, PageRequest{.limit = 1}).next;
    REQUIRE_FALSE(cursor.empty());
    CHECK_FALSE(list(one, PageRequest{.cursor = cursor}).items.empty());
    const Error error = support::error_of([&] { static_cast<void>(list(other, PageRequest{.cursor = cursor})); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()) == "page.cursor does not belong to this list");
  };
  using P = const PageRequest&;
  const std::string a1 = "a1";
  const std::string b1 = "b1";
  check(
      "sessions of an agent",
      [&](const std::string& agent, P p) { return sessions.list_agent_sessions(alice, agent, p); },
      std::string("agent a"), std::string("agent b"));
  check(
      "messages of an agent",
      [&](const std::string& agent, P p) { return sessions.load_agent_messages(alice, agent, p); },
      std::string("agent a"), std::string("agent b"));
  check(
      "messages", [&](const std::string& id, P p) { return sessions.load_messages(alice, id, p); }, a1, b1);
  check(
      "executions", [&](const std::string& id, P p) { return sessions.list_tool_executions(alice, id, p); }, a1, b1);
  check(
      "snapshots", [&](const std::string& type, P p) { return sessions.load_snapshots(alice, a1, type, p); },
      std::string("one"), std::string("other"));
  check(
      "found messages", [&](const MessageSearch& search, P p) { return sessions.search_messages(alice, search, p); },
      MessageSearch{.query = "word"}, MessageSearch{.query = "word", .session_id = "a1"});
  check(
      "errors", [&](const ErrorFilter& filter, P p) { return backend.error_store().list(alice, filter, p); },
      ErrorFilter{}, ErrorFilter{.tool_name = "a word"});
  check(
      "artifacts", [&](const ArtifactFilter& filter, P p) { return backend.artifact_store().list(alice, filter, p); },
      ArtifactFilter{}, ArtifactFilter{.session_id = "a1"});
  check(
      "found artifacts",
      [&](const ArtifactSearch& search, P p) { return backend.artifact_store().search(alice, search, p); },
      ArtifactSearch{.query = "word"}, ArtifactSearch{.query = "word", .session_id = "a1"});
  check(
      "requests",
      [&](const std::string& id, P p) { return backend.human_request_store().list_by_session(alice, id, p); }, a1, b1);
}

CONFORMANCE_TEST("a call without a user works for the configured default user") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session({}, {.id = "s"});
  CHECK(store.load_session(Context::for_user("default-user"), "s").has_value());
  CHECK(store.load_session({}, "s")->user_id == "default-user");
}

CONFORMANCE_TEST("a call whose context is over does nothing") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::stop_source source;
  source.request_stop();
  {
    const Context late = alice.with_timeout(-1s);
    const Context stopped = alice.with_stop(source.get_token());
    CHECK(code_of([&] { store.save_message(late, "s", says("x")); }) == ErrorCode::deadline_exceeded);
    CHECK(code_of([&] { store.save_message(stopped, "s", says("x")); }) == ErrorCode::cancelled);
    CHECK(code_of([&] { (void)store.load_session(late, "s"); }) == ErrorCode::deadline_exceeded);
    CHECK(code_of([&] { (void)store.load_session(stopped, "s"); }) == ErrorCode::cancelled);
    CHECK(code_of([&] { subject.backend().ping(stopped); }) == ErrorCode::cancelled);
  }
  CHECK(store.load_messages(alice, "s").items.empty());
}

CONFORMANCE_TEST("closing is idempotent, and every later call throws") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  add_session(backend, alice, "s");
  backend.ping();
  backend.close();
  backend.close();
  const auto closed = [](auto&& action) { CHECK(code_of(action) == ErrorCode::failed_precondition); };
  closed([&] { store.save_session(alice, {.id = "s"}); });
  closed([&] { (void)store.load_session(alice, "s"); });
  closed([&] { (void)store.list_sessions(alice); });
  closed([&] { store.delete_session(alice, "s"); });
  closed([&] { store.save_message(alice, "s", says("x")); });
  closed([&] { (void)store.search_messages(alice, {.query = "x"}); });
  closed([&] { (void)store.statistics(alice); });
  closed([&] { backend.ping(); });
  closed([&] { backend.migrate(); });
}

CONFORMANCE_TEST("migrating a migrated database changes nothing") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, alice, "s");
  CHECK(backend.pending_migrations().empty());
  const auto version = backend.details().migration_version;
  CHECK(version > 0);
  backend.migrate();
  CHECK(backend.details().migration_version == version);
  CHECK(backend.session_storage().load_session(alice, "s").has_value());
}

CONFORMANCE_TEST("fault 31: the same call returns the same on every backend") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();

  // Reads return nothing for what does not exist; calls that need it throw not_found.
  CHECK_FALSE(store.load_session(alice, "none").has_value());
  CHECK(store.load_messages(alice, "none").items.empty());
  CHECK_FALSE(backend.error_store().get(alice, "none").has_value());
  CHECK_FALSE(backend.artifact_store().get(alice, "none").has_value());
  CHECK_FALSE(backend.artifact_store().get_by_name(alice, "none").has_value());
  CHECK_FALSE(backend.result_store().metadata(alice, "none").has_value());
  CHECK_FALSE(backend.human_request_store().get(alice, "none").has_value());
  CHECK(code_of([&] { (void)backend.result_store().query(alice, "none", "SELECT 1"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { backend.human_request_store().respond(alice, "none", {}); }) == ErrorCode::not_found);
  CHECK(code_of([&] { (void)backend.human_request_store().wait(alice, "none"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.save_message(alice, "none", says("x")); }) == ErrorCode::not_found);

  // A deletion returns whether something was deleted; a second one returns false.
  add_session(backend, alice, "s");
  CHECK(store.delete_session(alice, "s"));
  CHECK_FALSE(store.delete_session(alice, "s"));
  const auto artifact = backend.artifact_store().index(alice, {.name = "a"});
  CHECK(backend.artifact_store().remove(alice, artifact, DeleteMode::hard));
  CHECK_FALSE(backend.artifact_store().remove(alice, artifact, DeleteMode::hard));
  const auto result = backend.result_store().store(alice, {.table = {{"c"}, {}}}).id;
  CHECK(backend.result_store().remove(alice, result));
  CHECK_FALSE(backend.result_store().remove(alice, result));

  // The default context of a message is direct.
  add_session(backend, alice, "s");
  store.save_message(alice, "s", says("x"));
  CHECK(store.load_messages(alice, "s").items.front().session_context == SessionContext::direct);

  // updated_at changes when the session, its messages and its executions are saved.
  const auto updated = [&] { return store.load_session(alice, "s")->updated_at; };
  const auto moves = [&](auto&& action) {
    const Timestamp before = updated();
    std::this_thread::sleep_for(1ms);
    action();
    return updated() > before;
  };
  CHECK(moves([&] { store.save_session(alice, *store.load_session(alice, "s")); }));
  CHECK(moves([&] { store.update_session(alice, "s", {}); }));
  CHECK_FALSE(moves([&] { store.ensure_session(alice, {.id = "s"}); }));
  CHECK(moves([&] { store.save_message(alice, "s", says("y")); }));
  CHECK(moves([&] { store.save_tool_execution(alice, "s", {.tool_name = "t"}); }));
  CHECK_FALSE(moves([&] { store.save_snapshot(alice, {.session_id = "s"}); }));
  CHECK_FALSE(moves([&] { (void)store.load_session(alice, "s"); }));
}

CONFORMANCE_TEST("purged idempotency keys can be used again") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  add_session(subject.backend(), bob, "s");
  const AppendOptions once{.idempotency_key = "k"};
  CHECK(store.save_message(alice, "s", says("x"), once) == 1);
  CHECK(store.save_message(bob, "s", says("x"), once) == 1);
  CHECK(store.purge_idempotency_keys(alice, now() - 1h) == 0);
  CHECK(store.save_message(alice, "s", says("x"), once) == 1);
  CHECK(store.purge_idempotency_keys(alice, now() + 1h) == 1);
  CHECK(store.save_message(alice, "s", says("x"), once) == 2);
  CHECK(store.save_message(bob, "s", says("x"), once) == 1);
}

CONFORMANCE_TEST("closing inside a callback does not wait for itself") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  add_session(backend, alice, "s");
  store.save_message(alice, "s", says("x"));
  CHECK(store.for_each_message(alice, "s", [&](const Message&) { backend.close(); }) == 1);
  CHECK(code_of([&] { (void)store.load_session(alice, "s"); }) == ErrorCode::failed_precondition);
  backend.close();
}
