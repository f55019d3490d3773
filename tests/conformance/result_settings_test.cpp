#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "conformance/tables.hpp"
#include "heddle/capabilities.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// The quota of results, and their removal by itself.
namespace {

/// The bytes of a stored result with one small row.
constexpr std::int64_t small = 8192;

template <class Store>
std::int64_t stored_bytes(Store& store, const Context& context) {
  std::int64_t bytes = 0;
  for (const ResultMetadata& each : store.list(context).items) { bytes += each.size_bytes; }
  return bytes;
}

}  // namespace

CONFORMANCE_TEST("the stored results of a tenant have at most the bytes of the quota") {
  Subject subject({.results = {.quota_bytes = 3 * small}});
  auto& store = subject.backend().result_store();
  const auto store_one = [&](const Context& context, const std::string& id) {
    return store.store(context, {.id = id, .table = numbers(1)});
  };
  REQUIRE(store_one(alice, "1").size_bytes == small);
  store_one(alice, "2");
  store_one(alice, "3");
  CHECK(code_of([&] { store_one(alice, "4"); }) == ErrorCode::resource_exhausted);
  CHECK(stored_bytes(store, alice) == 3 * small);
  store_one(bob, "1");
  // What a result replaces does not count.
  store_one(alice, "2");
  CHECK(store.remove(alice, "1"));
  ResultWriter writer = store.write(alice, {.id = "4", .table = numbers(1)}, {.idempotency_key = "k"});
  const DataReference written = writer.finish();
  ResultWriter repeated = store.write(alice, {.id = "4", .table = numbers(1)}, {.idempotency_key = "k"});
  CHECK(repeated.finish() == written);
  // A writer can wait for room.
  ResultWriter waiting = store.write(alice, {.id = "5", .table = numbers(1)});
  CHECK(code_of([&] { waiting.finish(); }) == ErrorCode::resource_exhausted);
  CHECK(store.remove(alice, "4"));
  CHECK(waiting.finish().id == "5");
  CHECK(stored_bytes(store, alice) == 3 * small);
  // One that is too large alone.
  const Table large{{"text"}, {{std::string(3 * small, 'x')}}};
  CHECK(code_of([&] { store.store(bob, {.table = large}); }) == ErrorCode::resource_exhausted);
  CHECK(code_of([&] { store.store(bob, {.id = "1", .table = large}); }) == ErrorCode::resource_exhausted);
  CHECK(store.query(bob, "1", "SELECT n FROM result") == numbers(1));
}

CONFORMANCE_TEST("stores at the same time do not pass the quota together") {
  Subject subject({.results = {.quota_bytes = 5 * small}});
  auto& store = subject.backend().result_store();
  std::atomic<int> refused{0};
  std::atomic<int> failed{0};
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < 5; ++i) {
          try {
            store.store(alice, {.table = numbers(1)});
          } catch (const Error& error) { ++(error.code() == ErrorCode::resource_exhausted ? refused : failed); }
        }
      });
    }
  }
  CHECK(refused == 35);
  CHECK(failed == 0);
  CHECK(stored_bytes(store, alice) == 5 * small);
}

CONFORMANCE_TEST("results whose time is over are removed by themselves, of all tenants") {
  Subject subject({.results = {.quota_bytes = small, .cleanup_interval = 1s}});
  auto& backend = subject.backend();
  auto& store = backend.result_store();
  CHECK(detail_report(backend)->details().removes_expired_results);
  // Expired results count until they are removed.
  for (const Context& tenant : {alice, bob}) {
    store.store(tenant, {.id = "r", .table = numbers(1), .time_to_live = 1ms});
  }
  const auto end = std::chrono::steady_clock::now() + 60s;
  for (const Context& tenant : {alice, bob}) {
    for (bool is_stored = false; !is_stored;) {
      REQUIRE(std::chrono::steady_clock::now() < end);
      try {
        store.store(tenant, {.id = "other", .table = numbers(1)});
        is_stored = true;
      } catch (const Error& error) {
        REQUIRE(error.code() == ErrorCode::resource_exhausted);
        std::this_thread::sleep_for(10ms);
      }
    }
    CHECK(store.metadata(tenant, "other").has_value());
  }
}

CONFORMANCE_TEST("nothing is removed by itself if the configuration says so") {
  Subject subject({.results = {.cleanup_interval = 0s}});
  CHECK_FALSE(detail_report(subject.backend())->details().removes_expired_results);
}
