#include "conformance/soft_deletion.hpp"

#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

}  // namespace

CONFORMANCE_TEST("fault 13: a soft-deleted session is hidden from every read, and is restored completely") {
  Filled<Subject> filled;
  auto& backend = filled.backend();
  const auto deletion = soft_deletion(backend);
  REQUIRE(filled.seen_by(alice) == filled.all());
  REQUIRE(filled.seen_by(bob) == filled.all());
  CHECK(deletion->soft_delete_session(alice, "s"));
  CHECK(!deletion->soft_delete_session(alice, "s"));
  CHECK(!deletion->soft_delete_session(alice, "none"));

  CHECK(filled.seen_by(alice) == filled.nothing());
  CHECK(filled.seen_by(bob) == filled.all());
  CHECK(fs::exists(filled.file_of(alice)));

  CHECK(deletion->restore_session(alice, "s"));
  CHECK(!deletion->restore_session(alice, "s"));
  CHECK(filled.seen_by(alice) == filled.all());
  CHECK(backend.session_storage().load_session(alice, "child")->parent_session_id == "s");
}

CONFORMANCE_TEST("writes to a hidden session are refused") {
  Filled<Subject> filled;
  auto& backend = filled.backend();
  auto& sessions = backend.session_storage();
  REQUIRE(soft_deletion(backend)->soft_delete_session(alice, "s"));
  const auto refused = [](auto&& write) { return code_of(write) == ErrorCode::not_found; };
  CHECK(code_of([&] { sessions.save_session(alice, {.id = "s"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(alice, {.id = "s"}, {.idempotency_key = "again"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(alice, {.id = "s", .revision = 1}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.ensure_session(alice, {.id = "s"}); }) == ErrorCode::failed_precondition);
  CHECK(refused([&] { sessions.update_session(alice, "s", {.name = "x"}); }));
  CHECK(refused([&] { sessions.update_session(alice, "child", {.agent_id = "x", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.save_session(alice, {.id = "new", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.ensure_session(alice, {.id = "new", .parent_session_id = "s"}); }));
  CHECK(refused([&] { sessions.save_message(alice, "s", {.content = "x"}); }));
  CHECK(refused([&] { sessions.save_message(alice, "s", {.content = "x"}, {.idempotency_key = "k"}); }));
  CHECK(refused([&] { sessions.save_message(alice, "s", {.content = "x"}, {.expected_sequence = 1}); }));
  CHECK(refused([&] { sessions.save_turn(alice, "s", {{{.content = "x"}}, {{.tool_name = "t"}}}); }));
  CHECK(refused([&] { sessions.save_tool_execution(alice, "s", {.tool_name = "t"}); }));
  CHECK(refused([&] { sessions.save_snapshot(alice, {.session_id = "s", .snapshot_type = "summary"}); }));
  CHECK(refused([&] { sessions.fork_session(alice, "s", 1, {.id = "fork"}); }));
  CHECK(code_of([&] { sessions.fork_session(alice, "parent", 0, {.id = "s"}); }) == ErrorCode::already_exists);
  CHECK(refused([&] { sessions.rewind_session(alice, "s", 0); }));
  CHECK(refused([&] { sessions.restore_branch(alice, "s", 1); }));
  CHECK(refused([&] { sessions.redact_messages(alice, "s", {1, 1}, "why"); }));
  CHECK(refused([&] { sessions.fold_messages(alice, "s", {1, 1}, {.snapshot_type = "summary", .content = "x"}); }));
  CHECK(refused([&] { backend.error_store().store(alice, {.session_id = "s", .raw_error = "x"}); }));
  CHECK(refused([&] { backend.artifact_store().index(alice, {.name = "x", .session_id = "s"}); }));
  CHECK(code_of([&] { backend.artifact_store().index(alice, {.id = "f", .name = "x"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { backend.artifact_store().index(alice, {.id = "f", .name = "x", .revision = 1}); }) ==
        ErrorCode::failed_precondition);
  CHECK(!backend.artifact_store().update(alice, {.id = "f", .name = "x", .revision = 1}));
  CHECK(!backend.artifact_store().update(alice, "f", {.name = "x"}));
  CHECK(refused([&] { backend.human_request_store().store(alice, {.session_id = "s", .question = "?"}); }));
  CHECK(refused([&] { backend.human_request_store().respond(alice, "q", {}); }));
  CHECK(code_of([&] { sessions.clean_up_session(alice, "s"); }) == ErrorCode::failed_precondition);
  CHECK(!sessions.delete_session(alice, "s"));
  CHECK(fs::exists(filled.file_of(alice)));
  // Writes to the other tenant's session with this id are not.
  CHECK(sessions.save_message(bob, "s", {.content = "x"}) == 2);
  // A repeat returns what the first call returned.
  CHECK(sessions.save_message(alice, "s",
                              {.content = "needle", .session_context = SessionContext::shared, .model = "m"},
                              {.idempotency_key = "m"}) == 1);

  REQUIRE(soft_deletion(backend)->restore_session(alice, "s"));
  CHECK(filled.seen_by(alice) == filled.all());
}

CONFORMANCE_TEST("fault 4: a hidden session is removed with its files after its grace period") {
  Filled<Subject> filled;
  auto& backend = filled.backend();
  auto& sessions = backend.session_storage();
  const auto deletion = soft_deletion(backend);
  std::set<std::string> cleaned;
  sessions.add_cleanup_hook(
      [&](const Context& context, const std::string& id) { cleaned.insert(context.user_id + "/" + id); });
  REQUIRE(deletion->soft_delete_session(alice, "s"));
  CHECK(deletion->purge_deleted_sessions({}, seconds(3600)) == 0);
  CHECK(cleaned.empty());
  CHECK(fs::exists(filled.file_of(alice)));

  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(cleaned == std::set<std::string>{"alice/s"});
  CHECK(!fs::exists(filled.file_of(alice)));
  CHECK(!sessions.load_session(alice, "child")->parent_session_id);
  CHECK(!deletion->restore_session(alice, "s"));

  CHECK(filled.seen_by(bob) == filled.all());
  CHECK(fs::exists(filled.file_of(bob)));
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 0);
  // The id is free again, and so are its keys.
  sessions.save_session(alice, {.id = "s"});
  CHECK(sessions.save_message(alice, "s", {.content = "another"}, {.idempotency_key = "m"}) == 1);
  CHECK(sessions.search_messages(alice, {.query = "needle"}).items.empty());
  CHECK(sessions.usage(alice).items.empty());
}

CONFORMANCE_TEST("hidden sessions keep what others share until the last of them is purged") {
  Subject subject({.soft_delete = hiding});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  const auto deletion = soft_deletion(backend);
  sessions.save_session(alice, {.id = "s"});
  sessions.save_messages(alice, "s", std::vector<Message>(8, Message{.content = "secret"}));
  sessions.fold_messages(alice, "s", {2, 3}, {.snapshot_type = "summary", .content = "short"});
  sessions.fork_session(alice, "s", 5, {.id = "f"});
  const auto found = [&] { return sessions.search_messages(alice, {.query = "secret"}).items; };
  CHECK(found().front().session_id == "s");
  const auto messages_of_fork = [&] { return texts(sessions.load_messages(alice, "f").items); };
  const auto window_of_fork = [&] { return texts(sessions.load_messages(alice, "f", MessageWindow{}).messages); };
  const auto whole = messages_of_fork();
  const std::vector<std::string> folded{"secret", "short", "secret", "secret"};
  CHECK(window_of_fork() == folded);

  deletion->soft_delete_session(alice, "s");
  CHECK(messages_of_fork() == whole);
  CHECK(window_of_fork() == folded);
  CHECK(found().size() == 5);
  CHECK(found().front().session_id == "f");
  CHECK(sessions.search_messages(alice, {.query = "secret", .session_id = "s"}).items.empty());
  CHECK(sessions.statistics(alice).messages == 5);
  CHECK(sessions.save_message(alice, "f", {.content = "of the fork"}) == 6);
  CHECK(deletion->restore_session(alice, "s"));
  CHECK(found().size() == 8);
  CHECK(found().front().session_id == "s");
  CHECK(sessions.statistics(alice).messages == 9);

  deletion->soft_delete_session(alice, "s");
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(found().size() == 5);
  CHECK(window_of_fork() == std::vector<std::string>{"secret", "short", "secret", "secret", "of the fork"});
  deletion->soft_delete_session(alice, "f");
  CHECK(found().empty());
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(sessions.statistics(alice).messages == 0);
}

CONFORMANCE_TEST("parents and children that are hidden together are purged together") {
  Subject subject({.soft_delete = hiding});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  const auto deletion = soft_deletion(backend);
  sessions.save_session(alice, {.id = "s0"});
  constexpr int many = 120;
  for (int each = 1; each < many; ++each) {
    const auto& owner = each % 2 == 0 ? alice : bob;
    const std::string id = "s" + std::to_string(each);
    sessions.save_session(owner, {.id = id});
    if (each > 2) { sessions.update_session(owner, id, {.parent_session_id = "s" + std::to_string(each - 2)}); }
  }
  for (int each = 1; each < many; ++each) {
    REQUIRE(deletion->soft_delete_session(each % 2 == 0 ? alice : bob, "s" + std::to_string(each)));
  }
  int cleaned = 0;
  sessions.add_cleanup_hook([&](const Context& /*context*/, const std::string& /*id*/) { ++cleaned; });
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == many - 1);
  CHECK(cleaned == many - 1);
  CHECK(sessions.load_session(alice, "s0"));
}

CONFORMANCE_TEST("the backend removes sessions after their grace period by itself") {
  Filled<Subject> filled({true, seconds(0), seconds(1)});
  auto& backend = filled.backend();
  const auto deletion = soft_deletion(backend);
  REQUIRE(deletion->soft_delete_session(alice, "s"));
  const auto is_gone = [&] { return !fs::exists(filled.file_of(alice)); };
  for (int step = 0; step < 6000 && !is_gone(); ++step) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }
  CHECK(is_gone());
  CHECK(!deletion->restore_session(alice, "s"));
  CHECK(fs::exists(filled.file_of(bob)));
}

CONFORMANCE_TEST("contents go with the purge of their session, and with that of their artifact") {
  Subject subject({.soft_delete = hiding});
  auto& backend = subject.backend();
  auto& artifacts = backend.artifact_store();
  const auto deletion = soft_deletion(backend);
  backend.session_storage().save_session(alice, {.id = "s"});
  artifacts.put(alice, {.id = "of session", .session_id = "s"}, "content");
  artifacts.put(alice, {.id = "free"}, "free");
  REQUIRE(deletion->soft_delete_session(alice, "s"));
  CHECK(artifacts.content_usage(alice).stored_bytes == 11);
  CHECK(deletion->purge_deleted_sessions({}, seconds(0)) == 1);
  CHECK(artifacts.content_usage(alice).stored_bytes == 4);
  REQUIRE(artifacts.remove(alice, "free", DeleteMode::soft));
  CHECK(artifacts.purge_deleted({}, seconds(3600)) == 0);
  CHECK(artifacts.purge_deleted({}, seconds(0)) == 1);
  CHECK(artifacts.content_usage(alice).stored_bytes == 0);
  CHECK(artifacts.sweep_orphans(alice, seconds(0)) == 0);
}
