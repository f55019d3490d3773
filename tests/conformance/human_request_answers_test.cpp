#include "conformance/human_requests.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using namespace std::string_literals;
using support::code_of;

/// Responses, timeouts, and calls that wait for either.
namespace {

/// Long enough for any machine, short enough to end a test that hangs.
constexpr auto long_time = 2min;

/// Waits on another thread; with a deadline, so that a failing test does not hang.
template <class Store>
std::future<HumanRequest> wait_for(Store& store, const Context& context, const std::string& id) {
  return std::async(std::launch::async,
                    [&store, context = context.with_timeout(2 * long_time), id] { return store.wait(context, id); });
}

/// Returns true if the waiting thread has returned with an answer or an error.
bool has_come_back(const std::future<HumanRequest>& waiting, std::chrono::milliseconds within = long_time) {
  return waiting.wait_for(within) == std::future_status::ready;
}

}  // namespace

CONFORMANCE_TEST("human requests: a settled or timed-out request does not change") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "answered", .question = "?"});
  const HumanRequest answered = store.respond(alice, "answered", yes);
  store.store(alice, expired("over"));
  store.store(alice, expired("written"));
  for (const char* id : {"answered", "over", "written"}) {
    CHECK(code_of([&] { store.update(alice, {.id = id, .question = "other"}); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { store.respond(alice, id, no); }) == ErrorCode::failed_precondition);
    if (id == "over"s) { CHECK(store.expire(alice) == 2); }
  }
  CHECK(store.get(alice, "answered") == answered);
  CHECK(store.get(alice, "over").value().question == "still there?");
  CHECK(store.get(alice, "over").value().responded_by.empty());
}

CONFORMANCE_TEST("human requests: a response settles a request and returns it") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (const RequestStatus status : {RequestStatus::approved, RequestStatus::rejected, RequestStatus::responded}) {
    const std::string id = store.store(alice, {.agent_id = "builder", .question = "?", .timeout_ms = 3600s});
    HumanRequest expected = store.get(alice, id).value();
    const Timestamp before = heddle::now();
    const HumanRequest settled = store.respond(alice, id, {status, "because", {R"({ "n": 1 })"}, "eve"});
    REQUIRE(settled.responded_at.has_value());
    CHECK(*settled.responded_at >= before);
    CHECK(*settled.responded_at <= heddle::now());
    expected.status = status;
    expected.response = "because";
    expected.response_data = {R"({ "n": 1 })"};
    expected.responded_by = "eve";
    expected.responded_at = settled.responded_at;
    CHECK(settled == expected);
    CHECK(store.get(alice, id) == expected);
  }
  CHECK(pending(store, alice).empty());
  store.store(alice, {.id = "r1", .question = "?"});
  for (const RequestStatus status : {RequestStatus::pending, RequestStatus::timeout, static_cast<RequestStatus>(9)}) {
    CHECK(code_of([&] { store.respond(alice, "r1", {.status = status}); }) == ErrorCode::invalid_argument);
  }
  CHECK(pending(store, alice) == Ids{"r1"});
}

CONFORMANCE_TEST("fault 28: of many concurrent reviewers exactly one succeeds") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 20; ++round) {
    const std::string id = store.store(alice, {.question = "?"});
    std::array<std::optional<HumanRequest>, 8> wins;
    std::atomic<int> refused{0};
    std::atomic<int> ready{0};
    {
      std::vector<std::jthread> reviewers;
      for (std::size_t i = 0; i < wins.size(); ++i) {
        reviewers.emplace_back([&, i] {
          ++ready;
          while (ready < static_cast<int>(wins.size())) { std::this_thread::yield(); }
          try {
            wins[i] = store.respond(alice, id, {.response = std::to_string(i), .responded_by = "eve"});
          } catch (const heddle::Error& error) {
            if (error.code() == ErrorCode::failed_precondition) { ++refused; }
          }
        });
      }
    }
    CHECK(refused == static_cast<int>(wins.size()) - 1);
    const auto winner = std::find_if(wins.begin(), wins.end(), [](const auto& win) { return win.has_value(); });
    REQUIRE(winner != wins.end());
    CHECK(store.get(alice, id) == **winner);
    CHECK((*winner)->response == std::to_string(winner - wins.begin()));
  }
}

CONFORMANCE_TEST("fault 28: a request past its timeout is not pending, whether or not that was stored") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  HumanRequest over = expired("over");
  over.session_id = "s1";
  store.store(alice, over);
  store.store(alice, expired("over too"));
  store.store(alice, {.id = "open", .session_id = "s1", .question = "?", .timeout_ms = 3600s});
  store.store(alice, {.id = "for ever", .session_id = "s1", .question = "?", .created_at = leap_day});
  store.store(bob, expired("over"));
  const auto look = [&] {
    CHECK(store.get(alice, "over").value().status == RequestStatus::timeout);
    CHECK(store.get(alice, "for ever").value().status == RequestStatus::pending);
    CHECK(pending(store, alice) == Ids{"for ever", "open"});
    for (const HumanRequest& each : store.list_by_session(alice, "s1").items) {
      CHECK(each.status == (each.id == "over" ? RequestStatus::timeout : RequestStatus::pending));
    }
    CHECK_FALSE(store.get(alice, "over").value().responded_at.has_value());
  };
  look();
  CHECK(store.expire(alice) == 2);
  look();
  CHECK(store.expire(alice) == 0);
  CHECK(store.get(bob, "over").value().status == RequestStatus::timeout);
  CHECK(store.expire(bob) == 1);
}

CONFORMANCE_TEST("human requests: a request ends by itself at its timeout") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const std::string id = store.store(alice, {.question = "?", .timeout_ms = 300ms});
  const HumanRequest asked = store.get(alice, id).value();
  if (heddle::now() < asked.created_at + 250ms) { CHECK(asked.status == RequestStatus::pending); }
  while (heddle::now() < asked.expires_at) { std::this_thread::sleep_for(5ms); }
  CHECK(store.get(alice, id).value().status == RequestStatus::timeout);
  CHECK(pending(store, alice).empty());
  CHECK(code_of([&] { store.respond(alice, id, yes); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("human requests: waiting for a settled request returns at once") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  const HumanRequest settled = store.respond(alice, "r1", yes);
  CHECK(store.wait(alice, "r1") == settled);
  store.store(alice, expired("r2"));
  CHECK(store.wait(alice, "r2").status == RequestStatus::timeout);
  CHECK(store.expire(alice) == 0);
}

CONFORMANCE_TEST("fault 28: a waiting agent wakes up with the answer") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 9; ++round) {
    const std::string id = store.store(alice, {.question = "?"});
    auto first = wait_for(store, alice, id);
    auto second = wait_for(store, alice, id);
    CHECK_FALSE(has_come_back(first, 10ms));
    const HumanRequest settled = store.respond(alice, id, yes);
    REQUIRE(has_come_back(first));
    CHECK(first.get() == settled);
    CHECK(second.get() == settled);
  }
}

CONFORMANCE_TEST("human requests: a waiting agent is not woken by the answer to another request") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?"});
  store.store(bob, {.id = "r1", .question = "?"});
  auto waiting = wait_for(store, alice, "r1");
  store.respond(alice, "r2", no);
  store.respond(bob, "r1", no);
  CHECK_FALSE(has_come_back(waiting, 150ms));
  store.respond(alice, "r1", yes);
  CHECK(waiting.get().responded_by == "eve");
}

CONFORMANCE_TEST("fault 28: waiting ends at the timeout of the request, which is final") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const std::string id = store.store(alice, {.question = "?", .timeout_ms = 50ms});
  const HumanRequest ended = store.wait(alice, id);
  CHECK(ended.status == RequestStatus::timeout);
  CHECK(heddle::now() >= ended.expires_at);
  CHECK(store.get(alice, id) == ended);
  // The timeout was stored: nothing is left to expire.
  CHECK(store.expire(alice) == 0);

  // An update can shorten or extend the timeout.
  const std::string other = store.store(alice, {.question = "?", .timeout_ms = 3600s});
  auto waiting = wait_for(store, alice, other);
  CHECK_FALSE(has_come_back(waiting, 20ms));
  CHECK(store.update(alice, {.id = other, .question = "?", .timeout_ms = 1ms}));
  CHECK(waiting.get().status == RequestStatus::timeout);
}

CONFORMANCE_TEST("fault 28: an answer at the last moment and the result of waiting never contradict each other") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 20; ++round) {
    const std::string id = store.store(alice, {.question = "?", .timeout_ms = 20ms});
    auto waiting = wait_for(store, alice, id);
    const Timestamp end = store.get(alice, id).value().expires_at.value();
    while (heddle::now() < end - 300us) { std::this_thread::yield(); }
    bool won = false;
    try {
      store.respond(alice, id, yes);
      won = true;
    } catch (const heddle::Error& error) { CHECK(error.code() == ErrorCode::failed_precondition); }
    CHECK(waiting.get().status == (won ? RequestStatus::approved : RequestStatus::timeout));
  }
}

CONFORMANCE_TEST("human requests: waiting ends with the call's deadline or stop, and with the request's session") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "r1", .session_id = "s1", .question = "?"});
  CHECK(code_of([&] { static_cast<void>(store.wait(alice.with_timeout(30ms), "r1")); }) ==
        ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { static_cast<void>(store.wait(alice.with_timeout(-1s), "r1")); }) == ErrorCode::deadline_exceeded);

  std::stop_source stop;
  auto stopped = wait_for(store, alice.with_stop(stop.get_token()), "r1");
  CHECK_FALSE(has_come_back(stopped, 20ms));
  stop.request_stop();
  CHECK(code_of([&] { stopped.get(); }) == ErrorCode::cancelled);

  auto orphaned = wait_for(store, alice, "r1");
  CHECK_FALSE(has_come_back(orphaned, 20ms));
  CHECK(backend.session_storage().delete_session(alice, "s1"));
  CHECK(code_of([&] { orphaned.get(); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("human requests: closing ends calls that wait, and does not hang") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?", .timeout_ms = 3600s});
  auto first = wait_for(store, alice, "r1");
  auto second = wait_for(store, alice.with_timeout(3600s), "r2");
  CHECK_FALSE(has_come_back(first, 20ms));
  backend.close();
  CHECK(code_of([&] { first.get(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { second.get(); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("fault 30: every write of a human request that is repeated with its key is done once") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  const auto misused = [](auto&& action) { return code_of(action) == ErrorCode::invalid_argument; };

  const HumanRequest request{.session_id = "s1", .question = "?", .timeout_ms = 3600s};
  const std::string id = store.store(alice, request, {.idempotency_key = "store"});
  CHECK(store.store(alice, request, {.idempotency_key = "store"}) == id);
  CHECK(pending(store, alice) == Ids{id});
  CHECK(misused([&] { store.store(alice, {.session_id = "s1", .question = "!"}, {.idempotency_key = "store"}); }));
  CHECK(misused([&] { store.respond(alice, id, yes, {.idempotency_key = "store"}); }));
  CHECK(store.store(bob, {.question = "!"}, {.idempotency_key = "store"}) != id);

  HumanRequest change{.id = id, .question = "really?"};
  CHECK(store.update(alice, change, {.idempotency_key = "update"}));
  CHECK(store.update(alice, {.id = id, .question = "sure?"}));
  CHECK(store.update(alice, change, {.idempotency_key = "update"}));
  CHECK(store.get(alice, id).value().question == "sure?");
  change.priority = RequestPriority::high;
  CHECK(misused([&] { store.update(alice, change, {.idempotency_key = "update"}); }));
  CHECK_FALSE(store.update(alice, {.id = "r2", .question = "?"}, {.idempotency_key = "update none"}));
  store.store(alice, {.id = "r2", .question = "here now"});
  CHECK_FALSE(store.update(alice, {.id = "r2", .question = "?"}, {.idempotency_key = "update none"}));
  CHECK(store.get(alice, "r2").value().question == "here now");

  const HumanRequest settled = store.respond(alice, id, yes, {.idempotency_key = "respond"});
  std::this_thread::sleep_for(2ms);
  CHECK(store.respond(alice, id, yes, {.idempotency_key = "respond"}) == settled);
  CHECK(misused([&] { store.respond(alice, id, no, {.idempotency_key = "respond"}); }));
  CHECK(misused([&] { store.respond(alice, "r2", yes, {.idempotency_key = "respond"}); }));
  // A key returns its answer only for the same request, and a failed call does not use it.
  CHECK(code_of([&] { store.respond(alice, id, yes, {.idempotency_key = "second"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(store.respond(alice, "r2", no, {.idempotency_key = "second"}).status == RequestStatus::rejected);
  // The update returned while the request was open; its repeat returns the same.
  change.priority = RequestPriority::normal;
  CHECK(store.update(alice, change, {.idempotency_key = "update"}));

  store.store(alice, expired("r3"));
  CHECK(store.expire(alice, {.idempotency_key = "expire"}) == 1);
  store.store(alice, expired("r4"));
  CHECK(store.expire(alice, {.idempotency_key = "expire"}) == 1);
  CHECK(store.expire(alice) == 1);
}

CONFORMANCE_TEST("fault 30: a reviewer who repeats a response with its key succeeds again, also among others") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  std::array<std::optional<HumanRequest>, 8> answers;
  {
    std::vector<std::jthread> threads;
    for (auto& answer : answers) {
      threads.emplace_back([&store, &answer] { answer = store.respond(alice, "r1", yes, {.idempotency_key = "k1"}); });
    }
  }
  for (const auto& answer : answers) { CHECK(answer == answers[0]); }
}
