#include "conformance/human_requests.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// Requests that end without an answer, and calls that wait for the first of several.
namespace {

constexpr auto long_time = 2min;

/// Waits on another thread; with a deadline, so that a failing test does not hang.
template <class Store>
std::future<HumanRequest> wait_for(Store& store, const Context& context, const Ids& ids) {
  return std::async(std::launch::async, [&store, context = context.with_timeout(2 * long_time), ids] {
    return store.wait_any(context, ids);
  });
}

bool has_come_back(const std::future<HumanRequest>& waiting, std::chrono::milliseconds within = long_time) {
  return waiting.wait_for(within) == std::future_status::ready;
}

}  // namespace

CONFORMANCE_TEST("human requests: a cancelled request is final, and the call that waits for it returns it") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?", .timeout_ms = 3600s});
  store.store(bob, {.id = "r1", .question = "?"});
  auto waiting = std::async(std::launch::async, [&] { return store.wait(alice.with_timeout(long_time), "r1"); });
  CHECK_FALSE(has_come_back(waiting, 10ms));
  HumanRequest expected = store.get(alice, "r1").value();
  const Timestamp before = heddle::now();
  const HumanRequest cancelled = store.cancel(alice, "r1");
  REQUIRE(cancelled.responded_at.has_value());
  CHECK(*cancelled.responded_at >= before);
  expected.status = RequestStatus::cancelled;
  expected.responded_at = cancelled.responded_at;
  CHECK(cancelled == expected);
  REQUIRE(has_come_back(waiting));
  CHECK(waiting.get() == cancelled);
  CHECK(store.get(alice, "r1") == cancelled);
  CHECK(store.wait(alice, "r1") == cancelled);
  CHECK(pending(store, alice).empty());
  CHECK(pending(store, bob) == Ids{"r1"});

  const auto is_over = [&](auto&& action) { return code_of(action) == ErrorCode::failed_precondition; };
  CHECK(is_over([&] { store.respond(alice, "r1", yes); }));
  CHECK(is_over([&] { store.cancel(alice, "r1"); }));
  CHECK(is_over([&] { store.expire_one(alice, "r1"); }));
  CHECK(is_over([&] { store.update(alice, {.id = "r1", .question = "!"}); }));
  store.store(alice, expired("over"));
  store.store(alice, {.id = "answered", .question = "?"});
  const HumanRequest answered = store.respond(alice, "answered", yes);
  CHECK(is_over([&] { store.cancel(alice, "over"); }));
  CHECK(is_over([&] { store.cancel(alice, "answered"); }));
  CHECK(store.get(alice, "answered") == answered);
  CHECK(code_of([&] { store.cancel(alice, "none"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.cancel(alice, ""); }) == ErrorCode::invalid_argument);
  // It is no answer of a human, and no request is stored with it.
  CHECK(code_of([&] { store.respond(bob, "r1", {.status = RequestStatus::cancelled}); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.store(alice, cancelled); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("human requests: one request can be ended as timed out before its time") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?", .timeout_ms = 3600s});
  store.store(alice, expired("over"));
  auto waiting = wait_for(store, alice, {"r1"});
  CHECK_FALSE(has_come_back(waiting, 10ms));
  HumanRequest expected = store.get(alice, "r1").value();
  expected.status = RequestStatus::timeout;
  CHECK(store.expire_one(alice, "r1") == expected);
  CHECK(waiting.get() == expected);
  CHECK(store.get(alice, "r1") == expected);
  CHECK(pending(store, alice) == Ids{"r2"});
  CHECK(store.expire_one(alice, "r1") == expected);

  const HumanRequest over = store.get(alice, "over").value();
  CHECK(store.expire_one(alice, "over") == over);
  CHECK(store.expire(alice) == 0);
  CHECK(code_of([&] { store.respond(alice, "r1", yes); }) == ErrorCode::failed_precondition);
  store.respond(alice, "r2", yes);
  CHECK(code_of([&] { store.expire_one(alice, "r2"); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { store.expire_one(bob, "r1"); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.expire_one(alice, ""); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("human requests: cancelling and ending one request are done once with a key") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?"});
  const HumanRequest cancelled = store.cancel(alice, "r1", {.idempotency_key = "cancel"});
  std::this_thread::sleep_for(2ms);
  CHECK(store.cancel(alice, "r1", {.idempotency_key = "cancel"}) == cancelled);
  CHECK(code_of([&] { store.cancel(alice, "r2", {.idempotency_key = "cancel"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.expire_one(alice, "r1", {.idempotency_key = "cancel"}); }) == ErrorCode::invalid_argument);
  const HumanRequest ended = store.expire_one(alice, "r2", {.idempotency_key = "expire"});
  CHECK(store.expire_one(alice, "r2", {.idempotency_key = "expire"}) == ended);
  CHECK(code_of([&] { store.expire_one(alice, "r1", {.idempotency_key = "expire"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("human requests: waiting for several returns the first that is no longer open, in the order asked") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (const char* id : {"r1", "r2", "r3", "other"}) { store.store(alice, {.id = id, .question = "?"}); }
  auto waiting = wait_for(store, alice, {"r1", "r2", "r3"});
  CHECK_FALSE(has_come_back(waiting, 10ms));
  store.respond(alice, "other", no);
  CHECK_FALSE(has_come_back(waiting, 150ms));
  const HumanRequest third = store.respond(alice, "r3", yes);
  REQUIRE(has_come_back(waiting));
  CHECK(waiting.get() == third);
  CHECK(store.wait_any(alice, {"r1", "r2", "r3"}) == third);
  const HumanRequest first = store.cancel(alice, "r1");
  CHECK(store.wait_any(alice, {"r3", "r2", "r1"}) == third);
  CHECK(store.wait_any(alice, {"r2", "r1", "r3"}) == first);
  CHECK(store.wait_any(alice, {"r1", "r1"}) == first);

  for (int round = 0; round < 9; ++round) {
    const Ids ids{store.store(alice, {.question = "?"}), store.store(alice, {.question = "?"})};
    auto several = wait_for(store, alice, ids);
    auto one = wait_for(store, alice, {ids[1]});
    const HumanRequest settled = store.respond(alice, ids[1], yes);
    REQUIRE(has_come_back(several));
    CHECK(several.get() == settled);
    CHECK(one.get() == settled);
  }
}

CONFORMANCE_TEST("human requests: waiting for several ends at the first timeout, which is final") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "later", .question = "?", .timeout_ms = 3600s});
  store.store(alice, {.id = "never", .question = "?"});
  store.store(alice, {.id = "soon", .question = "?", .timeout_ms = 50ms});
  const HumanRequest ended = store.wait_any(alice, {"later", "never", "soon"});
  CHECK(ended.id == "soon");
  CHECK(ended.status == RequestStatus::timeout);
  CHECK(heddle::now() >= ended.expires_at);
  CHECK(store.expire(alice) == 0);
}

CONFORMANCE_TEST("human requests: waiting for several ends with the call, with one that is missing, and at close") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?"});
  store.store(bob, {.id = "r3", .question = "?"});
  const auto wait = [&](const Context& context, const Ids& ids) {
    return code_of([&] { static_cast<void>(store.wait_any(context, ids)); });
  };
  CHECK(wait(alice, {}) == ErrorCode::invalid_argument);
  CHECK(wait(alice, {"r1", ""}) == ErrorCode::invalid_argument);
  CHECK(wait(alice, Ids(limits::awaited + 1, "r1")) == ErrorCode::invalid_argument);
  CHECK(wait(alice.with_timeout(30ms), Ids(limits::awaited, "r1")) == ErrorCode::deadline_exceeded);
  CHECK(wait(alice, {"r1", "r3"}) == ErrorCode::not_found);
  CHECK(wait(alice.with_timeout(30ms), {"r1", "r2"}) == ErrorCode::deadline_exceeded);

  std::stop_source stop;
  auto stopped = wait_for(store, alice.with_stop(stop.get_token()), {"r1", "r2"});
  CHECK_FALSE(has_come_back(stopped, 20ms));
  stop.request_stop();
  CHECK(code_of([&] { stopped.get(); }) == ErrorCode::cancelled);

  store.store(alice, {.id = "gone", .question = "?"});
  auto orphaned = wait_for(store, alice, {"r1", "gone"});
  CHECK_FALSE(has_come_back(orphaned, 20ms));
  CHECK(store.remove(alice, "gone"));
  REQUIRE(has_come_back(orphaned));
  CHECK(code_of([&] { orphaned.get(); }) == ErrorCode::not_found);

  auto open = wait_for(store, alice, {"r1", "r2"});
  CHECK_FALSE(has_come_back(open, 20ms));
  backend.close();
  CHECK(code_of([&] { open.get(); }) == ErrorCode::failed_precondition);
}
