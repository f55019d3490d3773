#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

// The removal of old sessions, artifacts and hidden branches.

namespace {

namespace fs = std::filesystem;

constexpr RetentionRule a_day{.max_age = 24h};
constexpr RetentionRule one{.max_count = 1};

template <class Backend>
std::vector<std::string> sessions_of(Backend& backend, const Context& context) {
  return backend.session_storage().list_sessions(context).items;
}
template <class Backend>
std::vector<std::string> texts_of(Backend& backend, const std::string& session) {
  return texts(backend.session_storage().load_messages(alice, session).items);
}
template <class Backend>
std::vector<std::int64_t> branches_of(Backend& backend, const std::string& session) {
  std::vector<std::int64_t> numbers;
  for (const Branch& branch : backend.session_storage().list_branches(alice, session).items) {
    numbers.push_back(branch.branch);
  }
  return numbers;
}
template <class Backend>
std::size_t found(Backend& backend, const std::string& query) {
  return backend.session_storage().search_messages(alice, {.query = query}).items.size();
}

}  // namespace

CONFORMANCE_TEST("retention: an old session goes as a deleted one does, and forks keep what they share") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  std::set<std::string> cleaned;
  sessions.add_cleanup_hook(
      [&](const Context& context, const std::string& id) { cleaned.insert(context.user_id + "/" + id); });
  add_session(backend, alice, "old");
  sessions.save_messages(alice, "old", std::vector<Message>{says("needle one"), says("needle two")});
  sessions.save_message(alice, "old", {.content = "needle three", .model = "m"}, {.idempotency_key = "k"});
  backend.error_store().store(alice, {.id = "e", .session_id = "old", .raw_error = "x"});
  backend.artifact_store().index(alice, {.id = "a", .name = "haystack", .session_id = "old"});
  const fs::path file = backend.artifact_store().folder(alice, ArtifactFolder::agent, "old") / "a.txt";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "a";
  add_session(backend, alice, "hidden");
  REQUIRE(soft_deletion(backend)->soft_delete_session(alice, "hidden"));
  sessions.fork_session(alice, "old", 1, {.id = "fork", .parent_session_id = "old"});
  add_session(backend, bob, "old");

  const auto rules = retention(backend);
  CHECK(rules->apply_retention({}, {.sessions = a_day}) == RetentionReport{});
  CHECK(cleaned.empty());
  CHECK(rules->apply_retention({}, {.sessions = one}) == RetentionReport{.sessions = 1});
  CHECK(cleaned == std::set<std::string>{"alice/old"});
  CHECK(!fs::exists(file));
  CHECK(sessions_of(backend, alice) == std::vector<std::string>{"fork"});
  CHECK(sessions_of(backend, bob) == std::vector<std::string>{"old"});
  CHECK(!sessions.load_session(alice, "fork")->parent_session_id);
  CHECK(texts_of(backend, "fork") == std::vector<std::string>{"needle one"});
  CHECK(found(backend, "needle") == 1);
  CHECK(sessions.statistics(alice).messages == 1);
  CHECK(sessions.usage(alice).items.empty());
  CHECK(!backend.error_store().get(alice, "e"));
  CHECK(!backend.artifact_store().get(alice, "a"));
  // What is hidden is left to its grace period.
  CHECK(soft_deletion(backend)->restore_session(alice, "hidden"));
  // The id is free again, and so are its keys.
  add_session(backend, alice, "old");
  CHECK(sessions.save_message(alice, "old", says("anew"), {.idempotency_key = "k"}) == 1);
}

CONFORMANCE_TEST("retention: sessions are old by their last change, parents and children too") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  constexpr int many = 23;
  add_session(backend, alice, "s0");
  for (int number = 1; number < many; ++number) {
    sessions.save_session(alice,
                          {.id = "s" + std::to_string(number), .parent_session_id = "s" + std::to_string(number - 1)});
  }
  sessions.save_message(alice, "s3", says("still in use"));
  CHECK(retention(backend)->apply_retention({}, {.sessions = one}).sessions == many - 1);
  CHECK(sessions_of(backend, alice) == std::vector<std::string>{"s3"});
  std::this_thread::sleep_for(1100ms);
  CHECK(retention(backend)->apply_retention({}, {.sessions = {.max_age = 1s}}).sessions == 1);
  CHECK(sessions_of(backend, alice).empty());
}

CONFORMANCE_TEST("retention: old artifacts go with their contents and files") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  const fs::path folder = store.folder(alice, ArtifactFolder::user);
  fs::create_directories(folder);
  for (const std::string name : {"old", "shared", "new"}) { std::ofstream(folder / name) << name; }
  const Timestamp yesterday = now() - 24h;
  const auto path = [&](const std::string& name) { return (folder / name).string(); };
  store.index(alice, {.id = "1", .name = "old", .path = path("old"), .created_at = yesterday});
  store.index(alice, {.id = "2", .name = "shared", .path = path("shared"), .created_at = yesterday});
  store.index(alice, {.id = "3", .name = "new", .path = path("new")});
  store.index(alice, {.id = "4", .name = "shared", .path = path("shared")});
  const std::string bytes = "some content";
  store.put(alice, {.id = "5", .name = "kept", .created_at = yesterday - 1h}, bytes);
  REQUIRE(store.content_usage(alice).stored_bytes == static_cast<std::int64_t>(bytes.size()));

  const auto rules = retention(backend);
  // All of them were changed today.
  CHECK(rules->apply_retention({}, {.artifacts = a_day}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.artifacts = {.max_count = 2}}) == RetentionReport{.artifacts = 3});
  CHECK(!store.get(alice, "1"));
  CHECK(!store.get(alice, "2"));
  CHECK(!store.get(alice, "5"));
  CHECK(store.get(alice, "4"));
  CHECK(!fs::exists(folder / "old"));
  CHECK(fs::exists(folder / "shared"));
  CHECK(fs::exists(folder / "new"));
  CHECK(store.content_usage(alice).stored_bytes == 0);
  CHECK(store.search(alice, {.query = "kept"}).items.empty());
  std::this_thread::sleep_for(1100ms);
  CHECK(rules->apply_retention({}, {.artifacts = {.max_age = 1s}}) == RetentionReport{.artifacts = 2});
  CHECK(!fs::exists(folder / "shared"));
}

CONFORMANCE_TEST("retention: old hidden branches go, with the messages that nothing else has") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  const auto rules = retention(backend);
  add_session(backend, alice, "s");
  sessions.save_messages(alice, "s", std::vector<Message>{says("first"), says("second"), says("third")});
  sessions.fork_session(alice, "s", 2, {.id = "fork"});
  sessions.rewind_session(alice, "s", 1);
  sessions.save_messages(alice, "s", std::vector<Message>{says("fourth"), says("fifth")});
  sessions.rewind_session(alice, "s", 2);
  sessions.save_message(alice, "s", says("sixth"));
  const std::vector<std::string> shown{"first", "fourth", "sixth"};
  const std::vector<std::string> forked{"first", "second"};
  REQUIRE(branches_of(backend, "s") == std::vector<std::int64_t>{1, 2, 3});

  CHECK(rules->apply_retention({}, {.hidden_branches = a_day}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.hidden_branches = one}) == RetentionReport{.hidden_branches = 1});
  CHECK(branches_of(backend, "s") == std::vector<std::int64_t>{2, 3});
  CHECK(code_of([&] { sessions.restore_branch(alice, "s", 1); }) == ErrorCode::not_found);
  CHECK(texts_of(backend, "s") == shown);
  CHECK(texts_of(backend, "fork") == forked);
  std::this_thread::sleep_for(1100ms);
  CHECK(rules->apply_retention({}, {.hidden_branches = {.max_age = 1s}}) == RetentionReport{.hidden_branches = 1});
  CHECK(branches_of(backend, "s") == std::vector<std::int64_t>{3});
  CHECK(texts_of(backend, "s") == shown);
  CHECK(found(backend, "first") == 1);
  CHECK(found(backend, "third") == 0);
  CHECK(found(backend, "fifth") == 0);

  // The next one has a new number.
  CHECK(sessions.rewind_session(alice, "s", 1).branch == 4);
  CHECK(texts_of(backend, "s") == std::vector<std::string>{"first"});
  CHECK(sessions.delete_session(alice, "s"));
  CHECK(texts_of(backend, "fork") == forked);
  CHECK(sessions.delete_session(alice, "fork"));
  CHECK(found(backend, "first") == 0);
}

CONFORMANCE_TEST("retention: the branch with the highest number stays, and that which was restored") {
  Subject subject({.soft_delete = {.enabled = true}});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  add_session(backend, alice, "s");
  sessions.save_messages(alice, "s", std::vector<Message>{says("first"), says("second")});
  sessions.rewind_session(alice, "s", 1);
  sessions.save_message(alice, "s", says("third"));
  sessions.rewind_session(alice, "s", 0);
  sessions.restore_branch(alice, "s", 1);
  std::this_thread::sleep_for(1100ms);
  const auto rules = retention(backend);
  CHECK(rules->apply_retention({}, {.hidden_branches = {.max_age = 1s}}) == RetentionReport{.hidden_branches = 1});
  CHECK(branches_of(backend, "s") == std::vector<std::int64_t>{1, 3});
  CHECK(texts_of(backend, "s") == std::vector<std::string>{"first", "second"});
  CHECK(sessions.restore_branch(alice, "s", 3).sequence == 0);
  CHECK(sessions.restore_branch(alice, "s", 1).sequence == 2);
  // Nothing is left to do for those whose session is hidden.
  CHECK(soft_deletion(backend)->soft_delete_session(alice, "s"));
  CHECK(rules->apply_retention({}, {.sessions = one, .hidden_branches = one}) == RetentionReport{});
}
