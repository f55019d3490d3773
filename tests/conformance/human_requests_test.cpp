#include "conformance/subjects.hpp"
#include "heddle/concepts/human_request_storage.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using heddle::Context;
using heddle::ErrorCode;
using heddle::HumanRequest;
using heddle::HumanResponse;
using heddle::PageRequest;
using heddle::RequestPriority;
using heddle::RequestStatus;
using heddle::RequestType;
using heddle::Timestamp;
using heddle::WriteOptions;
using support::code_of;
using namespace std::chrono_literals;
using namespace std::string_literals;
using std::chrono::milliseconds;

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

constexpr Timestamp leap_day = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 13h + 7us;
/// Long enough for any machine, short enough for a test that hangs.
constexpr auto long_time = 30s;

const HumanResponse yes{RequestStatus::approved, "go on", {R"({"budget": 3})"}, "eve"};
const HumanResponse no{RequestStatus::rejected, "stop", {}, "mallory"};

template <class Backend>
void save_session(Backend& backend, const Context& context, const std::string& id) {
  backend.session_storage().save_session(context, {.id = id});
}

/// A request whose time was over long ago.
HumanRequest expired(const std::string& id) {
  return {.id = id, .question = "still there?", .timeout_ms = 1ms, .created_at = leap_day};
}

/// The ids of all pages that `list(PageRequest)` answers.
template <class List>
std::vector<std::string> ids(std::int64_t limit, List&& list) {
  std::vector<std::string> all;
  PageRequest request{limit, {}};
  do {
    const auto page = list(request);
    if (limit != 0) { CHECK(page.items.size() <= static_cast<std::size_t>(limit)); }
    for (const HumanRequest& each : page.items) { all.push_back(each.id); }
    request.cursor = page.next;
  } while (!request.cursor.empty());
  return all;
}
template <class Store>
std::vector<std::string> pending(Store& store, const Context& context, std::int64_t limit = 0) {
  return ids(limit, [&](const PageRequest& request) { return store.list_pending(context, request); });
}
template <class Store>
std::vector<std::string> of_session(Store& store, const Context& context, const std::string& session,
                                    std::int64_t limit = 0) {
  return ids(limit, [&](const PageRequest& request) { return store.list_by_session(context, session, request); });
}

/// Waits on another thread; with a deadline, so that a test that fails does not hang.
template <class Store>
std::future<HumanRequest> wait_for(Store& store, const Context& context, const std::string& id) {
  return std::async(std::launch::async,
                    [&store, context = context.with_timeout(2 * long_time), id] { return store.wait(context, id); });
}

/// True if the waiting thread has come back with an answer or an error.
bool has_come_back(const std::future<HumanRequest>& waiting, std::chrono::milliseconds within = long_time) {
  return waiting.wait_for(within) == std::future_status::ready;
}

using Ids = std::vector<std::string>;

}  // namespace

CONFORMANCE_TEST("human requests: the store is a HumanRequestStorage") {
  Subject subject;
  using Store = std::remove_reference_t<decltype(subject.backend().human_request_store())>;
  static_assert(heddle::HumanRequestStorage<Store>);
}

CONFORMANCE_TEST("human requests: what is asked is answered, member by member") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
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
  CHECK(store.store(ada, request) == "r1");
  request.expires_at = asked_at + 3600s;
  CHECK(store.get(ada, "r1") == request);

  const std::string made = store.store(ada, {.question = "and now?"});
  CHECK(made.size() == 36);
  const HumanRequest read = store.get(ada, made).value();
  CHECK(read.question == "and now?");
  CHECK(read.created_at > asked_at);
  CHECK(read.created_at <= heddle::now());
  CHECK_FALSE(read.expires_at.has_value());
  CHECK_FALSE(read.session_id.has_value());
  CHECK(read.status == RequestStatus::pending);
  // It can be asked again as it was read; when it ends is made anew.
  HumanRequest again = store.get(ada, "r1").value();
  again.id = "r2";
  again.expires_at = leap_day;
  CHECK(store.store(ada, again) == "r2");
  CHECK(store.get(ada, "r2").value().expires_at == asked_at + 3600s);
}

CONFORMANCE_TEST("fault 27: a human request that is not there is an empty optional") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  CHECK_FALSE(store.get(ada, "r1").has_value());
  CHECK_FALSE(store.update(ada, {.id = "r1", .question = "?"}));
  CHECK(code_of([&] { store.respond(ada, "r1", yes); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(ada, "r1")); }) == ErrorCode::not_found);
  CHECK(store.expire(ada) == 0);
  CHECK(pending(store, ada).empty());
  CHECK(of_session(store, ada, "s1").empty());
}

CONFORMANCE_TEST("human requests: an id that is taken is refused, and the earlier request stays") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "first"});
  CHECK(code_of([&] { store.store(ada, {.id = "r1", .question = "second"}); }) == ErrorCode::already_exists);
  CHECK(store.get(ada, "r1").value().question == "first");
}

CONFORMANCE_TEST("fault 12: an id of a human request is free for every other tenant") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "ada's"});
  store.store(bob, {.id = "r1", .question = "bob's"});
  store.respond(bob, "r1", no);
  CHECK(store.get(ada, "r1").value().question == "ada's");
  CHECK(store.get(ada, "r1").value().status == RequestStatus::pending);
  CHECK(store.get(bob, "r1").value().question == "bob's");
}

CONFORMANCE_TEST("human requests: no operation reaches another tenant's requests") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  store.store(ada, {.id = "r1", .session_id = "s1", .question = "ada's"});
  store.store(ada, expired("r2"));
  CHECK_FALSE(store.get(bob, "r1").has_value());
  CHECK_FALSE(store.update(bob, {.id = "r1", .question = "bob's"}));
  CHECK(pending(store, bob).empty());
  CHECK(of_session(store, bob, "s1").empty());
  CHECK(code_of([&] { store.respond(bob, "r1", yes); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(bob.with_timeout(1s), "r1")); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(store.wait(bob.with_timeout(1s), "r2")); }) == ErrorCode::not_found);
  CHECK(store.expire(bob) == 0);
  CHECK(store.get(ada, "r1").value().question == "ada's");
  CHECK(store.get(ada, "r1").value().status == RequestStatus::pending);
  CHECK(store.expire(ada) == 1);
}

CONFORMANCE_TEST("fault 11: a human request belongs to a session of its own tenant only, and goes with it") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  for (const char* session : {"s1", "s2"}) {
    const auto error = support::error_of([&] { store.store(bob, {.session_id = session, .question = "?"}); });
    CHECK(error.code() == ErrorCode::not_found);
    CHECK(error.what() == "the session does not exist"s);
  }
  store.store(ada, {.id = "r1", .session_id = "s1", .question = "?"});
  store.store(ada, {.id = "r2", .question = "?"});
  CHECK(backend.session_storage().delete_session(ada, "s1"));
  CHECK_FALSE(store.get(ada, "r1").has_value());
  CHECK(pending(store, ada) == Ids{"r2"});
}

CONFORMANCE_TEST("fault 6: text that a backend would cut or refuse is refused, in requests and responses") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "?"});
  const auto is_refused = [](auto&& action) { return code_of(action) == ErrorCode::invalid_argument; };
  const auto refused = [&](HumanRequest request) {
    const bool stored = is_refused([&] { store.store(ada, request); });
    if (request.id.empty()) { request.id = "r1"; }
    return stored && is_refused([&] { store.update(ada, request); });
  };
  const auto response_refused = [&](const HumanResponse& response) {
    return is_refused([&] { store.respond(ada, "r1", response); });
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
    CHECK(is_refused([&] { static_cast<void>(store.get(ada, bad)); }));
    CHECK(is_refused([&] { store.respond(ada, bad, yes); }));
    CHECK(is_refused([&] { static_cast<void>(store.wait(ada, bad)); }));
    CHECK(is_refused([&] { static_cast<void>(store.list_by_session(ada, bad)); }));
    CHECK(is_refused([&] { store.respond(ada, "r1", yes, {.idempotency_key = bad}); }));
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
  CHECK(is_refused([&] { store.update(ada, {.id = ""}); }));
  CHECK(is_refused([&] { store.respond(ada, "", yes); }));
  CHECK(store.get(ada, "r1").value().status == RequestStatus::pending);
  CHECK(store.get(ada, "r1").value().question == "?");
  CHECK(pending(store, ada) == Ids{"r1"});
}

CONFORMANCE_TEST("fault 26: a timeout of more than 24.8 days works, one that no time can hold is refused") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const Timestamp at = heddle::now();
  for (const milliseconds timeout :
       {milliseconds(24h * 25), milliseconds(24h * 365 * 1000), milliseconds((1LL << 31) + 1)}) {
    const std::string id = store.store(ada, {.question = "?", .timeout_ms = timeout, .created_at = at});
    const HumanRequest read = store.get(ada, id).value();
    CHECK(read.timeout_ms == timeout);
    CHECK(read.expires_at == at + timeout);
    CHECK(read.status == RequestStatus::pending);
    CHECK(store.respond(ada, id, yes).status == RequestStatus::approved);
  }
  store.store(ada, {.id = "r1", .question = "?"});
  for (const milliseconds timeout :
       {milliseconds(-1), milliseconds::min(), milliseconds::max(), milliseconds::max() / 1000}) {
    CHECK(code_of([&] { store.store(ada, {.question = "?", .timeout_ms = timeout}); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.update(ada, {.id = "r1", .question = "?", .timeout_ms = timeout}); }) ==
          ErrorCode::invalid_argument);
  }
  for (const Timestamp time : {Timestamp::min(), Timestamp::max()}) {
    CHECK(code_of([&] { store.store(ada, {.question = "?", .created_at = time}); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("human requests: only a response answers a request") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const auto refused = [&](const HumanRequest& request) {
    return code_of([&] { store.store(ada, request); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.status = RequestStatus::approved}));
  CHECK(refused({.status = RequestStatus::timeout}));
  CHECK(refused({.response = "yes"}));
  CHECK(refused({.response_data = {R"({"a":1})"}}));
  CHECK(refused({.responded_at = leap_day}));
  CHECK(refused({.responded_by = "eve"}));
  CHECK(pending(store, ada).empty());
}

CONFORMANCE_TEST("human requests: an update replaces what is asked, and nothing else") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  save_session(backend, ada, "s2");
  const Timestamp asked_at = heddle::now() - 60s;
  store.store(ada, {.id = "r1",
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
  CHECK(store.update(ada, other));
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
  CHECK(store.get(ada, "r1") == expected);

  other.timeout_ms = 0ms;
  CHECK(store.update(ada, other));
  CHECK_FALSE(store.get(ada, "r1").value().expires_at.has_value());
  // From the time of asking on: a shorter timeout can be over at once.
  other.timeout_ms = 1s;
  CHECK(store.update(ada, other));
  CHECK(store.get(ada, "r1").value().status == RequestStatus::timeout);
  CHECK(code_of([&] { store.update(ada, other); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("human requests: what is settled or over is not changed any more") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "answered", .question = "?"});
  const HumanRequest answered = store.respond(ada, "answered", yes);
  store.store(ada, expired("over"));
  store.store(ada, expired("written"));
  for (const char* id : {"answered", "over", "written"}) {
    CHECK(code_of([&] { store.update(ada, {.id = id, .question = "other"}); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { store.respond(ada, id, no); }) == ErrorCode::failed_precondition);
    if (id == "over"s) { CHECK(store.expire(ada) == 2); }
  }
  CHECK(store.get(ada, "answered") == answered);
  CHECK(store.get(ada, "over").value().question == "still there?");
  CHECK(store.get(ada, "over").value().responded_by.empty());
}

CONFORMANCE_TEST("human requests: a response settles a request and answers it") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (const RequestStatus status : {RequestStatus::approved, RequestStatus::rejected, RequestStatus::responded}) {
    const std::string id = store.store(ada, {.agent_id = "builder", .question = "?", .timeout_ms = 3600s});
    HumanRequest expected = store.get(ada, id).value();
    const Timestamp before = heddle::now();
    const HumanRequest settled = store.respond(ada, id, {status, "because", {R"({ "n": 1 })"}, "eve"});
    REQUIRE(settled.responded_at.has_value());
    CHECK(*settled.responded_at >= before);
    CHECK(*settled.responded_at <= heddle::now());
    expected.status = status;
    expected.response = "because";
    expected.response_data = {R"({ "n": 1 })"};
    expected.responded_by = "eve";
    expected.responded_at = settled.responded_at;
    CHECK(settled == expected);
    CHECK(store.get(ada, id) == expected);
  }
  CHECK(pending(store, ada).empty());
  store.store(ada, {.id = "r1", .question = "?"});
  for (const RequestStatus status : {RequestStatus::pending, RequestStatus::timeout, static_cast<RequestStatus>(9)}) {
    CHECK(code_of([&] { store.respond(ada, "r1", {.status = status}); }) == ErrorCode::invalid_argument);
  }
  CHECK(pending(store, ada) == Ids{"r1"});
}

CONFORMANCE_TEST("fault 28: of many reviewers at once exactly one wins") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 20; ++round) {
    const std::string id = store.store(ada, {.question = "?"});
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
            wins[i] = store.respond(ada, id, {.response = std::to_string(i), .responded_by = "eve"});
          } catch (const heddle::Error& error) {
            if (error.code() == ErrorCode::failed_precondition) { ++refused; }
          }
        });
      }
    }
    CHECK(refused == static_cast<int>(wins.size()) - 1);
    const auto winner = std::find_if(wins.begin(), wins.end(), [](const auto& win) { return win.has_value(); });
    REQUIRE(winner != wins.end());
    CHECK(store.get(ada, id) == **winner);
    CHECK((*winner)->response == std::to_string(winner - wins.begin()));
  }
}

CONFORMANCE_TEST("fault 28: a request whose time is over is not pending, whether or not that was written down") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  HumanRequest over = expired("over");
  over.session_id = "s1";
  store.store(ada, over);
  store.store(ada, expired("over too"));
  store.store(ada, {.id = "open", .session_id = "s1", .question = "?", .timeout_ms = 3600s});
  store.store(ada, {.id = "for ever", .session_id = "s1", .question = "?", .created_at = leap_day});
  store.store(bob, expired("over"));
  const auto look = [&] {
    CHECK(store.get(ada, "over").value().status == RequestStatus::timeout);
    CHECK(store.get(ada, "for ever").value().status == RequestStatus::pending);
    CHECK(pending(store, ada) == Ids{"for ever", "open"});
    for (const HumanRequest& each : store.list_by_session(ada, "s1").items) {
      CHECK(each.status == (each.id == "over" ? RequestStatus::timeout : RequestStatus::pending));
    }
    CHECK_FALSE(store.get(ada, "over").value().responded_at.has_value());
  };
  look();
  CHECK(store.expire(ada) == 2);
  look();
  CHECK(store.expire(ada) == 0);
  CHECK(store.get(bob, "over").value().status == RequestStatus::timeout);
  CHECK(store.expire(bob) == 1);
}

CONFORMANCE_TEST("human requests: a request ends by itself when its time comes") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const std::string id = store.store(ada, {.question = "?", .timeout_ms = 300ms});
  const HumanRequest asked = store.get(ada, id).value();
  if (heddle::now() < asked.created_at + 250ms) { CHECK(asked.status == RequestStatus::pending); }
  while (heddle::now() < asked.expires_at) { std::this_thread::sleep_for(5ms); }
  CHECK(store.get(ada, id).value().status == RequestStatus::timeout);
  CHECK(pending(store, ada).empty());
  CHECK(code_of([&] { store.respond(ada, id, yes); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("human requests: waiting for what is settled answers at once") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "?"});
  const HumanRequest settled = store.respond(ada, "r1", yes);
  CHECK(store.wait(ada, "r1") == settled);
  store.store(ada, expired("r2"));
  CHECK(store.wait(ada, "r2").status == RequestStatus::timeout);
  CHECK(store.expire(ada) == 0);
}

CONFORMANCE_TEST("fault 28: a waiting agent wakes up with the answer") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 9; ++round) {
    const std::string id = store.store(ada, {.question = "?"});
    auto first = wait_for(store, ada, id);
    auto second = wait_for(store, ada, id);
    CHECK_FALSE(has_come_back(first, 10ms));
    const HumanRequest settled = store.respond(ada, id, yes);
    REQUIRE(has_come_back(first));
    CHECK(first.get() == settled);
    CHECK(second.get() == settled);
  }
}

CONFORMANCE_TEST("human requests: a waiting agent is not woken by the answer to another request") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "?"});
  store.store(ada, {.id = "r2", .question = "?"});
  store.store(bob, {.id = "r1", .question = "?"});
  auto waiting = wait_for(store, ada, "r1");
  store.respond(ada, "r2", no);
  store.respond(bob, "r1", no);
  CHECK_FALSE(has_come_back(waiting, 150ms));
  store.respond(ada, "r1", yes);
  CHECK(waiting.get().responded_by == "eve");
}

CONFORMANCE_TEST("fault 28: waiting ends when the time of the request is over, for good") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const std::string id = store.store(ada, {.question = "?", .timeout_ms = 50ms});
  const HumanRequest ended = store.wait(ada, id);
  CHECK(ended.status == RequestStatus::timeout);
  CHECK(heddle::now() >= ended.expires_at);
  CHECK(store.get(ada, id) == ended);
  // It was written: nothing is left to expire.
  CHECK(store.expire(ada) == 0);

  // An update can bring the end nearer, or put it off.
  const std::string other = store.store(ada, {.question = "?", .timeout_ms = 3600s});
  auto waiting = wait_for(store, ada, other);
  CHECK_FALSE(has_come_back(waiting, 20ms));
  CHECK(store.update(ada, {.id = other, .question = "?", .timeout_ms = 1ms}));
  CHECK(waiting.get().status == RequestStatus::timeout);
}

CONFORMANCE_TEST("fault 28: an answer in the last moment and the end of waiting never contradict each other") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  for (int round = 0; round < 20; ++round) {
    const std::string id = store.store(ada, {.question = "?", .timeout_ms = 20ms});
    auto waiting = wait_for(store, ada, id);
    const Timestamp end = store.get(ada, id).value().expires_at.value();
    while (heddle::now() < end - 300us) { std::this_thread::yield(); }
    bool won = false;
    try {
      store.respond(ada, id, yes);
      won = true;
    } catch (const heddle::Error& error) { CHECK(error.code() == ErrorCode::failed_precondition); }
    CHECK(waiting.get().status == (won ? RequestStatus::approved : RequestStatus::timeout));
  }
}

CONFORMANCE_TEST("human requests: waiting ends with the call's deadline or stop, and with the request's session") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  store.store(ada, {.id = "r1", .session_id = "s1", .question = "?"});
  CHECK(code_of([&] { static_cast<void>(store.wait(ada.with_timeout(30ms), "r1")); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { static_cast<void>(store.wait(ada.with_timeout(-1s), "r1")); }) == ErrorCode::deadline_exceeded);

  std::stop_source stop;
  auto stopped = wait_for(store, ada.with_stop(stop.get_token()), "r1");
  CHECK_FALSE(has_come_back(stopped, 20ms));
  stop.request_stop();
  CHECK(code_of([&] { stopped.get(); }) == ErrorCode::cancelled);

  auto orphaned = wait_for(store, ada, "r1");
  CHECK_FALSE(has_come_back(orphaned, 20ms));
  CHECK(backend.session_storage().delete_session(ada, "s1"));
  CHECK(code_of([&] { orphaned.get(); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("human requests: closing does not hang behind those who wait, and ends them") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  store.store(ada, {.id = "r1", .question = "?"});
  store.store(ada, {.id = "r2", .question = "?", .timeout_ms = 3600s});
  auto first = wait_for(store, ada, "r1");
  auto second = wait_for(store, ada.with_timeout(3600s), "r2");
  CHECK_FALSE(has_come_back(first, 20ms));
  backend.close();
  CHECK(code_of([&] { first.get(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { second.get(); }) == ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("human requests: after closing every operation fails") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  backend.close();
  const auto fails = [](auto&& action) { return code_of(action) == ErrorCode::failed_precondition; };
  CHECK(fails([&] { store.store(ada, {.question = "?"}); }));
  CHECK(fails([&] { static_cast<void>(store.get(ada, "r1")); }));
  CHECK(fails([&] { store.update(ada, {.id = "r1"}); }));
  CHECK(fails([&] { static_cast<void>(store.list_pending(ada)); }));
  CHECK(fails([&] { static_cast<void>(store.list_by_session(ada, "s1")); }));
  CHECK(fails([&] { store.respond(ada, "r1", yes); }));
  CHECK(fails([&] { static_cast<void>(store.wait(ada, "r1")); }));
  CHECK(fails([&] { store.expire(ada); }));
}

CONFORMANCE_TEST("fault 30: every write of a human request that is repeated with its key happens once") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  const auto misused = [](auto&& action) { return code_of(action) == ErrorCode::invalid_argument; };

  const HumanRequest request{.session_id = "s1", .question = "?", .timeout_ms = 3600s};
  const std::string id = store.store(ada, request, {.idempotency_key = "store"});
  CHECK(store.store(ada, request, {.idempotency_key = "store"}) == id);
  CHECK(pending(store, ada) == Ids{id});
  CHECK(misused([&] { store.store(ada, {.session_id = "s1", .question = "!"}, {.idempotency_key = "store"}); }));
  CHECK(misused([&] { store.respond(ada, id, yes, {.idempotency_key = "store"}); }));
  CHECK(store.store(bob, {.question = "!"}, {.idempotency_key = "store"}) != id);

  HumanRequest change{.id = id, .question = "really?"};
  CHECK(store.update(ada, change, {.idempotency_key = "update"}));
  CHECK(store.update(ada, {.id = id, .question = "sure?"}));
  CHECK(store.update(ada, change, {.idempotency_key = "update"}));
  CHECK(store.get(ada, id).value().question == "sure?");
  change.priority = RequestPriority::high;
  CHECK(misused([&] { store.update(ada, change, {.idempotency_key = "update"}); }));
  CHECK_FALSE(store.update(ada, {.id = "r2", .question = "?"}, {.idempotency_key = "update none"}));
  store.store(ada, {.id = "r2", .question = "here now"});
  CHECK_FALSE(store.update(ada, {.id = "r2", .question = "?"}, {.idempotency_key = "update none"}));
  CHECK(store.get(ada, "r2").value().question == "here now");

  const HumanRequest settled = store.respond(ada, id, yes, {.idempotency_key = "respond"});
  std::this_thread::sleep_for(2ms);
  CHECK(store.respond(ada, id, yes, {.idempotency_key = "respond"}) == settled);
  CHECK(misused([&] { store.respond(ada, id, no, {.idempotency_key = "respond"}); }));
  CHECK(misused([&] { store.respond(ada, "r2", yes, {.idempotency_key = "respond"}); }));
  // A key does not lend its answer to others, and a failure does not use it up.
  CHECK(code_of([&] { store.respond(ada, id, yes, {.idempotency_key = "second"}); }) == ErrorCode::failed_precondition);
  CHECK(store.respond(ada, "r2", no, {.idempotency_key = "second"}).status == RequestStatus::rejected);
  // The update was answered while the request was open; its repeat is answered still.
  change.priority = RequestPriority::normal;
  CHECK(store.update(ada, change, {.idempotency_key = "update"}));

  store.store(ada, expired("r3"));
  CHECK(store.expire(ada, {.idempotency_key = "expire"}) == 1);
  store.store(ada, expired("r4"));
  CHECK(store.expire(ada, {.idempotency_key = "expire"}) == 1);
  CHECK(store.expire(ada) == 1);

  WriteOptions sequence;
  sequence.expected_sequence = 0;
  CHECK(misused([&] { store.store(ada, request, sequence); }));
  CHECK(misused([&] { store.update(ada, change, sequence); }));
  CHECK(misused([&] { store.respond(ada, id, yes, sequence); }));
  CHECK(misused([&] { store.expire(ada, sequence); }));
}

CONFORMANCE_TEST("fault 30: a reviewer who repeats a response with its key wins again, also beside others") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  store.store(ada, {.id = "r1", .question = "?"});
  std::array<std::optional<HumanRequest>, 8> answers;
  {
    std::vector<std::jthread> threads;
    for (auto& answer : answers) {
      threads.emplace_back([&store, &answer] { answer = store.respond(ada, "r1", yes, {.idempotency_key = "k1"}); });
    }
  }
  for (const auto& answer : answers) { CHECK(answer == answers[0]); }
}

CONFORMANCE_TEST("fault 8: pages of requests of one time neither miss nor repeat one") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.human_request_store();
  save_session(backend, ada, "s1");
  std::set<std::string> open;
  for (int i = 0; i < 150; ++i) {
    HumanRequest request{.session_id = "s1", .question = "?", .created_at = leap_day + std::chrono::seconds(i % 3)};
    // Every fifth one is over: the pages of open requests are full all the same.
    if (i % 5 == 0) { request.timeout_ms = 1ms; }
    const std::string id = store.store(ada, request);
    if (i % 5 != 0) { open.insert(id); }
  }
  const Ids all_pending = pending(store, ada);
  CHECK(std::set(all_pending.begin(), all_pending.end()) == open);
  CHECK(all_pending.size() == 120);
  CHECK(store.list_pending(ada).items.size() == 100);
  const Ids all = of_session(store, ada, "s1");
  CHECK(all.size() == 150);
  CHECK(std::set(all.begin(), all.end()).size() == 150);
  Timestamp last = Timestamp::max();
  for (const HumanRequest& each : store.list_by_session(ada, "s1", {150, {}}).items) {
    CHECK(each.created_at <= last);
    last = each.created_at;
  }
  last = Timestamp::min();
  for (const HumanRequest& each : store.list_pending(ada, {150, {}}).items) {
    CHECK(each.created_at >= last);
    last = each.created_at;
  }
  for (const std::int64_t limit : {1, 7, 50, 119, 120, 10000}) {
    CHECK(pending(store, ada, limit) == all_pending);
    CHECK(of_session(store, ada, "s1", limit) == all);
  }
}

CONFORMANCE_TEST("fault 29: no list of requests is without a limit") {
  Subject subject;
  auto& store = subject.backend().human_request_store();
  const auto refused = [&](const PageRequest& request) {
    return code_of([&] { static_cast<void>(store.list_pending(ada, request)); }) == ErrorCode::invalid_argument &&
           code_of([&] { static_cast<void>(store.list_by_session(ada, "s1", request)); }) ==
               ErrorCode::invalid_argument;
  };
  CHECK(refused({-1, {}}));
  CHECK(refused({heddle::limits::page + 1, {}}));
  for (const char* cursor : {"x", "p", "h12", "p.", "ex.y"}) { CHECK(refused({0, cursor})); }
}
