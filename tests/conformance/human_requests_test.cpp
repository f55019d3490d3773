#include "conformance/human_requests.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <type_traits>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::milliseconds;
using support::code_of;

CONFORMANCE_TEST("human requests: the store is a HumanRequestStorage") {
  Subject subject;
  using Store = std::remove_reference_t<decltype(subject.backend().human_request_store())>;
  static_assert(heddle::HumanRequestStorage<Store>);
}

CONFORMANCE_TEST("human requests: a stored request is returned, member by member") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  const Timestamp asked_at = heddle::now() - 5s;
  HumanRequest request{.id = "r1",
                       .agent_id = "builder",
                       .session_id = "s1",
                       .question = "may I drop “users”?",
                       .context = {R"({"table" : "users",  "rows":1e3})"},
                       .request_type = RequestType::decision,
                       .priority = RequestPriority::critical,
                       .timeout_ms = 3600s,
                       .created_at = asked_at};
  CHECK(store.store(alice, request) == "r1");
  request.expires_at = asked_at + 3600s;
  CHECK(store.get(alice, "r1") == request);

  const std::string made = store.store(alice, {.question = "and now?"});
  CHECK(made.size() == 36);
  const HumanRequest read = store.get(alice, made).value();
  CHECK(read.question == "and now?");
  CHECK(read.created_at > asked_at);
  CHECK(read.created_at <= heddle::now());
  CHECK_FALSE(read.expires_at.has_value());
  CHECK_FALSE(read.session_id.has_value());
  CHECK(read.status == RequestStatus::pending);
  // A request that was read can be stored again; `expires_at` is computed anew.
  HumanRequest again = store.get(alice, "r1").value();
  again.id = "r2";
  again.expires_at = leap_day;
  CHECK(store.store(alice, again) == "r2");
  CHECK(store.get(alice, "r2").value().expires_at == asked_at + 3600s);
}

CONFORMANCE_TEST("fault 27: a missing human request is an empty optional") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  CHECK_FALSE(store.get(alice, "r1").has_value());
  CHECK_FALSE(store.update(alice, {.id = "r1", .question = "?"}));
  CHECK(code_of([&] { store.respond(alice, "r1", yes); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(alice, "r1")); }) == ErrorCode::not_found);
  CHECK(store.expire(alice) == 0);
  CHECK(pending(store, alice).empty());
  CHECK(of_session(store, alice, "s1").empty());
}

CONFORMANCE_TEST("human requests: an id in use is refused, and the stored request stays") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "first"});
  CHECK(code_of([&] { store.store(alice, {.id = "r1", .question = "second"}); }) == ErrorCode::already_exists);
  CHECK(store.get(alice, "r1").value().question == "first");
}

CONFORMANCE_TEST("fault 12: an id of a human request is free for every other tenant") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "alice's"});
  store.store(bob, {.id = "r1", .question = "bob's"});
  store.respond(bob, "r1", no);
  CHECK(store.get(alice, "r1").value().question == "alice's");
  CHECK(store.get(alice, "r1").value().status == RequestStatus::pending);
  CHECK(store.get(bob, "r1").value().question == "bob's");
}

CONFORMANCE_TEST("human requests: no operation accesses another tenant's requests") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "r1", .session_id = "s1", .question = "alice's"});
  store.store(alice, expired("r2"));
  CHECK_FALSE(store.get(bob, "r1").has_value());
  CHECK_FALSE(store.update(bob, {.id = "r1", .question = "bob's"}));
  CHECK(pending(store, bob).empty());
  CHECK(of_session(store, bob, "s1").empty());
  CHECK(code_of([&] { store.respond(bob, "r1", yes); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(bob.with_timeout(1min), "r1")); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(bob.with_timeout(1min), "r2")); }) == ErrorCode::not_found);
  CHECK(store.expire(bob) == 0);
  CHECK(store.get(alice, "r1").value().question == "alice's");
  CHECK(store.get(alice, "r1").value().status == RequestStatus::pending);
  CHECK(store.expire(alice) == 1);
}

CONFORMANCE_TEST("fault 11: a human request belongs only to a session of its tenant, and is removed with it") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  for (const std::string session : {"s1", "s2"}) {
    const auto error = support::error_of([&] { store.store(bob, {.session_id = session, .question = "?"}); });
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(error.what() == "the session \"" + session + "\" does not exist");
  }
  store.store(alice, {.id = "r1", .session_id = "s1", .question = "?"});
  store.store(alice, {.id = "r2", .question = "?"});
  CHECK(backend.session_storage().delete_session(alice, "s1"));
  CHECK_FALSE(store.get(alice, "r1").has_value());
  CHECK(pending(store, alice) == Ids{"r2"});
}

CONFORMANCE_TEST("fault 6: text that a backend would cut or refuse is refused, in requests and responses") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(alice, {.id = "r1", .question = "?"});
  const auto is_refused = [](auto&& action) { return code_of(action) == ErrorCode::invalid_argument; };
  const auto refused = [&](HumanRequest request) {
    const bool stored = is_refused([&] { store.store(alice, request); });
    if (request.id.empty()) { request.id = "r1"; }
    return stored && is_refused([&] { store.update(alice, request); });
  };
  const auto response_refused = [&](const HumanResponse& response) {
    return is_refused([&] { store.respond(alice, "r1", response); });
  };
  for (const std::string& bad : {"nul\0byte"s, "half \xc3"s, "surrogate \xed\xa0\x80"s}) {
    CHECK(refused({.id = bad}));
    CHECK(refused({.agent_id = bad}));
    CHECK(refused({.session_id = bad}));
    CHECK(refused({.question = bad}));
    CHECK(refused({.context = {bad}}));
    CHECK(response_refused({.response = bad}));
    CHECK(response_refused({.response_data = {bad}}));
    CHECK(response_refused({.responded_by = bad}));
    CHECK(is_refused([&] { static_cast<void>(store.get(alice, bad)); }));
    CHECK(is_refused([&] { store.respond(alice, bad, yes); }));
    CHECK(is_refused([&] { static_cast<void>(store.wait(alice, bad)); }));
    CHECK(is_refused([&] { static_cast<void>(store.list_by_session(alice, bad)); }));
    CHECK(is_refused([&] { store.respond(alice, "r1", yes, {.idempotency_key = bad}); }));
  }
  for (const char* json : {"", "[]", "null", "{", "{} x", R"({"a":"\u0000"})", R"({"a":"\ud800"})"}) {
    CHECK(refused({.context = {json}}));
    CHECK(response_refused({.response_data = {json}}));
  }
  CHECK(refused({.id = std::string(heddle::limits::id + 1, 'x')}));
  CHECK(refused({.session_id = ""}));
  CHECK(refused({.question = std::string(heddle::limits::text + 1, 'x')}));
  CHECK(refused({.request_type = static_cast<RequestType>(9)}));
  CHECK(refused({.priority = static_cast<RequestPriority>(-1)}));
  CHECK(response_refused({.response = std::string(heddle::limits::text + 1, 'x')}));
  CHECK(is_refused([&] { store.update(alice, {.id = ""}); }));
  CHECK(is_refused([&] { store.respond(alice, "", yes); }));
  CHECK(store.get(alice, "r1").value().status == RequestStatus::pending);
  CHECK(store.get(alice, "r1").value().question == "?");
  CHECK(pending(store, alice) == Ids{"r1"});
}

CONFORMANCE_TEST("fault 26: a timeout of more than 24.8 days works, one beyond the range of times is refused") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const Timestamp at = heddle::now();
  for (const milliseconds timeout :
       {milliseconds(24h * 25), milliseconds(24h * 365 * 1000), milliseconds((1LL << 31) + 1)}) {
    const std::string id = store.store(alice, {.question = "?", .timeout_ms = timeout, .created_at = at});
    const HumanRequest read = store.get(alice, id).value();
    CHECK(read.timeout_ms == timeout);
    CHECK(read.expires_at == at + timeout);
    CHECK(read.status == RequestStatus::pending);
    CHECK(store.respond(alice, id, yes).status == RequestStatus::approved);
  }
  store.store(alice, {.id = "r1", .question = "?"});
  for (const milliseconds timeout :
       {milliseconds(-1), milliseconds::min(), milliseconds::max(), milliseconds::max() / 1000}) {
    CHECK(code_of([&] { store.store(alice, {.question = "?", .timeout_ms = timeout}); }) ==
          ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.update(alice, {.id = "r1", .question = "?", .timeout_ms = timeout}); }) ==
          ErrorCode::invalid_argument);
  }
  for (const Timestamp time : {Timestamp::min(), Timestamp::max()}) {
    CHECK(code_of([&] { store.store(alice, {.question = "?", .created_at = time}); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("human requests: only a response answers a request") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const auto refused = [&](const HumanRequest& request) {
    return code_of([&] { store.store(alice, request); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.status = RequestStatus::approved}));
  CHECK(refused({.status = RequestStatus::timeout}));
  CHECK(refused({.response = "yes"}));
  CHECK(refused({.response_data = {R"({"a":1})"}}));
  CHECK(refused({.responded_at = leap_day}));
  CHECK(refused({.responded_by = "eve"}));
  CHECK(pending(store, alice).empty());
}

CONFORMANCE_TEST("human requests: an update replaces the question's fields and nothing else") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  add_session(backend, alice, "s2");
  const Timestamp asked_at = heddle::now() - 60s;
  store.store(alice, {.id = "r1",
                      .agent_id = "builder",
                      .session_id = "s1",
                      .question = "first?",
                      .timeout_ms = 3600s,
                      .created_at = asked_at});
  HumanRequest other{.id = "r1",
                     .agent_id = "other",
                     .session_id = "s2",
                     .question = "second?",
                     .context = {R"({"n":2})"},
                     .request_type = RequestType::review,
                     .priority = RequestPriority::low,
                     .timeout_ms = 7200s,
                     .created_at = leap_day,
                     .expires_at = leap_day,
                     .status = RequestStatus::approved,
                     .response = "yes",
                     .response_data = {R"({"a":1})"},
                     .responded_at = leap_day,
                     .responded_by = "eve"};
  CHECK(store.update(alice, other));
  HumanRequest expected{.id = "r1",
                        .agent_id = "builder",
                        .session_id = "s1",
                        .question = "second?",
                        .context = {R"({"n":2})"},
                        .request_type = RequestType::review,
                        .priority = RequestPriority::low,
                        .timeout_ms = 7200s,
                        .created_at = asked_at,
                        .expires_at = asked_at + 7200s};
  CHECK(store.get(alice, "r1") == expected);

  other.timeout_ms = 0ms;
  CHECK(store.update(alice, other));
  CHECK_FALSE(store.get(alice, "r1").value().expires_at.has_value());
  // Counted from the creation of the request: a shorter timeout can have passed already.
  other.timeout_ms = 1s;
  CHECK(store.update(alice, other));
  CHECK(store.get(alice, "r1").value().status == RequestStatus::timeout);
  CHECK(code_of([&] { store.update(alice, other); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("fault 8: pages neither miss nor repeat requests with the same time") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  add_session(backend, alice, "s1");
  std::set<std::string> open;
  for (int i = 0; i < 150; ++i) {
    HumanRequest request{.session_id = "s1", .question = "?", .created_at = leap_day + std::chrono::seconds(i % 3)};
    // Every fifth request is past its timeout; the pages of open requests are full nevertheless.
    if (i % 5 == 0) { request.timeout_ms = 1ms; }
    const std::string id = store.store(alice, request);
    if (i % 5 != 0) { open.insert(id); }
  }
  const Ids all_pending = pending(store, alice);
  CHECK(std::set(all_pending.begin(), all_pending.end()) == open);
  CHECK(all_pending.size() == 120);
  CHECK(store.list_pending(alice).items.size() == 100);
  const Ids all = of_session(store, alice, "s1");
  CHECK(all.size() == 150);
  CHECK(std::set(all.begin(), all.end()).size() == 150);
  Timestamp last = Timestamp::max();
  for (const HumanRequest& each : store.list_by_session(alice, "s1", {150, {}}).items) {
    CHECK(each.created_at <= last);
    last = each.created_at;
  }
  last = Timestamp::min();
  for (const HumanRequest& each : store.list_pending(alice, {150, {}}).items) {
    CHECK(each.created_at >= last);
    last = each.created_at;
  }
  for (const std::int64_t limit : {1, 7, 50, 119, 120, 10000}) {
    CHECK(pending(store, alice, limit) == all_pending);
    CHECK(of_session(store, alice, "s1", limit) == all);
  }
}

CONFORMANCE_TEST("fault 29: no list of requests is without a limit") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const auto refused = [&](const PageRequest& request) {
    return code_of([&] { static_cast<void>(store.list_pending(alice, request)); }) == ErrorCode::invalid_argument &&
           code_of([&] { static_cast<void>(store.list_by_session(alice, "s1", request)); }) ==
               ErrorCode::invalid_argument;
  };
  CHECK(refused({-1, {}}));
  CHECK(refused({heddle::limits::page + 1, {}}));
  for (const char* cursor : {"x", ".", "x.y", "1.y", "x.1.y"}) { CHECK(refused({0, cursor})); }
}

CONFORMANCE_TEST("human requests: after closing every operation fails") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  backend.close();
  const auto fails = [](auto&& action) { return code_of(action) == ErrorCode::failed_precondition; };
  CHECK(fails([&] { store.store(alice, {.question = "?"}); }));
  CHECK(fails([&] { static_cast<void>(store.get(alice, "r1")); }));
  CHECK(fails([&] { store.update(alice, {.id = "r1"}); }));
  CHECK(fails([&] { static_cast<void>(store.list_pending(alice)); }));
  CHECK(fails([&] { static_cast<void>(store.list_by_session(alice, "s1")); }));
  CHECK(fails([&] { store.respond(alice, "r1", yes); }));
  CHECK(fails([&] { static_cast<void>(store.wait(alice, "r1")); }));
  CHECK(fails([&] { store.expire(alice); }));
}
