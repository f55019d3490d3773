#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

namespace {

template <class Store>
Ids ids(Store& store, const Context& context) {
  return all_ids(0, [&](const PageRequest& request) { return store.list(context, {}, request); });
}

constexpr auto day = 24h;

/// Stores an error of some days ago.
template <class Store>
void fail(Store& store, const Context& context, const std::string& id, int days) {
  store.store(context, {.id = id, .timestamp = heddle::now() - days * day, .raw_error = "x"});
}

}  // namespace

CONFORMANCE_TEST("errors: an error is removed, with a session or without one, for its tenant only") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "e1", .session_id = "s1", .raw_error = "x"});
  store.store(alice, {.id = "e2", .raw_error = "x"});
  store.store(alice, {.id = "e3", .raw_error = "x"}, {.idempotency_key = "store"});
  store.store(bob, {.id = "e2", .raw_error = "x"});
  CHECK_FALSE(store.remove(bob, "e1"));
  CHECK(store.remove(alice, "e1"));
  CHECK(store.remove(alice, "e2"));
  CHECK_FALSE(store.remove(alice, "e2"));
  CHECK_FALSE(store.get(alice, "e2").has_value());
  CHECK(ids(store, alice) == Ids{"e3"});
  CHECK(ids(store, bob) == Ids{"e2"});
  CHECK(code_of([&] { store.remove(alice, ""); }) == ErrorCode::invalid_argument);

  CHECK(store.remove(alice, "e3", {.idempotency_key = "remove"}));
  CHECK(store.store(alice, {.id = "e3", .raw_error = "x"}, {.idempotency_key = "store"}) == "e3");
  CHECK(ids(store, alice).empty());
  store.store(alice, {.id = "e3", .raw_error = "again"});
  CHECK(store.remove(alice, "e3", {.idempotency_key = "remove"}));
  CHECK(ids(store, alice) == Ids{"e3"});
  CHECK(code_of([&] { store.remove(alice, "e1", {.idempotency_key = "remove"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("errors: a retention removes by age, by number, or by both") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "of a session", .timestamp = heddle::now() - 9 * day, .session_id = "s1"});
  for (int days = 1; days <= 6; ++days) { fail(store, alice, std::to_string(days), days); }
  fail(store, alice, "5 too", 5);
  fail(store, bob, "9", 9);

  CHECK(store.prune(alice, {.older_than = 10 * day}) == 0);
  CHECK(store.prune(alice, {.keep_newest = 8}) == 0);
  CHECK(store.prune(alice, {.older_than = 5 * day + 12h}) == 2);
  CHECK(ids(store, alice) == Ids{"1", "2", "3", "4", "5 too", "5"});
  CHECK(store.prune(alice, {.keep_newest = 5}) == 1);
  CHECK(ids(store, alice) == Ids{"1", "2", "3", "4", "5 too"});
  CHECK(store.prune(alice, {.older_than = 4 * day + 12h, .keep_newest = 5}) == 1);
  CHECK(store.prune(alice, {.older_than = 10 * day, .keep_newest = 3}) == 1);
  CHECK(ids(store, alice) == Ids{"1", "2", "3"});
  CHECK(store.prune(alice, {.older_than = 1 * day + 12h, .keep_newest = 2}) == 2);
  CHECK(ids(store, alice) == Ids{"1"});
  CHECK(store.prune(alice, {.keep_newest = 0}) == 1);
  CHECK(store.prune(alice, {.keep_newest = 0}) == 0);
  CHECK(ids(store, alice).empty());
  CHECK(ids(store, bob) == Ids{"9"});

  // Errors of one time are ordered by their ids.
  for (const char* id : {"a", "b", "c"}) { store.store(alice, {.id = id, .timestamp = Timestamp{} + 1h}); }
  CHECK(store.prune(alice, {.keep_newest = 2}) == 1);
  CHECK(ids(store, alice) == Ids{"c", "b"});
}

CONFORMANCE_TEST("errors: many are removed in steps, and with a key at once") {
  Subject subject;
  auto& store = subject.backend().error_store();
  constexpr int many = 2105;
  const auto fill = [&] {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 5; ++thread) {
      threads.emplace_back([&store, thread] {
        for (int i = thread; i < many; i += 5) { fail(store, alice, std::to_string(i), i % 7 + 1); }
      });
    }
  };
  fill();
  CHECK(store.prune(alice, {.older_than = 100 * day, .keep_newest = 5}) == many - 5);
  CHECK(ids(store, alice).size() == 5);
  CHECK(store.prune(alice, {.keep_newest = 0}) == 5);
  fill();
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.prune(alice, {.older_than = 12h}, once) == many);
  fail(store, alice, "later", 1);
  CHECK(store.prune(alice, {.older_than = 12h}, once) == many);
  CHECK(ids(store, alice) == Ids{"later"});
  CHECK(code_of([&] { store.prune(alice, {.older_than = 13h}, once); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.prune(alice, {.older_than = 12h, .keep_newest = 0}, once); }) ==
        ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("errors: a retention that keeps everything, or makes no sense, is refused") {
  Subject subject;
  auto& store = subject.backend().error_store();
  fail(store, alice, "e1", 1);
  const auto refused = [&](const ErrorRetention& retention) {
    return code_of([&] { store.prune(alice, retention); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({}));
  CHECK(refused({.older_than = -1ms}));
  CHECK(refused({.older_than = std::chrono::milliseconds::max()}));
  CHECK(refused({.keep_newest = -1}));
  CHECK(ids(store, alice) == Ids{"e1"});
  CHECK(store.prune(alice, {.keep_newest = INT64_MAX}) == 0);
  CHECK(store.prune(alice, {.older_than = 24h * 365 * 9000}) == 0);
  CHECK(store.prune(alice.with_timeout(1min), {.older_than = 0ms}) == 1);
}
