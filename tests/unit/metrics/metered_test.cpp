#include "heddle/metrics.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"
#include "support/watched_backend.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::Watched;

namespace {

const Context ada = Context::for_user("ada");

/// Returns how many calls of an operation ended so; nothing: they returned.
std::uint64_t calls(const Metrics& metrics, Operation operation, std::optional<ErrorCode> error = {}) {
  for (const OperationMetrics& each : metrics.operations) {
    if (each.operation == operation && each.error == error) { return each.count; }
  }
  return 0;
}

Metrics metrics_of(AnyBackend& backend) { return read_metrics(backend).value(); }

}  // namespace

TEST_CASE("operations are counted by how they ended, messages by what was stored") {
  Watched watched;
  auto& sessions = watched.backend().session_storage();
  sessions.ensure_session(ada, {.id = "s"});
  sessions.save_message(ada, "s", {.content = "one"}, {.idempotency_key = "k"});
  sessions.save_message(ada, "s", {.content = "one"}, {.idempotency_key = "k"});
  sessions.save_turn(ada, "s", {{{.content = "two"}, {.content = "three"}}, {}});
  sessions.save_messages(ada, "s", {});
  CHECK(support::code_of([&] { sessions.save_message(ada, "none", {.content = "x"}); }) == ErrorCode::not_found);

  const Metrics metrics = metrics_of(watched.backend());
  CHECK(metrics.backend == "sqlite");
  CHECK(calls(metrics, Operation::save_message) == 2);
  CHECK(calls(metrics, Operation::save_message, ErrorCode::not_found) == 1);
  CHECK(calls(metrics, Operation::save_message, ErrorCode::internal) == 0);
  CHECK(calls(metrics, Operation::save_turn) == 1);
  CHECK(metrics.stored_messages == 3);
  CHECK(metrics.in_doubt == 0);
  for (const OperationMetrics& each : metrics.operations) {
    CHECK(std::accumulate(each.buckets.begin(), each.buckets.end(), std::uint64_t{0}) == each.count);
    CHECK(each.sum.count() > 0);
  }
}

TEST_CASE("a streamed message is counted once, when it begins") {
  Watched watched;
  watched.backend().session_storage().ensure_session(ada, {.id = "s"});
  auto& streams = watched.backend().stream_store();
  auto stream = streams.begin(ada, "s", {.role = Role::assistant}, {});
  streams.append(ada, stream, "Hello");
  streams.finish(ada, stream, {.role = Role::assistant});
  CHECK(metrics_of(watched.backend()).stored_messages == 1);
}

TEST_CASE("a time on the bound of a bucket is in it") {
  Meter meter;
  meter.add_call(Operation::ping, nullptr, std::chrono::microseconds(100));
  meter.add_call(Operation::ping, nullptr, std::chrono::nanoseconds(100'001));
  meter.add_call(Operation::ping, nullptr, std::chrono::hours(1));
  Metrics metrics;
  meter.report(metrics);
  REQUIRE(metrics.operations.size() == 1);
  CHECK(metrics.operations[0].buckets[0] == 1);
  CHECK(metrics.operations[0].buckets[1] == 1);
  CHECK(metrics.operations[0].buckets.back() == 1);
  CHECK(metrics.operations[0].count == 3);
}

TEST_CASE("every operation and error has a place of its own") {
  Meter meter;
  const ErrorCode last = ErrorCode::internal;
  meter.add_call(Operation::validate_permissions, &last, std::chrono::nanoseconds(1));
  meter.add_call(Operation::validate_permissions, nullptr, std::chrono::nanoseconds(1));
  meter.add_cleaned(Operation::validate_permissions, 7);
  Metrics metrics;
  meter.report(metrics);
  REQUIRE(metrics.operations.size() == 2);
  CHECK(metrics.operations[1].operation == Operation::validate_permissions);
  CHECK(metrics.operations[1].error == last);
  REQUIRE(metrics.cleaned.size() == 1);
  CHECK(metrics.cleaned[0].items == 7);
}

TEST_CASE("commits are counted with the calls that share them") {
  const support::TemporaryFolder folder;
  Watched watched({}, {}, {.path = (folder.path() / "x.db").string()});
  auto& sessions = watched.backend().session_storage();
  sessions.ensure_session(ada, {.id = "s"});
  const Metrics before = metrics_of(watched.backend());
  constexpr int threads = 4;
  constexpr int each = 50;
  std::vector<std::jthread> writers;
  for (int thread = 0; thread < threads; ++thread) {
    writers.emplace_back([&] {
      for (int index = 0; index < each; ++index) { sessions.save_message(ada, "s", {.content = "x"}); }
    });
  }
  writers.clear();
  // Those that fail have no commit.
  CHECK(support::code_of([&] { sessions.save_message(ada, "none", {.content = "x"}); }) == ErrorCode::not_found);

  const Metrics after = metrics_of(watched.backend());
  CHECK(after.committed_calls - before.committed_calls == threads * each);
  CHECK(after.stored_messages - before.stored_messages == threads * each);
  CHECK(after.commits > before.commits);
  CHECK(after.commits - before.commits <= threads * each);
  CHECK(std::accumulate(after.commits_by_calls.begin(), after.commits_by_calls.end(), std::uint64_t{0}) ==
        after.commits);
  CHECK(after.database_bytes.value() > 0);
  CHECK(after.log_bytes.value() > 0);
  CHECK(after.index_queue.has_value());
  REQUIRE(after.pools.size() == 1);
  CHECK(after.pools[0].name == "readers");
  CHECK(after.pools[0].pool.max_connections == 4);
}

TEST_CASE("waits for another writer are counted") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "x.db").string();
  Watched watched({}, {}, {.path = path, .busy_timeout = std::chrono::milliseconds(20)});
  CHECK(metrics_of(watched.backend()).busy_waits == 0);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(support::code_of([&] { watched.backend().session_storage().save_session(ada, {.id = "s"}); }) ==
        ErrorCode::unavailable);
  const Metrics metrics = metrics_of(watched.backend());
  CHECK(metrics.busy_waits.value() > 0);
  CHECK(calls(metrics, Operation::save_session, ErrorCode::unavailable) == 1);
  sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr);
  sqlite3_close(other);
}

TEST_CASE("what is cleaned up is counted") {
  Watched watched({}, {}, {.path = ":memory:", .administer_tenants = true, .soft_delete = {.enabled = true}});
  auto& sessions = watched.backend().session_storage();
  sessions.save_session(ada, {.id = "s"});
  const auto deletion = soft_deletion(watched.backend());
  deletion->soft_delete_session(ada, "s");
  CHECK(deletion->purge_deleted_sessions({}, std::chrono::seconds(0)) == 1);
  const Metrics metrics = metrics_of(watched.backend());
  const auto found = std::find_if(metrics.cleaned.begin(), metrics.cleaned.end(), [](const CleanedItems& each) {
    return each.operation == Operation::purge_deleted_sessions;
  });
  REQUIRE(found != metrics.cleaned.end());
  CHECK(found->items == 1);
}

TEST_CASE("a backend that counts nothing has no metrics, and a closed one throws") {
  Backend<Sqlite> plain({.path = ":memory:"});
  CHECK_FALSE(read_metrics(plain).has_value());
  auto erased = AnyBackend::make<Backend<Sqlite>>(sqlite::Config{.path = ":memory:"});
  CHECK_FALSE(read_metrics(erased).has_value());

  Watched watched;
  watched.backend().close();
  CHECK(support::code_of([&] { static_cast<void>(read_metrics(watched.backend())); }) ==
        ErrorCode::failed_precondition);
}

TEST_CASE("a meter that is off counts nothing") {
  Metered off = Metered::off();
  CHECK(off.meter() == nullptr);
  const Context context;
  {
    auto span = off.start({context, {}, Operation::ping});
    span.stored(1);
    span.count(1);
    span.fail(Error(ErrorCode::internal, "x", {}, Outcome::in_doubt));
  }
  Metered on;
  {
    auto span = on.start({context, {}, Operation::save_message});
    span.fail(Error(ErrorCode::unavailable, "x", {}, Outcome::in_doubt));
  }
  Metrics metrics;
  on.meter()->report(metrics);
  CHECK(metrics.in_doubt == 1);
  CHECK(calls(metrics, Operation::save_message, ErrorCode::unavailable) == 1);
}
