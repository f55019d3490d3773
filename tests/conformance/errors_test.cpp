#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/concepts/error_storage.hpp"
#include "heddle/limits.hpp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using namespace std::string_literals;
using support::code_of;

namespace {

/// 2024-02-29 13:05:09.000007 UTC
constexpr Timestamp leap_day = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 13h + 5min + 9s + 7us;

template <class Store>
Ids ids(Store& store, const Context& context, const ErrorFilter& filter = {}, std::int64_t limit = 0) {
  return all_ids(limit, [&](const PageRequest& request) { return store.list(context, filter, request); });
}

bool is_made_id(std::string_view id, std::string_view start) {
  return id.starts_with(start) && id.size() == start.size() + 6 &&
         id.find_first_not_of("0123456789abcdef", start.size()) == std::string_view::npos;
}

}  // namespace

CONFORMANCE_TEST("errors: the store is an ErrorStorage") {
  Subject subject;
  static_assert(ErrorStorage<std::remove_reference_t<decltype(subject.backend().error_store())>>);
}

CONFORMANCE_TEST("errors: a stored error is returned, member by member") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, alice, "s1");
  const StoredError error{"e1", leap_day, "s1", "shell", R"({"code": 7,  "why": "ü"})", "it broke"};
  CHECK(backend.error_store().store(alice, error) == "e1");
  const auto read = backend.error_store().get(alice, "e1");
  REQUIRE(read.has_value());
  CHECK(*read == error);

  const StoredError bare{"e2", leap_day, std::nullopt, "", "null", "-"};
  CHECK(backend.error_store().store(alice, bare) == "e2");
  CHECK(backend.error_store().get(alice, "e2") == bare);
}

CONFORMANCE_TEST("errors: an empty id is generated from the time, in UTC") {
  Subject subject;
  auto& store = subject.backend().error_store();
  const std::string id = store.store(alice, {.timestamp = leap_day, .raw_error = "boom"});
  CHECK(is_made_id(id, "err_20240229_130509_"));
  CHECK(store.get(alice, id).value().timestamp == leap_day);
  CHECK(is_made_id(store.store(alice, {.timestamp = Timestamp(-1us), .raw_error = "boom"}), "err_19691231_235959_"));
  const Timestamp year_7 = std::chrono::sys_days(std::chrono::year(7) / 1 / 2);
  CHECK(is_made_id(store.store(alice, {.timestamp = year_7, .raw_error = "boom"}), "err_00070102_000000_"));
}

CONFORMANCE_TEST("errors: the default time is that of the call") {
  Subject subject;
  auto& store = subject.backend().error_store();
  const Timestamp before = heddle::now();
  const auto read = store.get(alice, store.store(alice, {.raw_error = "boom"})).value();
  CHECK(read.timestamp >= before);
  CHECK(read.timestamp <= heddle::now());
}

CONFORMANCE_TEST("errors: JSON stays byte for byte, other text becomes the message of an object") {
  Subject subject;
  auto& store = subject.backend().error_store();
  const auto kept = [&](const std::string& raw) {
    return store.get(alice, store.store(alice, {.raw_error = raw})).value().raw_error;
  };
  for (const char* json : {R"({"b":1,"a":[1.0,1e2,123456789012345678901234567890]})", " [ ] ", "42", "\"text\"", "null",
                           "true", R"({"a":1,"a":2})", "{\n  \"a\": \"\\u00fc\"\n}\n"}) {
    CHECK(kept(json) == json);
  }
  CHECK(kept("boom") == R"({"message":"boom"})");
  CHECK(kept("") == R"({"message":""})");
  CHECK(kept("say \"no\"\\\n\tüber 😀") == R"({"message":"say \"no\"\\\n\tüber 😀"})");
  CHECK(kept("{\"a\":1} trailing") == R"({"message":"{\"a\":1} trailing"})");
  CHECK(kept("{'a':1}") == R"({"message":"{'a':1}"})");
  CHECK(kept("NaN") == R"({"message":"NaN"})");
  // Valid JSON that no backend could return as JSON: it is an error's text, so no part of it may be lost.
  CHECK(kept(R"({"a":"\u0000"})") == R"({"message":"{\"a\":\"\\u0000\"}"})");
  CHECK(kept(R"(["\ud800"])") == R"({"message":"[\"\\ud800\"]"})");
  const std::string deep = std::string(5000, '[') + std::string(5000, ']');
  CHECK(kept(deep) == R"({"message":")" + deep + "\"}");
}

CONFORMANCE_TEST("errors: the default summary is the first line, at most 100 characters") {
  Subject subject;
  auto& store = subject.backend().error_store();
  const auto summary = [&](const std::string& raw, const std::string& given = {}) {
    return store.get(alice, store.store(alice, {.raw_error = raw, .short_summary = given})).value().short_summary;
  };
  CHECK(summary("boom") == "boom");
  CHECK(summary("first\nsecond") == "first");
  CHECK(summary("first\r\nsecond") == "first");
  CHECK(summary("\n\r\n  first\nsecond") == "  first");
  CHECK(summary("") == "");
  CHECK(summary("\n\n") == "");
  CHECK(summary("{\"a\": 1}") == "{\"a\": 1}");
  CHECK(summary(std::string(100, 'x')) == std::string(100, 'x'));
  CHECK(summary(std::string(101, 'x')) == std::string(100, 'x'));
  // Counts characters, not bytes, and cuts none of them.
  std::string smileys;
  for (int i = 0; i < 101; ++i) { smileys += "😀"; }
  CHECK(summary(smileys) == smileys.substr(0, 400));
  CHECK(summary("x" + smileys) == "x" + smileys.substr(0, 396));
  CHECK(summary("first\nsecond", "mine\nis longer") == "mine\nis longer");
}

CONFORMANCE_TEST("fault 27: a missing error is an empty optional") {
  Subject subject;
  auto& store = subject.backend().error_store();
  CHECK_FALSE(store.get(alice, "err_20240229_130509_000000").has_value());
  CHECK(code_of([&] { static_cast<void>(store.get(alice, "")); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 6: text that a backend would cut or refuse is refused before it is sent") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  const auto refused = [&](const StoredError& error) {
    return code_of([&] { store.store(alice, error); }) == ErrorCode::invalid_argument;
  };
  for (const std::string& bad : {"nul\0byte"s, "half \xc3"s, "surrogate \xed\xa0\x80"s, "overlong \xc0\xaf"s}) {
    CHECK(refused({.id = bad}));
    CHECK(refused({.session_id = bad}));
    CHECK(refused({.tool_name = bad}));
    CHECK(refused({.short_summary = bad}));
    CHECK(code_of([&] { static_cast<void>(store.get(alice, bad)); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { static_cast<void>(store.list(alice, {.session_id = bad})); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { static_cast<void>(store.list(alice, {.tool_name = bad})); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.store(alice, {.raw_error = "x"}, {.idempotency_key = bad}); }) ==
          ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.store(Context::for_user(bad), {.raw_error = "x"}); }) == ErrorCode::invalid_argument);
  }
  CHECK(refused({.id = std::string(heddle::limits::id + 1, 'x')}));
  CHECK(refused({.session_id = std::string(heddle::limits::id + 1, 'x')}));
  CHECK(refused({.session_id = ""}));
  CHECK(refused({.tool_name = std::string(heddle::limits::id + 1, 'x')}));
  CHECK(refused({.raw_error = std::string(heddle::limits::text + 1, 'x')}));
  CHECK(refused({.short_summary = std::string(heddle::limits::name + 1, 'x')}));
  CHECK(refused({.timestamp = Timestamp::max()}));
  CHECK(refused({.timestamp = Timestamp::min()}));
  CHECK(ids(store, alice).empty());

  // A text at the limit is stored whole, also if its JSON form is longer.
  const std::string most(heddle::limits::text, '\n');
  const auto read = store.get(alice, store.store(alice, {.tool_name = std::string(heddle::limits::id, 'x'),
                                                         .raw_error = most,
                                                         .short_summary = std::string(heddle::limits::name, 'x')}));
  CHECK(read.value().raw_error.size() == 2 * most.size() + R"({"message":""})"s.size());
}

CONFORMANCE_TEST("errors: an id in use is refused, and the stored error stays") {
  Subject subject;
  auto& store = subject.backend().error_store();
  store.store(alice, {.id = "e1", .raw_error = "first"});
  CHECK(code_of([&] { store.store(alice, {.id = "e1", .raw_error = "second"}); }) == ErrorCode::already_exists);
  CHECK(store.get(alice, "e1").value().short_summary == "first");
}

CONFORMANCE_TEST("fault 12: an id of one tenant is free for every other tenant") {
  Subject subject;
  auto& store = subject.backend().error_store();
  CHECK(store.store(alice, {.id = "e1", .raw_error = "alice's"}) == "e1");
  CHECK(store.store(bob, {.id = "e1", .raw_error = "bob's"}) == "e1");
  CHECK(store.get(alice, "e1").value().short_summary == "alice's");
  CHECK(store.get(bob, "e1").value().short_summary == "bob's");
}

CONFORMANCE_TEST("errors: no operation accesses another tenant's errors") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  store.store(alice, {.id = "e1", .session_id = "s1", .tool_name = "shell", .raw_error = "alice's"});
  CHECK_FALSE(store.get(bob, "e1").has_value());
  CHECK(ids(store, bob).empty());
  CHECK(ids(store, bob, {.session_id = "s1"}).empty());
  CHECK(ids(store, bob, {.tool_name = "shell"}).empty());
  CHECK(ids(store, alice) == Ids{"e1"});
}

CONFORMANCE_TEST("fault 11: an error belongs to a session of its own tenant only") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  // The same for both: it must not reveal which ids another tenant uses.
  for (const std::string id : {"s1", "s2"}) {
    const auto error = support::error_of([&] { store.store(bob, {.session_id = id, .raw_error = "x"}); });
    CHECK((error.code() == ErrorCode::not_found && error.what() == "the session \"" + id + "\" does not exist"));
  }
  CHECK(ids(store, bob).empty());
  CHECK(ids(store, alice).empty());
}

CONFORMANCE_TEST("errors: deleting a session removes its errors, others stay") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  add_session(backend, alice, "s2");
  store.store(alice, {.id = "e1", .session_id = "s1", .raw_error = "x"});
  store.store(alice, {.id = "e2", .session_id = "s2", .raw_error = "x"});
  store.store(alice, {.id = "e3", .raw_error = "x"});
  CHECK(backend.session_storage().delete_session(alice, "s1"));
  CHECK_FALSE(store.get(alice, "e1").has_value());
  const Ids left = ids(store, alice);
  CHECK(std::set(left.begin(), left.end()) == std::set<std::string>{"e2", "e3"});
}

CONFORMANCE_TEST("errors: session, tool and time restrict a list, newest first") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  add_session(backend, alice, "s2");
  const auto put = [&](const char* id, std::chrono::seconds at, std::optional<std::string> session, const char* tool) {
    store.store(alice, {id, leap_day + at, std::move(session), tool, "x", {}});
  };
  put("a", 1s, "s1", "shell");
  put("b", 2s, "s2", "shell");
  put("c", 3s, "s1", "web");
  put("d", 4s, std::nullopt, "web");
  put("e", 5s, "s1", "shell");

  CHECK(ids(store, alice) == Ids{"e", "d", "c", "b", "a"});
  CHECK(ids(store, alice, {.session_id = "s1"}) == Ids{"e", "c", "a"});
  CHECK(ids(store, alice, {.session_id = "s3"}).empty());
  CHECK(ids(store, alice, {.tool_name = "web"}) == Ids{"d", "c"});
  CHECK(ids(store, alice, {.tool_name = "we"}).empty());
  CHECK(ids(store, alice, {.session_id = "s1", .tool_name = "shell"}) == Ids{"e", "a"});
  // `from` belongs to the range, `until` does not.
  CHECK(ids(store, alice, {.from = leap_day + 2s}) == Ids{"e", "d", "c", "b"});
  CHECK(ids(store, alice, {.until = leap_day + 2s}) == Ids{"a"});
  CHECK(ids(store, alice, {.from = leap_day + 2s, .until = leap_day + 4s}) == Ids{"c", "b"});
  CHECK(ids(store, alice, {.tool_name = "shell", .from = leap_day + 2s, .until = leap_day + 5s}) == Ids{"b"});
  CHECK(ids(store, alice, {.session_id = "s1", .from = leap_day + 3s, .until = leap_day + 5s}) == Ids{"c"});
  CHECK(ids(store, alice, {.from = leap_day + 4s, .until = leap_day + 2s}).empty());
  CHECK(ids(store, alice, {.from = Timestamp::min(), .until = Timestamp::max()}).size() == 5);
}

CONFORMANCE_TEST("fault 8: pages neither miss nor repeat errors with the same time") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  std::set<std::string> stored;
  for (int i = 0; i < 250; ++i) {
    // Five times, fifty errors each.
    stored.insert(store.store(alice, {.timestamp = leap_day + std::chrono::seconds(i % 5),
                                      .session_id = "s1",
                                      .tool_name = "shell",
                                      .raw_error = "x"}));
  }
  REQUIRE(stored.size() == 250);
  const Ids all = ids(store, alice);
  CHECK(std::set(all.begin(), all.end()) == stored);
  CHECK(all.size() == 250);
  for (const std::int64_t limit : {1, 7, 50, 249, 250, 10000}) {
    CHECK(ids(store, alice, {}, limit) == all);
    CHECK(ids(store, alice, {.session_id = "s1"}, limit) == all);
    CHECK(ids(store, alice, {.tool_name = "shell"}, limit) == all);
  }
  const Ids late = ids(store, alice, {.from = leap_day + 1s, .until = leap_day + 3s}, 7);
  CHECK(late == Ids(all.begin() + 100, all.begin() + 200));

  // An error that is stored meanwhile with an older time does not disturb; one with a newer time is not returned.
  const auto first = store.list(alice, {}, {10, {}});
  store.store(alice, {.id = "new", .timestamp = leap_day + 1h, .raw_error = "x"});
  const auto second = store.list(alice, {}, {10, first.next});
  CHECK(second.items.front().id == all[10]);
}

CONFORMANCE_TEST("fault 29: no list of errors is without a limit") {
  Subject subject;
  auto& store = subject.backend().error_store();
  for (int i = 0; i < 101; ++i) { store.store(alice, {.raw_error = "x"}); }
  const auto page = store.list(alice);
  CHECK(page.items.size() == 100);
  CHECK_FALSE(page.next.empty());
  const auto list = [&](const PageRequest& request) {
    return code_of([&] { static_cast<void>(store.list(alice, {}, request)); });
  };
  CHECK(list({-1, {}}) == ErrorCode::invalid_argument);
  CHECK(list({heddle::limits::page + 1, {}}) == ErrorCode::invalid_argument);
  for (const char* position : {"", "12", ".", "x.y", "99999999999999999999.a"}) {
    CHECK(list({0, support::with_position(page.next, position)}) == ErrorCode::invalid_argument);
  }
  CHECK(list({0, "x"}) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 30: an error that is stored again with its key is stored once") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  add_session(backend, alice, "s1");
  const WriteOptions key{.idempotency_key = "k1"};
  const StoredError error{.session_id = "s1", .tool_name = "shell", .raw_error = "boom"};
  const std::string id = store.store(alice, error, key);
  std::this_thread::sleep_for(2ms);
  CHECK(store.store(alice, error, key) == id);
  CHECK(ids(store, alice) == Ids{id});

  StoredError other = error;
  other.raw_error = "bang";
  CHECK(code_of([&] { store.store(alice, other, key); }) == ErrorCode::invalid_argument);
  other = error;
  other.id = "e1";
  CHECK(code_of([&] { store.store(alice, other, key); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { backend.session_storage().save_session(alice, {.id = "s2"}, key); }) ==
        ErrorCode::invalid_argument);
  CHECK(ids(store, alice) == Ids{id});

  // A key belongs to its tenant, is not used by a failed call, and is deleted with its session.
  CHECK(store.store(bob, {.raw_error = "bang"}, key) != id);
  CHECK(code_of([&] { store.store(bob, error, {.idempotency_key = "k2"}); }) == ErrorCode::not_found);
  CHECK_FALSE(store.store(bob, {.raw_error = "bang"}, {.idempotency_key = "k2"}).empty());
  CHECK(backend.session_storage().delete_session(alice, "s1"));
  CHECK_FALSE(store.store(alice, {.raw_error = "another"}, key).empty());
}

CONFORMANCE_TEST("fault 30: of many calls with one key, one stores the error") {
  Subject subject;
  auto& store = subject.backend().error_store();
  std::array<std::string, 8> answers;
  {
    std::vector<std::jthread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back(
          [&store, &answer] { answer = store.store(alice, {.raw_error = "boom"}, {.idempotency_key = "k1"}); });
    }
  }
  CHECK(ids(store, alice) == Ids{answers[0]});
  for (const std::string& answer : answers) { CHECK(answer == answers[0]); }
}

CONFORMANCE_TEST("errors: many threads store at once") {
  Subject subject;
  auto& store = subject.backend().error_store();
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&store] {
        for (int each = 0; each < 25; ++each) { store.store(alice, {.timestamp = leap_day, .raw_error = "x"}); }
      });
    }
  }
  const Ids all = ids(store, alice);
  CHECK(all.size() == 200);
  CHECK(std::set(all.begin(), all.end()).size() == 200);
}

CONFORMANCE_TEST("errors: a call whose context is over stores nothing") {
  Subject subject;
  auto& store = subject.backend().error_store();
  std::stop_source stop;
  stop.request_stop();
  const Context late = alice.with_timeout(-1s);
  const Context stopped = alice.with_stop(stop.get_token());
  CHECK(code_of([&] { store.store(late, {.raw_error = "x"}); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { store.store(stopped, {.raw_error = "x"}); }) == ErrorCode::cancelled);
  CHECK(code_of([&] { static_cast<void>(store.get(late, "e1")); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { static_cast<void>(store.list(stopped)); }) == ErrorCode::cancelled);
  CHECK(ids(store, alice).empty());
}

CONFORMANCE_TEST("errors: after closing every operation fails") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.error_store();
  backend.close();
  CHECK(code_of([&] { store.store(alice, {.raw_error = "x"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.get(alice, "e1")); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.list(alice)); }) == ErrorCode::failed_precondition);
}
