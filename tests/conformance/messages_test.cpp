#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using support::error_of;

CONFORMANCE_TEST("a message is returned as it was saved, with content blocks and tool calls") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  Message message = full_message();
  CHECK(store.save_message(alice, "s", message) == 1);
  message.session_id = "s";
  message.sequence = 1;
  CHECK(store.load_messages(alice, "s").items == std::vector<Message>{message});
  CHECK(store.load_session(alice, "s")->messages.items == std::vector<Message>{message});
  std::vector<Message> visited;
  CHECK(store.for_each_message(alice, "s", [&](const Message& each) { visited.push_back(each); }) == 1);
  CHECK(visited == std::vector<Message>{message});
}

CONFORMANCE_TEST("fault 8: replay follows the sequence, whatever the timestamps are") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::vector<std::string> in_order;
  for (int index = 0; index < 20; ++index) {
    Message message = says("m" + std::to_string(index));
    message.timestamp = Timestamp{std::chrono::microseconds{5000 - index % 3}};
    CHECK(store.save_message(alice, "s", message) == index + 1);
    in_order.push_back(message.content);
  }
  for (const std::int64_t limit : {1, 3, 19, 20, 21, 0}) {
    const auto all =
        all_pages(limit, [&](const PageRequest& request) { return store.load_messages(alice, "s", request); });
    CHECK(texts(all) == in_order);
    for (std::size_t index = 0; index < all.size(); ++index) {
      CHECK(all[index].sequence == static_cast<std::int64_t>(index) + 1);
    }
  }
  const auto session = store.load_session(alice, "s", {.limit = 8});
  CHECK(session->messages.items.size() == 8);
  const auto rest = store.load_messages(alice, "s", {.cursor = session->messages.next});
  CHECK(rest.items.size() == 12);
  CHECK(rest.items.front().content == "m8");
}

CONFORMANCE_TEST("a message without a timestamp gets the time of its save, in microseconds") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Timestamp before = now();
  store.save_message(alice, "s", says("x"));
  const Timestamp after = now();
  const auto saved = store.load_messages(alice, "s").items.front().timestamp;
  CHECK(saved >= before);
  CHECK(saved <= after);
}

CONFORMANCE_TEST("fault 9: a turn is stored whole or not at all") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  Message call = says("", Role::assistant);
  call.tool_calls = {{"c1", "lookup", {R"({"id": 7})"}, ""}};
  Message result = says("", Role::tool);
  result.tool_use_id = "c1";
  result.tool_result = ToolResult{.success = true, .data = {"[7]"}};
  const ToolExecution execution{.tool_name = "lookup", .input = {R"({"id": 7})"}, .result = *result.tool_result};
  CHECK(store.save_turn(alice, "s", {{call, result}, {execution}}) == SequenceRange{1, 2});

  ToolExecution bad = execution;
  bad.input.text = "\xff";
  CHECK(code_of([&] { store.save_turn(alice, "s", {{call, result}, {bad}}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_turn(alice, "none", {{call, result}, {execution}}); }) == ErrorCode::not_found);
  CHECK(store.load_messages(alice, "s").items.size() == 2);
  CHECK(store.list_tool_executions(alice, "s").items.size() == 1);
  CHECK(store.statistics(alice).messages == 2);
}

CONFORMANCE_TEST("fault 26: tool executions are returned with their times, in the order in which they were stored") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  using namespace std::chrono_literals;
  for (int index = 0; index < 5; ++index) {
    ToolExecution execution{.tool_name = "t" + std::to_string(index), .input = {R"({"a":1.0})"}};
    execution.execution_time_ms = 3000000000ms;
    if (index % 2 == 0) {
      execution.result = ToolResult{.success = true, .data = {"1"}};
    } else {
      execution.error = "failed: \"x\"";
    }
    store.save_tool_execution(alice, "s", execution);
  }
  const auto list =
      all_pages(2, [&](const PageRequest& request) { return store.list_tool_executions(alice, "s", request); });
  REQUIRE(list.size() == 5);
  for (std::size_t index = 0; index < 5; ++index) { CHECK(list[index].tool_name == "t" + std::to_string(index)); }
  CHECK(list[0].result->data.text == "1");
  CHECK(list[1].error == "failed: \"x\"");
  CHECK(list[0].error == std::nullopt);
  CHECK(list[0].execution_time_ms == 3000000000ms);
  CHECK(list[0].session_id == "s");
  CHECK(code_of([&] { store.save_tool_execution(alice, "none", {.tool_name = "t"}); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("fault 30: a repeat with the same idempotency key changes nothing and returns the same") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const AppendOptions once{.idempotency_key = "key-1"};
  CHECK(store.save_message(alice, "s", says("a"), once) == 1);
  CHECK(store.save_message(alice, "s", says("b")) == 2);
  CHECK(store.save_message(alice, "s", says("a"), once) == 1);
  CHECK(texts(store.load_messages(alice, "s").items) == std::vector<std::string>{"a", "b"});

  CHECK(code_of([&] { store.save_message(alice, "s", says("other"), once); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_tool_execution(alice, "s", {.tool_name = "t"}, {once.idempotency_key}); }) ==
        ErrorCode::invalid_argument);

  add_session(subject.backend(), bob, "s");
  CHECK(store.save_message(bob, "s", says("of bob"), once) == 1);

  const std::vector<Message> three{says("c"), says("d"), says("e")};
  CHECK(store.save_messages(alice, "s", three, {.idempotency_key = "key-2"}) == SequenceRange{3, 5});
  CHECK(store.save_messages(alice, "s", three, {.idempotency_key = "key-2"}) == SequenceRange{3, 5});
  const std::string snapshot =
      store.save_snapshot(alice, {.session_id = "s", .content = "x"}, {.idempotency_key = "key-3"});
  CHECK(store.save_snapshot(alice, {.session_id = "s", .content = "x"}, {.idempotency_key = "key-3"}) == snapshot);
  store.save_tool_execution(alice, "s", {.tool_name = "t"}, {.idempotency_key = "key-4"});
  store.save_tool_execution(alice, "s", {.tool_name = "t"}, {.idempotency_key = "key-4"});
  CHECK(store.statistics(alice) == SessionStatistics{1, 5, 1, 0, 0});

  CHECK(store.delete_session(alice, "s", {.idempotency_key = "key-5"}));
  CHECK(store.delete_session(alice, "s", {.idempotency_key = "key-5"}));
  add_session(subject.backend(), alice, "s");
  CHECK(store.save_message(alice, "s", says("a"), once) == 1);
}

CONFORMANCE_TEST("a failed write does not use its idempotency key") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  CHECK(code_of([&] { store.save_message(alice, "s", says("a"), {.idempotency_key = "k"}); }) == ErrorCode::not_found);
  add_session(subject.backend(), alice, "s");
  CHECK(store.save_message(alice, "s", says("a"), {.idempotency_key = "k"}) == 1);
}

CONFORMANCE_TEST("a save with an expected sequence conflicts if another save was faster") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  CHECK(store.save_message(alice, "s", says("a"), {.expected_sequence = 0}) == 1);
  CHECK(code_of([&] { store.save_message(alice, "s", says("b"), {.expected_sequence = 0}); }) == ErrorCode::conflict);
  CHECK(store.save_message(alice, "s", says("b"), {.expected_sequence = 1}) == 2);
  CHECK(code_of([&] { store.save_message(alice, "none", says("b"), {.expected_sequence = 0}); }) ==
        ErrorCode::not_found);
  CHECK(code_of([&] { store.save_message(alice, "s", says("b"), {.expected_sequence = -1}); }) ==
        ErrorCode::invalid_argument);
  CHECK(store.load_messages(alice, "s").items.size() == 2);
}

CONFORMANCE_TEST("an agent's messages are those of its sessions and the visible ones of their parents") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const auto say = [&](const Context& context, const std::string& session, const std::string& text,
                       SessionContext seen) {
    Message message = says(text);
    message.session_context = seen;
    store.save_message(context, session, message);
  };
  store.save_session(alice, {.id = "parent", .agent_id = "lead"});
  store.save_session(alice, {.id = "one", .agent_id = "worker", .parent_session_id = "parent"});
  store.save_session(alice, {.id = "two", .agent_id = "worker", .parent_session_id = "parent"});
  store.save_session(bob, {.id = "one", .agent_id = "worker"});
  say(alice, "two", "2a", SessionContext::direct);
  say(alice, "parent", "secret", SessionContext::direct);
  say(alice, "parent", "plan", SessionContext::coordinator);
  say(alice, "one", "1a", SessionContext::direct);
  say(alice, "parent", "news", SessionContext::shared);
  say(bob, "one", "of bob", SessionContext::shared);
  const std::vector<std::string> expected{"plan", "news", "1a", "2a"};
  for (const std::int64_t limit : {1, 2, 3, 4, 0}) {
    CHECK(texts(all_pages(limit, [&](const PageRequest& request) {
            return store.load_agent_messages(alice, "worker", request);
          })) == expected);
    CHECK(texts(all_pages(limit, [&](const PageRequest& request) {
            return store.load_parent_messages(alice, "one", request);
          })) == std::vector<std::string>{"plan", "news"});
  }
  CHECK(store.load_agent_messages(alice, "worker").items.front().session_id == "parent");
  CHECK(texts(store.load_agent_messages(alice, "lead").items) == std::vector<std::string>{"secret", "plan", "news"});
  CHECK(store.load_parent_messages(alice, "parent").items.empty());
  CHECK(store.load_parent_messages(bob, "one").items.empty());
}

CONFORMANCE_TEST("fault 6: text that a backend could not return is refused before it is sent") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const std::string nul("a\0b", 3);
  for (const std::string& bad : {nul, std::string("\xff"), std::string("\xc0\x80"), std::string("\xed\xa0\x80"),
                                 std::string("\xf4\x90\x80\x80"), std::string("abcdefgh\xe2\x82")}) {
    CHECK(code_of([&] { store.save_message(alice, "s", says(bad)); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.save_message(alice, bad, says("x")); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.save_message(Context::for_user(bad), "s", says("x")); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.save_message(alice, "s", says("x"), {.idempotency_key = bad}); }) ==
          ErrorCode::invalid_argument);
  }
  for (const char* bad :
       {"", "{", "[1]", "1", "{} x", R"({"a":"\u0000"})", R"({"\u0000":1})", R"({"a":"\ud800"})", R"({"a":"\udc00"})",
        "{'a':1}", R"({"a":01})", R"({"a":1,})", R"({"a":1e400})", "{\"a\":\"\xff\"}", "nan"}) {
    CHECK(code_of([&] { store.save_session(alice, {.id = "t", .context = {bad}}); }) == ErrorCode::invalid_argument);
  }
  const std::string deep = R"({"a":)" + std::string(2000, '[') + std::string(2000, ']') + "}";
  CHECK(code_of([&] { store.save_session(alice, {.id = "t", .context = deep}); }) == ErrorCode::invalid_argument);
  Message costly = says("x");
  costly.cost_usd = std::numeric_limits<double>::quiet_NaN();
  CHECK(code_of([&] { store.save_message(alice, "s", costly); }) == ErrorCode::invalid_argument);
  costly.cost_usd = 1e300;
  CHECK(code_of([&] { store.save_message(alice, "s", costly); }) == ErrorCode::invalid_argument);
  for (const std::int64_t tokens : {std::int64_t{-1}, std::numeric_limits<std::int64_t>::max()}) {
    CHECK(code_of([&] { store.save_message(alice, "s", {.token_count = tokens}); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.save_session(alice, {.id = "t", .total_tokens = tokens}); }) ==
          ErrorCode::invalid_argument);
  }
  Message nobody = says("x");
  nobody.role = static_cast<Role>(9);
  CHECK(code_of([&] { store.save_message(alice, "s", nobody); }) == ErrorCode::invalid_argument);
  CHECK(store.load_messages(alice, "s").items.empty());

  Message second = says("x");
  second.tool_calls = {{"c", "t", {"{}"}, ""}, {"d", "t", {"[\xff]"}, ""}};
  const Error place = error_of([&] { store.save_messages(alice, "s", std::vector<Message>{says("x"), second}); });
  CHECK(std::string(place.what()) ==
        "messages[1].tool_calls[1].input is not UTF-8 without NUL at byte 1: heddle::repair_text makes it so");
  const Error error = error_of([&] { store.save_message(alice, "s", says("secret \xff")); });
  CHECK(std::string(error.what()).find("content") != std::string::npos);
  CHECK(std::string(error.what()).find("secret") == std::string::npos);
  CHECK_FALSE(error.retryable());
  CHECK_FALSE(error.in_doubt());
}

CONFORMANCE_TEST("costs are returned exactly; minus zero is zero") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s", .total_cost_usd = -0.0});
  CHECK_FALSE(std::signbit(store.load_session(alice, "s")->total_cost_usd));
  const std::vector<double> costs{0.1, 5e-324, 2.5e-310, limits::dollars, 0.0, 3.0, -0.0};
  std::vector<Message> messages;
  for (const double cost : costs) { messages.push_back({.content = "x", .cost_usd = cost}); }
  store.save_messages(alice, "s", messages, {.idempotency_key = "k"});
  std::vector<double> loaded;
  for (const Message& message : store.load_messages(alice, "s").items) { loaded.push_back(message.cost_usd); }
  CHECK(loaded == costs);
  CHECK_FALSE(std::signbit(loaded.back()));
  // So the same request with the other zero is a repeat.
  messages.back().cost_usd = 0.0;
  CHECK(store.save_messages(alice, "s", messages, {.idempotency_key = "k"}).last == 7);
}

CONFORMANCE_TEST("fault 5: a long message is stored and found; one beyond the limit is refused") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::string text;
  for (int index = 0; text.size() < 3'000'000; ++index) { text += "w" + std::to_string(index) + " "; }
  store.save_message(alice, "s", says(text));
  CHECK(store.load_messages(alice, "s").items.front().content == text);
  CHECK(store.search_messages(alice, {.query = "w7 w99"}).items.size() == 1);
  CHECK(code_of([&] { store.save_message(alice, "s", says(std::string(limits::text + 1, 'x'))); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_message(alice, std::string(limits::id + 1, 'x'), says("x")); }) ==
        ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("numbers of any size in a JSON text are returned byte for byte") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const std::string text = R"({"a": 123456789.0, "b": 1e300, "c": 0.10, "d": 123456789012345678901234567890, "e":-0})";
  Message message = says("x");
  message.tool_calls = {{"c", "t", {text}, ""}};
  message.tool_result = ToolResult{.data = {"-1.50E-07"}};
  store.save_message(alice, "s", message);
  const auto loaded = store.load_messages(alice, "s").items.front();
  CHECK(loaded.tool_calls.front().input.text == text);
  CHECK(loaded.tool_result->data.text == "-1.50E-07");
}

CONFORMANCE_TEST("a visitor that throws ends the read, and the backend works on") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (int index = 0; index < 10; ++index) { store.save_message(alice, "s", says("x")); }
  int visited = 0;
  CHECK_THROWS_AS((void)store.for_each_message(alice, "s",
                                               [&](const Message&) {
                                                 if (++visited == 3) { throw std::runtime_error("enough"); }
                                               }),
                  std::runtime_error);
  CHECK(visited == 3);
  CHECK(store.save_message(alice, "s", says("y")) == 11);
}
