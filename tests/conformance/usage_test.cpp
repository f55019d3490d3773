#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
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

namespace {

constexpr Timestamp first_day{std::chrono::sys_days{std::chrono::year{2024} / 2 / 28}};
constexpr auto day = std::chrono::days(1);

Message uses(const std::string& model, Timestamp at, const Usage& usage, double cost = 0) {
  Message message{.role = Role::assistant, .content = "x", .timestamp = at, .cost_usd = cost};
  message.model = model;
  message.usage = usage;
  return message;
}

UsageSum sum(std::int64_t messages, const Usage& usage, double cost = 0) {
  UsageSum sum;
  sum.messages = messages;
  sum.usage = usage;
  sum.cost_usd = cost;
  return sum;
}
UsageSum with(UsageSum sum, const std::string& session, const std::string& agent, const std::string& model,
              Timestamp begin) {
  sum.session_id = session;
  sum.agent_id = agent;
  sum.model = model;
  sum.day = begin;
  return sum;
}

/// Three sessions of two agents with messages of two models on three days, one session of another tenant.
template <class Backend>
void fill(Backend& backend) {
  auto& store = backend.session_storage();
  for (const char* id : {"a1", "a2"}) { add_session(backend, alice, id, "a"); }
  add_session(backend, alice, "b1", "b");
  add_session(backend, bob, "a1", "a");
  store.save_message(alice, "a1", uses("big", first_day, {1, 10, 100, 1000, 10000}, 0.5));
  store.save_messages(alice, "a1",
                      std::vector<Message>{uses("big", first_day + 1us, {2, 0, 0, 0, 0}, 0.25), says("no model"),
                                           uses("big", first_day + day - 1us, {3, 0, 0, 0, 0}),
                                           uses("small", first_day + day, {4, 0, 0, 0, 0}),
                                           uses("big", first_day - 1us, {5, 0, 0, 0, 0})});
  store.save_turn(alice, "a2",
                  {.messages = {uses("big", first_day, {6, 0, 0, 0, 0}), uses("", first_day, {7, 0, 0, 0, 0})}});
  store.save_message(alice, "b1", uses("small", first_day + day, {}, 2.0));
  store.save_message(alice, "b1", {.content = "neither", .timestamp = first_day, .token_count = 9, .cost_usd = 8});
  store.save_message(bob, "a1", uses("big", first_day, {1000, 0, 0, 0, 0}));
}

}  // namespace

CONFORMANCE_TEST("usage is summed by session, agent, model and day") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  CHECK(store.usage(alice).items.empty());
  fill(subject.backend());
  CHECK(store.usage(alice).items == std::vector{sum(8, {28, 10, 100, 1000, 10000}, 2.75)});
  CHECK(store.usage(alice, {.by_session = true}).items ==
        std::vector{with(sum(5, {15, 10, 100, 1000, 10000}, 0.75), "a1", "", "", {}),
                    with(sum(2, {13, 0, 0, 0, 0}), "a2", "", "", {}), with(sum(1, {}, 2.0), "b1", "", "", {})});
  CHECK(store.usage(alice, {.by_agent = true}).items ==
        std::vector{with(sum(7, {28, 10, 100, 1000, 10000}, 0.75), "", "a", "", {}),
                    with(sum(1, {}, 2.0), "", "b", "", {})});
  CHECK(store.usage(alice, {.by_model = true}).items ==
        std::vector{with(sum(1, {7, 0, 0, 0, 0}), "", "", "", {}),
                    with(sum(5, {17, 10, 100, 1000, 10000}, 0.75), "", "", "big", {}),
                    with(sum(2, {4, 0, 0, 0, 0}, 2.0), "", "", "small", {})});
  CHECK(store.usage(alice, {.by_day = true}).items ==
        std::vector{with(sum(1, {5, 0, 0, 0, 0}), "", "", "", first_day - day),
                    with(sum(5, {19, 10, 100, 1000, 10000}, 0.75), "", "", "", first_day),
                    with(sum(2, {4, 0, 0, 0, 0}, 2.0), "", "", "", first_day + day)});
  const UsageQuery all{.by_session = true, .by_agent = true, .by_model = true, .by_day = true};
  const std::vector<UsageSum> finest{with(sum(1, {5, 0, 0, 0, 0}), "a1", "a", "big", first_day - day),
                                     with(sum(3, {6, 10, 100, 1000, 10000}, 0.75), "a1", "a", "big", first_day),
                                     with(sum(1, {7, 0, 0, 0, 0}), "a2", "a", "", first_day),
                                     with(sum(1, {6, 0, 0, 0, 0}), "a2", "a", "big", first_day),
                                     with(sum(1, {4, 0, 0, 0, 0}), "a1", "a", "small", first_day + day),
                                     with(sum(1, {}, 2.0), "b1", "b", "small", first_day + day)};
  for (const std::int64_t limit : {1, 2, 5, 6, 0}) {
    CHECK(all_pages(limit, [&](const PageRequest& page) { return store.usage(alice, all, page); }) == finest);
  }
  CHECK(store.usage(bob).items == std::vector{sum(1, {1000, 0, 0, 0, 0})});
}

CONFORMANCE_TEST("sums of usage are of one session, agent or model, and of days") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  fill(subject.backend());
  const auto tokens = [&](const UsageQuery& query) {
    const auto sums = store.usage(alice, query).items;
    return sums.empty() ? -1 : sums.front().usage.input_tokens;
  };
  CHECK(tokens({.session_id = "a1"}) == 15);
  CHECK(tokens({.session_id = "a1", .agent_id = "a"}) == 15);
  CHECK(tokens({.session_id = "a1", .agent_id = "b"}) == -1);
  CHECK(tokens({.session_id = "none"}) == -1);
  CHECK(tokens({.agent_id = "a"}) == 28);
  CHECK(tokens({.agent_id = "none"}) == -1);
  CHECK(tokens({.model = "small"}) == 4);
  CHECK(tokens({.model = ""}) == 7);
  CHECK(tokens({.agent_id = "a", .model = "big"}) == 17);
  CHECK(tokens({.from = first_day}) == 23);
  CHECK(tokens({.from = first_day + 1us}) == 4);
  CHECK(tokens({.until = first_day}) == 5);
  CHECK(tokens({.until = first_day + 1us}) == 24);
  CHECK(tokens({.from = first_day, .until = first_day + day}) == 19);
  CHECK(tokens({.session_id = "a1", .model = "big", .from = first_day}) == 6);
  CHECK(tokens({.from = first_day + 2 * day}) == -1);
  CHECK(code_of([&] { tokens({.session_id = ""}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { tokens({.model = "\xff"}); }) == ErrorCode::invalid_argument);
  const std::string next = store.usage(alice, {.by_model = true}, {.limit = 1}).next;
  CHECK(code_of([&] { static_cast<void>(store.usage(alice, {.by_day = true}, {.cursor = next})); }) ==
        ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("the days of usage are those of UTC, also before 1970, and that of the save") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const std::vector<std::pair<std::int64_t, std::int64_t>> days{{-86'400'000'001, -172'800'000'000},
                                                                {-86'400'000'000, -86'400'000'000},
                                                                {-1, -86'400'000'000},
                                                                {1, 0},
                                                                {86'399'999'999, 0},
                                                                {86'400'000'000, 86'400'000'000}};
  for (const auto& [at, begin] : days) {
    const UsageQuery query{.by_day = true, .model = std::to_string(at)};
    store.save_message(alice, "s", uses(*query.model, Timestamp{std::chrono::microseconds(at)}, {}));
    CHECK(store.usage(alice, query).items.front().day == Timestamp{std::chrono::microseconds(begin)});
  }
  const Timestamp before = now();
  store.save_message(alice, "s", uses("now", {}, {1, 0, 0, 0, 0}));
  const Timestamp saved = store.load_messages(alice, "s").items.back().timestamp;
  const Timestamp begin = store.usage(alice, {.by_day = true, .model = "now"}).items.front().day;
  CHECK(before <= saved);
  CHECK(begin == std::chrono::floor<std::chrono::days>(saved));
}

CONFORMANCE_TEST("a message is in the sums of usage if its write took effect, once") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Message message = uses("m", first_day, {1, 0, 0, 0, 0});
  const AppendOptions once{.idempotency_key = "k"};
  CHECK(store.save_message(alice, "s", message, once) == 1);
  CHECK(store.save_message(alice, "s", message, once) == 1);
  CHECK(code_of([&] { store.save_message(alice, "s", message, {.expected_sequence = 0}); }) == ErrorCode::conflict);
  CHECK(code_of([&] { store.save_message(alice, "none", message); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.save_messages(alice, "none", std::vector{message, message}); }) == ErrorCode::not_found);
  Turn bad{.messages = {message}, .executions = {{.tool_name = "t", .input = "\xff"}}};
  CHECK(code_of([&] { store.save_turn(alice, "s", bad); }) == ErrorCode::invalid_argument);
  CHECK(store.usage(alice).items == std::vector{sum(1, {1, 0, 0, 0, 0})});
  // The totals of the session are what `token_count` and `cost_usd` say.
  CHECK(store.load_session(alice, "s")->total_tokens == 0);
}

CONFORMANCE_TEST("usage goes with its session, and with the session's agent") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  fill(subject.backend());
  store.update_session(alice, "a1", {.agent_id = "b"});
  CHECK(store.usage(alice, {.agent_id = "b"}).items.front().messages == 6);
  CHECK(store.delete_session(alice, "a1"));
  CHECK(store.usage(alice).items == std::vector{sum(3, {13, 0, 0, 0, 0}, 2.0)});
  CHECK(store.usage(bob).items.size() == 1);
  add_session(subject.backend(), alice, "a1");
  CHECK(store.usage(alice, {.session_id = "a1"}).items.empty());
}

CONFORMANCE_TEST("sums of usage are exact, also of many messages at once") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::vector<Message> messages(1000, uses("m", first_day, {limits::tokens, 0, 0, 0, 0}));
  for (std::size_t index = 0; index < messages.size(); ++index) { messages[index].model = std::to_string(index % 7); }
  store.save_messages(alice, "s", messages);
  CHECK(store.usage(alice).items.front().usage.input_tokens == 1000 * limits::tokens);
  CHECK(store.usage(alice, {.by_model = true}).items.size() == 7);
}
