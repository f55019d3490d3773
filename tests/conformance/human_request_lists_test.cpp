#include "conformance/human_requests.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// The list of open requests by priority, what a request is about, and the removal of requests.
namespace {

template <class Store>
Ids by_priority(Store& store, const Context& context, std::int64_t limit = 0) {
  return all_ids(limit, [&](const PageRequest& request) { return store.list_by_priority(context, request); });
}

}  // namespace

CONFORMANCE_TEST("human requests: open requests are listed by priority, then oldest first, then by id") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const Timestamp first{std::chrono::sys_days(std::chrono::year(1) / 1 / 1)};
  const Timestamp last{std::chrono::sys_days(std::chrono::year(9999) / 12 / 31)};
  const auto ask = [&](const std::string& id, RequestPriority priority, Timestamp at) {
    store.store(alice, {.id = id, .question = "?", .priority = priority, .created_at = at});
  };
  ask("low first", RequestPriority::low, first);
  ask("low last", RequestPriority::low, last);
  ask("normal b", RequestPriority::normal, leap_day);
  ask("normal a", RequestPriority::normal, leap_day);
  ask("normal first", RequestPriority::normal, first);
  ask("normal last", RequestPriority::normal, last);
  ask("high last", RequestPriority::high, last);
  ask("high first", RequestPriority::high, first);
  ask("critical last", RequestPriority::critical, last);
  ask("critical", RequestPriority::critical, leap_day);
  ask("answered", RequestPriority::critical, first);
  store.respond(alice, "answered", yes);
  ask("cancelled", RequestPriority::critical, first);
  store.cancel(alice, "cancelled");
  store.store(alice, expired("over"));
  store.store(bob, {.id = "bob's", .question = "?", .priority = RequestPriority::critical});
  const Ids expected{"critical", "critical last", "high first",  "high last", "normal first",
                     "normal a", "normal b",      "normal last", "low first", "low last"};
  for (const std::int64_t limit : {0, 1, 2, 3, 9, 10, 11}) { CHECK(by_priority(store, alice, limit) == expected); }
  CHECK(by_priority(store, bob) == Ids{"bob's"});

  // A change of the priority moves a request.
  CHECK(store.update(alice, {.id = "low last", .question = "?", .priority = RequestPriority::high}));
  CHECK(by_priority(store, alice, 2) == Ids{"critical", "critical last", "high first", "high last", "low last",
                                            "normal first", "normal a", "normal b", "normal last", "low first"});
}

CONFORMANCE_TEST("human requests: the list by priority takes its own cursors only") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (const char* id : {"a", "b", "c"}) { store.store(alice, {.id = id, .question = "?"}); }
  const std::string other = store.list_pending(alice, {.limit = 1}).next;
  const std::string own = store.list_by_priority(alice, {.limit = 1}).next;
  for (const std::string& cursor : {other, std::string("x"), own.substr(0, own.find('.'))}) {
    CHECK(code_of([&] { static_cast<void>(store.list_by_priority(alice, {.cursor = cursor})); }) ==
          ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(store.list_pending(alice, {.cursor = own})); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.list_by_priority(alice, {.limit = -1})); }) ==
        ErrorCode::invalid_argument);
  CHECK(store.list_by_priority(alice, {.cursor = own}).items.size() == 2);
}

CONFORMANCE_TEST("human requests: kind, summary and parameters are kept as they came, and can be updated") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  HumanRequest request{.id = "r1",
                       .question = "may I?",
                       .created_at = leap_day,
                       .kind = "approval",
                       .summary = "drop_table(“users”)",
                       .parameters = {R"({"table" : "users", "big": 12345678901234567890})"}};
  store.store(alice, request, {.idempotency_key = "k"});
  CHECK(store.get(alice, "r1") == request);
  CHECK(store.list_pending(alice).items.front() == request);
  CHECK(store.list_by_priority(alice).items.front() == request);
  CHECK(store.store(alice, request, {.idempotency_key = "k"}) == "r1");
  // They are part of what the key stands for.
  std::vector<HumanRequest> others(3, request);
  others[0].kind = "question";
  others[1].summary.clear();
  others[2].parameters = {};
  for (const HumanRequest& other : others) {
    CHECK(code_of([&] { store.store(alice, other, {.idempotency_key = "k"}); }) == ErrorCode::invalid_argument);
  }

  // What a model has written may be no JSON.
  request.parameters = {R"({"table": "us)"};
  request.kind = "question";
  request.summary.clear();
  CHECK(store.update(alice, request));
  CHECK(store.get(alice, "r1") == request);
  CHECK_FALSE(store.get(alice, "r1")->parameters.is_json);
  CHECK(store.respond(alice, "r1", yes).parameters == request.parameters);

  // A request without them, as programs of earlier versions store it.
  store.store(alice, {.id = "plain", .question = "?"});
  const HumanRequest plain = store.get(alice, "plain").value();
  CHECK(plain.kind.empty());
  CHECK(plain.summary.empty());
  CHECK(plain.parameters == JsonValue{});
  CHECK(plain.parameters.is_json);
  store.store(alice, {.id = "empty", .question = "?", .parameters = {""}});
  CHECK(store.get(alice, "empty")->parameters.text.empty());

  CHECK(code_of([&] { store.store(alice, {.question = "?", .kind = std::string(256, 'k')}); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.store(alice, {.question = "?", .summary = "\xFF"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.store(alice, {.question = "?", .parameters = {"\xFF"}}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("human requests: a request is removed in any state, for its tenant only") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "open", .question = "?"});
  store.store(alice, {.id = "of a session", .session_id = "s1", .question = "?"});
  store.store(alice, {.id = "answered", .question = "?"});
  store.respond(alice, "answered", yes);
  store.store(alice, expired("over"));
  store.store(bob, {.id = "open", .question = "?"});
  store.store(alice, {.id = "other", .question = "?"});
  CHECK_FALSE(store.remove(bob, "answered"));
  for (const char* id : {"open", "of a session", "answered", "over"}) {
    CHECK(store.remove(alice, id));
    CHECK_FALSE(store.get(alice, id).has_value());
    CHECK_FALSE(store.remove(alice, id));
  }
  CHECK(pending(store, alice) == Ids{"other"});
  CHECK(pending(store, bob) == Ids{"open"});
  CHECK(code_of([&] { store.remove(alice, ""); }) == ErrorCode::invalid_argument);

  // Once: what is stored again under the id stays.
  CHECK(store.remove(alice, "other", {.idempotency_key = "k"}));
  store.store(alice, {.id = "other", .question = "again"});
  CHECK(store.remove(alice, "other", {.idempotency_key = "k"}));
  CHECK(store.get(alice, "other").has_value());
  CHECK(code_of([&] { store.remove(alice, "open", {.idempotency_key = "k"}); }) == ErrorCode::invalid_argument);
}
