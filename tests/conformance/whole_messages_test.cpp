#include "conformance/whole_messages.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/parts_of.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::error_of;

namespace {

/// Saves a message and returns it as it is read.
template <class Store>
Message stored(Store& store, const Message& message) {
  store.save_message(alice, "s", message);
  return store.load_messages(alice, "s").items.back();
}

/// Returns the ids of calls.
std::vector<std::string> ids_of(const std::vector<ToolCall>& calls) {
  std::vector<std::string> ids;
  for (const ToolCall& call : calls) { ids.push_back(call.id); }
  return ids;
}

}  // namespace

CONFORMANCE_TEST("parts of every kind are returned in their order, byte for byte") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const std::vector<Part> parts = parts_of_every_kind();
  const Message loaded = stored(store, made_of(parts));
  CHECK(loaded.parts == parts);
  CHECK(parts_of(loaded) == parts);
  // Each alone, in both directions, and each with members of other kinds.
  for (const Part& part : parts) { CHECK(stored(store, made_of({part})).parts == std::vector{part}); }
  const std::vector<Part> backwards(parts.rbegin(), parts.rend());
  CHECK(stored(store, made_of(backwards)).parts == backwards);
  std::vector<Part> full;
  for (std::size_t kind = 0; kind < EnumNames<PartKind>::values.size(); ++kind) {
    full.push_back(full_part(static_cast<PartKind>(kind)));
    CHECK(stored(store, made_of({full.back()})).parts == std::vector{full.back()});
    full.push_back(full.back());
  }
  CHECK(stored(store, made_of(full)).parts == full);
  for (Part& part : full) { std::swap(part.text, part.data); }
  CHECK(stored(store, made_of(full)).parts == full);
  // Whatever reads messages reads their parts.
  CHECK(store.load_session(alice, "s")->messages.items.front().parts == parts);
  CHECK(store.load_agent_messages(alice, "agent").items.front().parts == parts);
  CHECK(store.search_messages(alice, {.query = "Grüße second"}).items.front().parts == parts);
  std::vector<Message> visited;
  store.for_each_message(alice, "s", [&](const Message& message) { visited.push_back(message); });
  CHECK(visited.front().parts == parts);
}

CONFORMANCE_TEST("JSON in parts that is none is kept and marked") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Message loaded = stored(
      store, made_of({Part::of_other("cut", R"({"a":)"), Part::of_other("whole", R"({"a":1})"),
                      with_extra(Part::of_text("x"), R"({"a":"\ud800"})"), with_extra(Part::of_text("y"), "null"),
                      Part::of_other("empty", "{}"), Part::of_tool_call({"c", "t", R"({"q":)", ""}),
                      Part::of_tool_result("c", {.data = "[1,"}), Part::of_tool_result("c", {.data = "[2,"})}));
  CHECK_FALSE(loaded.parts[0].json.is_json);
  CHECK(loaded.parts[1].json.is_json);
  CHECK_FALSE(loaded.parts[2].extra.is_json);
  CHECK(loaded.parts[2].extra.text == R"({"a":"\ud800"})");
  CHECK(loaded.parts[3].extra.text == "null");
  CHECK(loaded.parts[4].json.text == "{}");
  CHECK_FALSE(loaded.parts[5].call.input.is_json);
  CHECK_FALSE(loaded.parts[6].result->data.is_json);
  CHECK_FALSE(loaded.parts[7].result->data.is_json);
  CHECK(loaded.parts[7].result->data.text == "[2,");
}

CONFORMANCE_TEST("a reader that knows no parts gets content, blocks, calls and result from them") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Message loaded = stored(store, made_of(parts_of_every_kind()));
  CHECK(loaded.content == "Grüße, 世界 \U0001F600\nsecond\n\nthe end");
  CHECK(ids_of(loaded.tool_calls) == std::vector<std::string>{"call_0", "call_1"});
  CHECK(loaded.tool_calls[0].input.text == R"({"q": "a\"b", "big": 12345678901234567890})");
  CHECK_FALSE(loaded.tool_calls[1].input.is_json);
  CHECK(loaded.tool_use_id == "call_0");
  REQUIRE(loaded.tool_result.has_value());
  CHECK(loaded.tool_result->data.text == R"({"rows":[1.0]})");
  CHECK(loaded.content_blocks == std::vector<ContentBlock>{{ContentKind::text, "Grüße, 世界 \U0001F600", ""},
                                                           {ContentKind::text, "second", ""},
                                                           {ContentKind::text, "", ""},
                                                           {ContentKind::image_base64, "aGVsbG8=", "image/png"},
                                                           {ContentKind::image_url, "https://example.org/a.png", ""},
                                                           {ContentKind::text, "the end", ""}});
  // Without an image there are no blocks.
  CHECK(stored(store, made_of({Part::of_text("a"), Part::of_text("b")})).content == "a\nb");
  CHECK(stored(store, made_of({Part::of_text("a"), Part::of_text("b")})).content_blocks.empty());
  CHECK(stored(store, made_of({Part::of_text("a"), Part::of_file(PartKind::image, "f")})).content_blocks.empty());
  // A call that nothing says the result of yet.
  Part pending;
  pending.kind = PartKind::tool_result;
  pending.call_id = "c";
  const Message waiting = stored(store, made_of({pending}));
  CHECK(waiting.tool_use_id == "c");
  CHECK_FALSE(waiting.tool_result.has_value());
  CHECK(waiting.parts == std::vector{pending});
}

CONFORMANCE_TEST("a message with parts ignores the members that they replace, and saving it again changes nothing") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (const std::vector<Part>& parts :
       {parts_of_every_kind(), std::vector{Part::of_artifact("a")}, std::vector{Part::of_text("")}}) {
    Message given = full_message();
    given.parts = parts;
    const AppendOptions once{.idempotency_key = std::string("of ").append(to_string(parts.front().kind))};
    const std::int64_t sequence = store.save_message(alice, "s", given, once);
    const Message loaded = store.load_messages(alice, "s").items.back();
    Message bare = given;
    bare.content.clear();
    bare.content_blocks.clear();
    bare.tool_calls.clear();
    bare.tool_use_id.clear();
    bare.tool_result.reset();
    Message expected = stored(store, bare);
    expected.sequence = sequence;
    CHECK(loaded == expected);
    CHECK(stored(store, loaded).parts == parts);
    // The same request, however its ignored members are filled.
    CHECK(store.save_message(alice, "s", loaded, once) == sequence);
    CHECK(store.save_message(alice, "s", bare, once) == sequence);
  }
}

CONFORMANCE_TEST("no text, an empty text, and a message without parts are different") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const ToolCall call{"c", "t", "{}", ""};
  const Message none = stored(store, made_of({Part::of_tool_call(call)}));
  const Message empty = stored(store, made_of({Part::of_text(""), Part::of_tool_call(call)}));
  CHECK(none.content == "");
  CHECK(empty.content == "");
  CHECK(none.parts.size() == 1);
  CHECK(empty.parts.size() == 2);
  CHECK(stored(store, made_of({Part::of_text("")})).parts == std::vector{Part::of_text("")});
  CHECK(stored(store, made_of({Part::of_text(""), Part::of_text("")})).parts.size() == 2);
  const std::vector<Part> newlines{Part::of_text("\n"), Part::of_text(""), Part::of_text("\n\n"), Part::of_text("a\n")};
  CHECK(stored(store, made_of(newlines)).parts == newlines);
  // Without parts as before.
  const Message plain = stored(store, {.role = Role::assistant, .tool_calls = {call}});
  CHECK(plain.parts.empty());
  CHECK(parts_of(plain) == none.parts);
  CHECK(parts_of(stored(store, says(""))).empty());
}

CONFORMANCE_TEST("parallel calls and their results keep their order, with repeated ids") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::vector<Part> calls;
  std::vector<Part> results;
  for (int index = 0; index < 10; ++index) {
    const std::string id = "call_" + std::to_string(index % 3);
    calls.push_back(Part::of_tool_call({id, "t", "[" + std::to_string(index) + "]", ""}));
    results.push_back(Part::of_tool_result(id, {.success = true, .data = std::to_string(index)}));
  }
  store.save_turn(alice, "s", {.messages = {made_of(calls), made_of(results), says("plain")}});
  const std::vector<Message> loaded = store.load_messages(alice, "s").items;
  REQUIRE(loaded.size() == 3);
  CHECK(loaded[0].parts == calls);
  CHECK(loaded[0].tool_calls.size() == 10);
  CHECK(loaded[1].parts == results);
  CHECK(loaded[1].tool_result->data.text == "0");
  CHECK(loaded[2].content == "plain");
  CHECK(loaded[2].parts.empty());
}

CONFORMANCE_TEST("the text of all text parts is found, and that of thinking in its own place") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_message(alice, "s",
                     made_of({Part::of_thinking("secretly"), Part::of_text("golden"), Part::of_text("harvest")}));
  CHECK(store.search_messages(alice, {.query = "golden harvest"}).items.size() == 1);
  CHECK(store.search_messages(alice, {.query = "secretly"}).items.size() == 1);
  CHECK(store.search_messages(alice, {.query = "secretly", .where = {SearchPlace::text}}).items.empty());
}

CONFORMANCE_TEST("parts are refused only for their size and for text that is not UTF-8") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Error place = error_of([&] {
    store.save_message(alice, "s", made_of({Part::of_text("a"), Part::of_text("\xff")}));
  });
  CHECK(place.code() == ErrorCode::invalid_argument);
  CHECK(std::string(place.what()).find("messages[0].parts[1].text") != std::string::npos);
  const std::string half(limits::text / 2, 'x');
  CHECK(stored(store, made_of({Part::of_text(half), Part::of_text(half.substr(1))})).content.size() == limits::text);
  const Error large = error_of([&] {
    store.save_message(alice, "s", made_of({Part::of_text(half), Part::of_text(half)}));
  });
  CHECK(large.code() == ErrorCode::invalid_argument);
  CHECK(std::string(large.what()).find("messages[0].parts") != std::string::npos);
  for (Part bad : {Part::of_file(PartKind::image, std::string(limits::provider_id + 1, 'x')),
                   Part::of_artifact(std::string(limits::id + 1, 'x')), Part::of_other("x\xff", "{}"),
                   Part::of_data(PartKind::video, std::string(limits::name + 1, 'x'), "")}) {
    CHECK(code_of([&] { store.save_message(alice, "s", made_of({bad})); }) == ErrorCode::invalid_argument);
  }
  Part unknown;
  unknown.kind = static_cast<PartKind>(99);
  CHECK(code_of([&] { store.save_message(alice, "s", made_of({unknown})); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.save_message(alice, "s", made_of(std::vector<Part>(limits::list + 1))); }) ==
        ErrorCode::invalid_argument);
  const std::vector<Part> many(limits::list);
  CHECK(stored(store, made_of(many)).parts == many);
}

CONFORMANCE_TEST("a repeat with other parts, or other values of a provider, is another request") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const AppendOptions once{.idempotency_key = "k"};
  Message message = made_of({Part::of_text("a"), Part::of_text("b")});
  message.model = "m";
  message.usage.output_tokens = 3;
  CHECK(store.save_message(alice, "s", message, once) == 1);
  CHECK(store.save_message(alice, "s", message, once) == 1);
  std::vector<Message> others(9, message);
  others[0].parts = {Part::of_text("a\nb")};
  others[1].parts.push_back(Part::of_text(""));
  others[2].parts.clear();
  others[2].content = "a\nb";
  others[3].model = "n";
  others[4].usage.output_tokens = 4;
  others[5].provider_id = "id";
  others[6].stop_reason = "stop";
  others[7].metadata = {R"({"a":1})"};
  others[8].parts[0].extra = R"({"a":1})";
  for (const Message& other : others) {
    CHECK(code_of([&] { store.save_message(alice, "s", other, once); }) == ErrorCode::invalid_argument);
  }
  CHECK(store.load_messages(alice, "s").items.size() == 1);
}

CONFORMANCE_TEST("what a provider says of a message is returned as it was saved") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  Message message = full_message();
  message.provider_id = std::string(limits::provider_id, 'i');
  message.model = std::string(limits::id, 'm');
  message.stop_reason = "end_turn";
  message.usage = {1, 2, 3, 4, limits::tokens};
  message.metadata = {R"({"b": 2,  "a": [1.50]})"};
  Message loaded = stored(store, message);
  message.session_id = "s";
  message.sequence = 1;
  CHECK(loaded == message);
  // What is not set reads as such.
  const Message plain = stored(store, says("x"));
  CHECK(plain.provider_id.empty());
  CHECK(plain.usage == Usage{});
  CHECK(plain.metadata.text == "{}");
  // Each alone.
  Message one = says("x");
  one.usage.cached_write_tokens = 7;
  CHECK(stored(store, one).usage == Usage{0, 0, 0, 7, 0});
  one = says("x");
  one.metadata = {"{ }"};
  CHECK(stored(store, one).metadata.text == "{ }");

  const auto refused = [&](auto&& change) {
    Message bad = says("x");
    change(bad);
    return code_of([&] { store.save_message(alice, "s", bad); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused([](Message& bad) { bad.usage.input_tokens = -1; }));
  CHECK(refused([](Message& bad) { bad.usage.reasoning_tokens = limits::tokens + 1; }));
  CHECK(refused([](Message& bad) { bad.metadata = {"[]"}; }));
  CHECK(refused([](Message& bad) { bad.metadata = {R"({"a":"\ud800"})"}; }));
  CHECK(refused([](Message& bad) { bad.model = std::string(limits::id + 1, 'm'); }));
  CHECK(refused([](Message& bad) { bad.stop_reason = "\xff"; }));
  Message bad = says("x");
  bad.usage.cached_read_tokens = -1;
  const Error error = error_of([&] { store.save_messages(alice, "s", std::vector{says("x"), bad}); });
  CHECK(std::string(error.what()).find("messages[1].usage.cached_read_tokens") != std::string::npos);
}

CONFORMANCE_TEST("an execution has the id of its call, its start and its end") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  ToolExecution execution{.tool_name = "t"};
  execution.call_id = std::string(limits::provider_id, 'c');
  execution.started_at = Timestamp{1700000000000001us};
  execution.ended_at = Timestamp{1700000000000002us};
  const WriteOptions once{"k"};
  store.save_tool_execution(alice, "s", execution, once);
  store.save_tool_execution(alice, "s", {.tool_name = "t"});
  store.save_tool_execution(alice, "s", execution, once);
  const auto list = store.list_tool_executions(alice, "s").items;
  REQUIRE(list.size() == 2);
  CHECK(list[0].call_id == execution.call_id);
  CHECK(list[0].started_at == execution.started_at);
  CHECK(list[0].ended_at == execution.ended_at);
  CHECK(list[1].call_id.empty());
  CHECK(list[1].started_at == Timestamp{});
  execution.ended_at += 1us;
  CHECK(code_of([&] { store.save_tool_execution(alice, "s", execution, once); }) == ErrorCode::invalid_argument);
  execution.call_id += 'c';
  CHECK(code_of([&] { store.save_tool_execution(alice, "s", execution); }) == ErrorCode::invalid_argument);
}
