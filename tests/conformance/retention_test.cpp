#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

// The removal of what is old, for each type of record. Sessions and their branches: retained_sessions_test.cpp.

namespace {

inline constexpr SoftDeleteConfig administering{.enabled = true};

constexpr auto day = 24h;
/// An age between those of records of today and of yesterday.
constexpr RetentionRule half_a_day{.max_age = 12h};
constexpr RetentionRule one{.max_count = 1};

template <class Backend>
Ids snapshots(Backend& backend, const Context& context) {
  return all_ids(0, [&](const PageRequest& request) {
    return backend.session_storage().load_snapshots(context, "s", "summary", request);
  });
}
template <class Backend>
Ids errors(Backend& backend, const Context& context) {
  return all_ids(0, [&](const PageRequest& request) { return backend.error_store().list(context, {}, request); });
}
template <class Backend>
Ids requests(Backend& backend, const Context& context) {
  return all_ids(0, [&](const PageRequest& request) {
    return backend.human_request_store().list_by_session(context, "s", request);
  });
}
template <class Backend>
Ids results(Backend& backend, const Context& context) {
  return all_ids(0, [&](const PageRequest& request) { return backend.result_store().list(context, request); });
}

NewResult result(const std::string& id) {
  NewResult result;
  result.id = id;
  result.table = numbers(1);
  return result;
}

/// Both tenants have a record of yesterday, then one of today, of each type whose time a caller can give.
template <class Backend>
void fill(Backend& backend) {
  for (const Context& user : {alice, bob}) {
    add_session(backend, user, "s");
    for (const auto& [id, age] : std::vector<std::pair<std::string, std::chrono::hours>>{{"old", day}, {"new", 0h}}) {
      const Timestamp time = now() - age;
      backend.session_storage().save_snapshot(
          user, {.id = id, .session_id = "s", .snapshot_type = "summary", .created_at = time});
      backend.error_store().store(user, {.id = id, .timestamp = time, .raw_error = "x"});
      for (const std::string& kind : {id, "open " + id}) {
        backend.human_request_store().store(user, {.id = kind, .session_id = "s", .question = "?", .created_at = time});
      }
      backend.human_request_store().respond(user, id, {.status = RequestStatus::approved});
    }
    // Its time is over, and no call has settled it.
    backend.human_request_store().store(
        user, {.id = "late", .session_id = "s", .question = "?", .timeout_ms = 1ms, .created_at = now() - day});
  }
}

}  // namespace

CONFORMANCE_TEST("retention: records that are too old are removed, of all tenants, each type by its own rule") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto rules = retention(backend);
  REQUIRE(rules);
  fill(backend);
  CHECK(rules->apply_retention({}, {}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.snapshots = half_a_day}) == RetentionReport{.snapshots = 2});
  for (const Context& user : {alice, bob}) {
    CHECK(snapshots(backend, user) == Ids{"new"});
    CHECK(errors(backend, user) == Ids{"new", "old"});
    CHECK(requests(backend, user).size() == 5);
  }
  CHECK(rules->apply_retention({}, {.errors = half_a_day}) == RetentionReport{.errors = 2});
  // Open ones stay, as an answer can still be awaited.
  CHECK(rules->apply_retention({}, {.requests = half_a_day}) == RetentionReport{.requests = 4});
  for (const Context& user : {alice, bob}) {
    CHECK(errors(backend, user) == Ids{"new"});
    CHECK(requests(backend, user) == Ids{"open new", "new", "open old"});
    CHECK(!backend.human_request_store().get(user, "old"));
    CHECK(!backend.human_request_store().get(user, "late"));
  }
  CHECK(rules->apply_retention({}, {.snapshots = half_a_day, .errors = half_a_day, .requests = half_a_day}) ==
        RetentionReport{});
}

CONFORMANCE_TEST("retention: of each tenant so many records are kept, the newest") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto rules = retention(backend);
  fill(backend);
  backend.error_store().store(alice, {.id = "newest", .raw_error = "x"});
  CHECK(rules->apply_retention({}, {.snapshots = one, .errors = one, .requests = one}) ==
        RetentionReport{.snapshots = 2, .errors = 3, .requests = 4});
  CHECK(snapshots(backend, alice) == Ids{"new"});
  CHECK(errors(backend, alice) == Ids{"newest"});
  CHECK(errors(backend, bob) == Ids{"new"});
  // Open ones are not counted.
  CHECK(requests(backend, bob) == Ids{"open new", "new", "open old"});
  CHECK(rules->apply_retention({}, {.snapshots = one, .errors = one, .requests = one}) == RetentionReport{});
}

CONFORMANCE_TEST("retention: more records than a transaction removes are removed by one call") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  for (int number = 0; number < 205; ++number) {
    backend.error_store().store(alice, {.id = "e" + std::to_string(number), .raw_error = "x"});
  }
  CHECK(retention(backend)->apply_retention({}, {.errors = {.max_count = 3}}).errors == 202);
  CHECK(errors(backend, alice).size() == 3);
}

CONFORMANCE_TEST("retention: results and idempotency keys are removed by age and by number") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto rules = retention(backend);
  auto& store = backend.result_store();
  for (const std::string id : {"r1", "r2", "r3"}) { store.store(alice, result(id), {.idempotency_key = id}); }
  store.store(bob, result("r1"));
  CHECK(rules->apply_retention({}, {.results = half_a_day, .keys = half_a_day}) == RetentionReport{});
  CHECK(rules->apply_retention({}, {.results = {.max_count = 2}, .keys = {.max_count = 2}}) ==
        RetentionReport{.results = 1, .keys = 1});
  CHECK(results(backend, alice) == Ids{"r3", "r2"});
  CHECK(results(backend, bob) == Ids{"r1"});
  CHECK(code_of([&] { static_cast<void>(store.query(alice, "r1", "SELECT 1")); }) == ErrorCode::not_found);
  // The key of r2 still says that it was stored; that of r1 is gone, so it is stored again.
  CHECK(store.remove(alice, "r2"));
  store.store(alice, result("r2"), {.idempotency_key = "r2"});
  store.store(alice, result("r1"), {.idempotency_key = "r1"});
  CHECK(results(backend, alice) == Ids{"r1", "r3"});

  std::this_thread::sleep_for(1100ms);
  CHECK(rules->apply_retention({}, {.results = {.max_age = 1s}, .keys = {.max_age = 1s}}) ==
        RetentionReport{.results = 3, .keys = 3});
  CHECK(results(backend, alice).empty());
  store.store(alice, result("r2"), {.idempotency_key = "r2"});
  CHECK(results(backend, alice) == Ids{"r2"});
}

CONFORMANCE_TEST("retention: rules without meaning, and backends that do not administer, are refused") {
  Subject subject({.soft_delete = administering});
  auto& backend = subject.backend();
  const auto refused = [&](const RetentionConfig& rules) {
    return code_of([&] { retention(backend)->apply_retention({}, rules); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.errors = {.max_age = -1s}}));
  CHECK(refused({.keys = {.max_age = std::chrono::seconds::max()}}));
  CHECK(refused({.hidden_branches = {.max_count = -1}}));
  CHECK(refused({.interval = 0s}));
  CHECK(!retention(backend)->apply_retention({}, {.errors = half_a_day}).errors);
  CHECK(code_of([&] { retention(backend)->apply_retention(Context{}.with_timeout(-1s), {.errors = half_a_day}); }) ==
        ErrorCode::deadline_exceeded);
}

CONFORMANCE_TEST("retention: a backend with rules in its configuration applies them by itself, and says so") {
  Subject subject({.retention = {.errors = half_a_day, .interval = 1s}});
  auto& backend = subject.backend();
  CHECK(backend.details().applies_retention);
  for (const int days : {3, 2, 0}) {
    backend.error_store().store(alice, {.id = std::to_string(days), .timestamp = now() - days * day, .raw_error = "x"});
  }
  for (int round = 0; round < 6000 && errors(backend, alice).size() > 1; ++round) { std::this_thread::sleep_for(20ms); }
  CHECK(errors(backend, alice) == Ids{"0"});

  Subject without({.soft_delete = administering});
  CHECK(!without.backend().details().applies_retention);
}
