#include "conformance/erasures.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::error_of;

// The removal of what is old while something else goes on.

namespace {

inline constexpr SoftDeleteConfig administering{.enabled = true};
constexpr RetentionRule one{.max_count = 1};
/// One of each type.
constexpr RetentionConfig one_of_each{.sessions = one,
                                      .hidden_branches = one,
                                      .snapshots = one,
                                      .errors = one,
                                      .artifacts = one,
                                      .results = one,
                                      .requests = one,
                                      .keys = one};

struct Enough {};

template <class Backend>
std::vector<std::string> sessions_of(Backend& backend, const Context& context) {
  return backend.session_storage().list_sessions(context).items;
}

}  // namespace

CONFORMANCE_TEST("retention: a tenant that is being imported is left alone until that has ended") {
  Subject source({.soft_delete = administering});
  fill(source.backend(), alice);
  const Exported stream = exported(source.backend(), alice);
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto rules = retention(backend);
  CHECK_THROWS_AS(import_user(backend, alice, stream.bytes,
                              {.artifact_quota = true, .on_progress = [](const ImportProgress&) { throw Enough(); }}),
                  Enough);
  add_session(backend, bob, "1");
  add_session(backend, bob, "2");
  CHECK(rules->apply_retention({}, one_of_each) == RetentionReport{.sessions = 1});
  CHECK(import_user(backend, alice, stream.bytes, {.artifact_quota = true}).resumed);
  CHECK(exported(backend, alice).report.records_checksum == stream.report.records_checksum);
  CHECK(rules->apply_retention({}, one_of_each).sessions > 0);
  CHECK(sessions_of(backend, alice).size() == 1);
}

CONFORMANCE_TEST("retention: a tenant that is being erased is left to that") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  fill(backend, alice);
  const ExportReport of_alice = exported(backend, alice).report;
  CHECK_THROWS_AS(erase_user(backend, alice,
                             {.idempotency_key = "k", .on_progress = [](const ErasureProgress&) { throw Enough(); }}),
                  Enough);
  CHECK(retention(backend)->apply_retention({}, one_of_each) == RetentionReport{});
  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "k"});
  check_counts(receipt, of_alice);
}

CONFORMANCE_TEST("retention: what it leaves of a tenant goes out and in as a stream") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  add_session(backend, alice, "s");
  sessions.save_messages(alice, "s", std::vector<Message>{says("first"), says("second"), says("third")});
  sessions.fold_messages(alice, "s", {2, 3}, {.snapshot_type = "summary", .content = "folded"});
  sessions.fork_session(alice, "s", 3, {.id = "fork"});
  sessions.rewind_session(alice, "s", 1);
  sessions.rewind_session(alice, "s", 0);
  add_session(backend, alice, "alone");
  sessions.save_messages(alice, "alone", std::vector<Message>{says("one"), says("two")});
  sessions.rewind_session(alice, "alone", 0);
  sessions.save_message(alice, "alone", says("three"));
  sessions.rewind_session(alice, "alone", 0);
  sessions.save_message(alice, "alone", says("four"));
  // The fork has the messages of one of the branches that go, and nothing has those of the other.
  CHECK(retention(backend)->apply_retention({}, {.hidden_branches = one}).hidden_branches == 3);
  CHECK(texts(sessions.load_messages(alice, "fork", MessageWindow{}).messages) ==
        std::vector<std::string>{"first", "folded"});
  const Exported stream = exported(backend, alice);
  Subject other({.soft_delete = administering});
  import_user(other.backend(), alice, stream.bytes);
  CHECK(exported(other.backend(), alice).report.records_checksum == stream.report.records_checksum);
  CHECK(texts(other.backend().session_storage().load_messages(alice, "fork").items) ==
        std::vector<std::string>{"first", "second", "third"});
  auto& there = other.backend().session_storage();
  CHECK(texts(there.load_messages(alice, "alone").items) == std::vector<std::string>{"four"});
  CHECK(there.list_branches(alice, "alone").items == sessions.list_branches(alice, "alone").items);
  CHECK(there.save_message(alice, "alone", says("five")) == 2);
  CHECK(there.rewind_session(alice, "alone", 1).branch == 4);
  CHECK(there.delete_session(alice, "alone"));
  CHECK(there.search_messages(alice, {.query = "four"}).items.empty());
}

CONFORMANCE_TEST("retention: a message that is being written goes with its session, and its writer learns it") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  add_session(backend, alice, "old");
  MessageStream stream = backend.stream_store().begin(alice, "old", {.role = Role::assistant});
  backend.stream_store().append(alice, stream, "some words ");
  CHECK(retention(backend)->apply_retention({}, {.sessions = {.max_age = 24h}}) == RetentionReport{});
  add_session(backend, alice, "new");
  CHECK(retention(backend)->apply_retention({}, {.sessions = one}) == RetentionReport{.sessions = 1});
  // As after any removal of its session.
  CHECK(code_of([&] { backend.stream_store().append(alice, stream, "more"); }) == ErrorCode::conflict);
  CHECK(sessions_of(backend, alice) == std::vector<std::string>{"new"});
}

CONFORMANCE_TEST("retention: several at once, while others save, remove nothing twice and nothing that is in use") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  constexpr int many = 60;
  const auto id = [](int number) { return "s" + std::to_string(100 + number); };
  for (int number = 0; number < many; ++number) { add_session(backend, alice, id(number)); }
  for (int number = 0; number < 250; ++number) { backend.error_store().store(alice, {.raw_error = "x"}); }
  add_session(backend, alice, "in use");

  std::atomic<std::int64_t> sessions = 0;
  std::atomic<std::int64_t> errors = 0;
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 3; ++thread) {
    threads.emplace_back([&] {
      try {
        const RetentionReport report =
            retention(backend)->apply_retention({}, {.sessions = {.max_count = 5}, .errors = {.max_count = 7}});
        sessions += report.sessions;
        errors += report.errors;
      } catch (const Error&) { ++failures; }
    });
  }
  threads.emplace_back([&] {
    try {
      for (int number = 0; number < 50; ++number) {
        backend.session_storage().save_message(alice, "in use", says("message " + std::to_string(number)));
      }
    } catch (const Error&) { ++failures; }
  });
  for (std::thread& thread : threads) { thread.join(); }
  CHECK(failures == 0);
  // What one has skipped because another one held it is gone by now.
  CHECK(sessions == many + 1 - 5);
  CHECK(errors == 250 - 7);
  CHECK(sessions_of(backend, alice).size() == 5);
  CHECK(backend.session_storage().load_messages(alice, "in use").items.size() == 50);
}

CONFORMANCE_TEST("retention: what fails for one session keeps no other from being removed") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  std::set<std::string> cleaned;
  backend.session_storage().add_cleanup_hook([&](const Context& context, const std::string& id) {
    if (context.user_id == "alice") { throw Error(ErrorCode::unavailable, "the hook fails"); }
    cleaned.insert(context.user_id + "/" + id);
  });
  for (const Context& user : {alice, bob}) {
    for (int number = 0; number < 30; ++number) { add_session(backend, user, std::to_string(100 + number)); }
    backend.error_store().store(user, {.raw_error = "x"});
    backend.error_store().store(user, {.raw_error = "x"});
  }
  const Error error =
      error_of([&] { retention(backend)->apply_retention({}, {.sessions = {.max_count = 2}, .errors = one}); });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(cleaned.size() == 28);
  for (const Context& user : {alice, bob}) {
    CHECK(sessions_of(backend, user).size() == 2);
    CHECK(backend.error_store().list(user).items.size() == 1);
  }
}

CONFORMANCE_TEST("retention: the files of a session that begins anew while hooks run for others stay") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  auto& sessions = backend.session_storage();
  const auto folder_of = [&](const std::string& id) {
    return backend.artifact_store().folder(alice, ArtifactFolder::agent, id);
  };
  const auto write_file = [&](const std::string& id) {
    std::filesystem::create_directories(folder_of(id));
    std::ofstream(folder_of(id) / "notes.txt") << "notes";
  };
  for (const char* id : {"old 1", "old 2", "new"}) {
    add_session(backend, alice, id);
    write_file(id);
  }
  std::string again;
  sessions.add_cleanup_hook([&](const Context& /*context*/, const std::string& id) {
    if (!again.empty()) { return; }
    again = id == "old 1" ? "old 2" : "old 1";
    sessions.ensure_session(alice, {.id = again});
    write_file(again);
  });
  CHECK(retention(backend)->apply_retention({}, {.sessions = one}).sessions == 2);
  REQUIRE(!again.empty());
  CHECK(sessions.load_session(alice, again).has_value());
  CHECK(std::filesystem::exists(folder_of(again) / "notes.txt"));
  CHECK(!std::filesystem::exists(folder_of(again == "old 1" ? "old 2" : "old 1")));
  CHECK(std::filesystem::exists(folder_of("new") / "notes.txt"));
}

CONFORMANCE_TEST("retention: a tenant of whom much is removed lets others have their turn") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  std::vector<std::string> cleaned;
  backend.session_storage().add_cleanup_hook(
      [&](const Context& context, const std::string& /*id*/) { cleaned.push_back(context.user_id); });
  constexpr int many = 1050;
  for (int number = 0; number < many; ++number) { add_session(backend, alice, std::to_string(number)); }
  for (int number = 0; number < 3; ++number) { add_session(backend, bob, std::to_string(number)); }
  CHECK(retention(backend)->apply_retention({}, {.sessions = one}).sessions == many + 3 - 2);
  REQUIRE(cleaned.size() == many + 3 - 2);
  CHECK(cleaned.front() == "alice");
  CHECK(cleaned.back() == "alice");
}

CONFORMANCE_TEST("retention: times that callers give, in the past and in the future, and bounds of any size") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto rules = retention(backend);
  const auto store = [&](const std::string& id, Timestamp time) {
    backend.error_store().store(alice, {.id = id, .timestamp = time, .raw_error = "x"});
  };
  store("first", Timestamp(std::chrono::sys_days(std::chrono::year(1) / 1 / 1)));
  store("last", Timestamp(std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)));
  store("now", now());
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  CHECK(rules->apply_retention({}, {.errors = {.max_count = most}}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.errors = {.max_age = 24h * 366 * 10'000}}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.errors = {.max_age = 24h * 366 * 500, .max_count = 3}}).errors == 1);
  CHECK(!backend.error_store().get(alice, "first"));
  // What says that it is of the future is the newest.
  CHECK(rules->apply_retention({}, {.errors = one}).errors == 1);
  CHECK(backend.error_store().get(alice, "last"));
  CHECK(rules->apply_retention({}, {.errors = {.max_age = 1s}}) == RetentionReport{});
}
