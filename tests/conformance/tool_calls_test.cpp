#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Calls of tools without a result.

namespace {

using Names = std::vector<std::string>;

Message calls(std::vector<std::pair<std::string, std::string>> ids_and_names) {
  Message message{.role = Role::assistant};
  for (auto& [id, name] : ids_and_names) { message.tool_calls.push_back({.id = id, .name = name}); }
  return message;
}
Message result_to(std::string id) {
  return {.role = Role::tool, .content = "done", .tool_use_id = std::move(id), .tool_result = ToolResult{true}};
}

/// Returns the names of the open calls, in order.
template <class Store>
Names open(Store& store, const std::optional<std::string>& session = "s", const Context& context = alice) {
  Names names;
  for (const OpenToolCall& each : store.open_tool_calls(context, session).items) { names.push_back(each.call.name); }
  return names;
}

}  // namespace

CONFORMANCE_TEST("calls without a result are found, with their arguments as the model wrote them") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  CHECK(open(store).empty());
  Message message = calls({{"a", "first"}, {"b", "second"}});
  message.tool_calls[1].input = JsonValue{R"({"n": 1.0, "text": "\u0000 \ud800", "cut)"};
  message.tool_calls[1].thought_signature = "sig";
  store.save_messages(alice, "s", std::vector{says("hello"), message});
  const auto found = store.open_tool_calls(alice, "s").items;
  REQUIRE(found.size() == 2);
  CHECK(found[0] == OpenToolCall{"s", 2, message.tool_calls[0]});
  CHECK(found[1] == OpenToolCall{"s", 2, message.tool_calls[1]});
  store.save_message(alice, "s", result_to("a"));
  CHECK(open(store) == Names{"second"});
  store.save_turn(alice, "s", {.messages = {result_to("b"), calls({{"c", "third"}})}});
  CHECK(open(store) == Names{"third"});
  CHECK(open(store, "other").empty());
  CHECK(open(store, "s", bob).empty());
}

CONFORMANCE_TEST("a result ends the newest open call with its id before it") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  SUBCASE("ids repeat") {
    store.save_messages(alice, "s", std::vector{calls({{"call_0", "old"}}), calls({{"call_0", "new"}})});
    store.save_message(alice, "s", result_to("call_0"));
    CHECK(open(store) == Names{"old"});
    store.save_message(alice, "s", result_to("call_0"));
    CHECK(open(store).empty());
  }
  SUBCASE("ids are not given") {
    store.save_message(alice, "s", calls({{"", "one"}, {"", "two"}}));
    store.save_message(alice, "s", result_to(""));
    CHECK(open(store) == Names{"one"});
  }
  SUBCASE("a result without a call before it ends none after it") {
    store.save_messages(alice, "s", std::vector{result_to("x"), result_to("x"), calls({{"x", "later"}})});
    CHECK(open(store) == Names{"later"});
    store.save_messages(alice, "s", std::vector{calls({{"x", "again"}}), result_to("x")});
    CHECK(open(store) == Names{"later"});
  }
  SUBCASE("parts") {
    Message assistant{.role = Role::assistant};
    assistant.parts = {Part::of_text("I look"), Part::of_tool_call({.id = "a", .name = "a"}),
                       Part::of_tool_call({.id = "b", .name = "b"}), Part::of_tool_call({.id = "c", .name = "c"})};
    Message user;
    user.parts = {Part::of_tool_result("c", ToolResult{true}), Part::of_text("and"),
                  Part::of_tool_result("a", ToolResult{true})};
    store.save_messages(alice, "s", std::vector{assistant, user});
    CHECK(open(store) == Names{"b"});
  }
}

CONFORMANCE_TEST("open calls of all sessions, page by page") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  for (const char* session : {"z", "s", "a"}) {
    add_session(subject.backend(), alice, session);
    store.save_message(alice, session, calls({{"1", session + std::string("1")}, {"2", session + std::string("2")}}));
  }
  add_session(subject.backend(), bob, "s");
  store.save_message(bob, "s", calls({{"1", "of bob"}}));
  store.save_message(alice, "s", result_to("2"));
  CHECK(open(store, std::nullopt) == Names{"z1", "z2", "s1", "a1", "a2"});
  CHECK(open(store, std::nullopt, bob) == Names{"of bob"});
  Names names;
  PageRequest page{.limit = 2};
  do {
    const auto found = store.open_tool_calls(alice, std::nullopt, page);
    CHECK(found.items.size() <= 2);
    for (const auto& each : found.items) { names.push_back(each.session_id + each.call.name); }
    page.cursor = found.next;
  } while (!page.cursor.empty());
  CHECK(names == Names{"zz1", "zz2", "ss1", "aa1", "aa2"});
  store.delete_session(alice, "z");
  CHECK(open(store, std::nullopt) == Names{"s1", "a1", "a2"});
}

CONFORMANCE_TEST("open calls are those of the present branch") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s", std::vector{calls({{"a", "a"}, {"b", "b"}}), result_to("a"), result_to("b")});
  store.fork_session(alice, "s", 2, {.id = "fork"});
  CHECK(open(store).empty());
  CHECK(open(store, "fork") == Names{"b"});
  store.rewind_session(alice, "s", 1);
  CHECK(open(store) == Names{"a", "b"});
  store.save_message(alice, "s", result_to("b"));
  CHECK(open(store) == Names{"a"});
  CHECK(open(store, std::nullopt) == Names{"a", "b"});
  store.restore_branch(alice, "s", 1);
  CHECK(open(store).empty());
  store.save_message(alice, "fork", result_to("b"));
  CHECK(open(store, std::nullopt).empty());
  store.delete_session(alice, "s");
  CHECK(open(store, "fork").empty());
}

CONFORMANCE_TEST("a redacted call is not open, a redacted result still ends its call") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s", std::vector{calls({{"a", "a"}}), calls({{"b", "b"}}), result_to("b")});
  store.redact_messages(alice, "s", {3, 3}, "private");
  CHECK(open(store) == Names{"a"});
  store.redact_messages(alice, "s", {1, 2}, "private");
  CHECK(open(store).empty());
  // A redacted call keeps its place among those of its id.
  add_session(subject.backend(), alice, "t");
  store.save_messages(alice, "t", std::vector{calls({{"", "first"}}), calls({{"", "second"}}), result_to("")});
  store.redact_messages(alice, "t", {2, 2}, "private");
  CHECK(open(store, "t") == Names{"first"});
}

CONFORMANCE_TEST("open calls are closed by messages with an error, all at once") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s", std::vector{calls({{"a", "a"}, {"b", "b"}, {"a", "again"}}), result_to("b")});
  const ToolError error{.code = "interrupted", .message = "the server crashed", .retryable = true};
  CHECK(store.close_tool_calls(alice, "s", error) == 2);
  CHECK(open(store).empty());
  const auto messages = store.load_messages(alice, "s").items;
  REQUIRE(messages.size() == 4);
  for (const std::size_t index : {std::size_t{2}, std::size_t{3}}) {
    CHECK(messages[index].role == Role::tool);
    CHECK(messages[index].tool_use_id == "a");
    CHECK(messages[index].content == "the server crashed");
    CHECK(messages[index].sequence == static_cast<std::int64_t>(index) + 1);
    REQUIRE(messages[index].tool_result);
    CHECK(messages[index].tool_result == ToolResult{.success = false, .error = error});
    CHECK(messages[index].timestamp != Timestamp{});
  }
  CHECK(store.search_messages(alice, {.query = "crashed"}).items.size() == 2);
  CHECK(store.save_message(alice, "s", says("on")) == 5);
  const Timestamp before = store.load_session(alice, "s")->updated_at;
  CHECK(store.close_tool_calls(alice, "s", error) == 0);
  CHECK(store.load_session(alice, "s")->updated_at == before);
  CHECK(store.load_session(alice, "s")->last_sequence == 5);
}

CONFORMANCE_TEST("closing calls: keys, expectations, refusals") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_message(alice, "s", calls({{"a", "a"}}));
  const ToolError error{.message = "gone"};
  CHECK(code_of([&] { store.close_tool_calls(alice, "absent", error); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.close_tool_calls(bob, "s", error); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.close_tool_calls(alice, "s", error, {.expected_sequence = 7}); }) == ErrorCode::conflict);
  CHECK(code_of([&] { store.close_tool_calls(alice, "s", {.message = "\xff"}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.open_tool_calls(alice, "")); }) == ErrorCode::invalid_argument);
  CHECK(open(store) == Names{"a"});
  CHECK(store.close_tool_calls(alice, "s", error, {.idempotency_key = "k", .expected_sequence = 1}) == 1);
  store.save_message(alice, "s", calls({{"a", "new"}}));
  CHECK(store.close_tool_calls(alice, "s", error, {.idempotency_key = "k", .expected_sequence = 1}) == 1);
  CHECK(open(store) == Names{"new"});
}
