#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "heddle/repair_text.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <limits>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
using support::error_of;

// What a model, a provider or a tool made is data: it is kept as it came.

CONFORMANCE_TEST("arguments and data that are not JSON are kept as they are, and marked") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s"});
  const std::vector<std::string> texts{
      "",
      R"({"command": "echo hel)",
      "plain text of a tool",
      "[1, 2",
      "{\"a\": \"\\u0000\"}",
      "{\"a\": \"\\ud800\"}",
      "1e999",
      std::string(limits::json_depth + 1, '[') + std::string(limits::json_depth + 1, ']')};
  for (const std::string& text : texts) {
    Turn turn;
    turn.messages.push_back({.role = Role::assistant, .tool_calls = {{.id = "c", .name = "t", .input = text}}});
    ToolResult result{.success = true, .data = text, .metadata = text};
    result.error = ToolError{.code = "c", .details = text};
    turn.messages.push_back({.role = Role::tool, .tool_use_id = "c", .tool_result = result});
    turn.executions.push_back({.tool_name = "t", .input = text, .result = result});
    const SequenceRange range = store.save_turn(alice, "s", turn);
    CHECK(range.last - range.first == 1);
    const std::vector<Message> loaded = store.load_messages(alice, "s").items;
    const Message& call = loaded[loaded.size() - 2];
    const Message& answer = loaded.back();
    const ToolExecution execution = store.list_tool_executions(alice, "s").items.back();
    for (const JsonValue& value :
         {call.tool_calls.front().input, answer.tool_result->data, answer.tool_result->metadata,
          answer.tool_result->error->details, execution.input, execution.result->data}) {
      CHECK(value.text == text);
      CHECK_FALSE(value.is_json);
    }
  }
  CHECK(arguments_of(JsonValue("")) == "{}");
  store.save_message(alice, "s", {.tool_calls = {{.id = "c", .name = "t", .input = R"({"a": [1.0]})"}}});
  const Message last = store.load_messages(alice, "s").items.back();
  CHECK(last.tool_calls.front().input.is_json);
  CHECK(last.tool_calls.front().input.text == R"({"a": [1.0]})");
  // An execution whose arguments are an object without them is not taken for text.
  store.save_tool_execution(alice, "s", {.tool_name = "t", .input = R"({"text": "x"})"});
  CHECK(store.list_tool_executions(alice, "s").items.back().input.is_json);
}

CONFORMANCE_TEST("ids that providers make are opaque and may be long") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s"});
  for (const std::size_t size : {std::size_t{281}, std::size_t{4572}, limits::provider_id}) {
    const std::string id(size, 'i');
    ToolResult result;
    result.data_reference = DataReference{.id = id};
    store.save_messages(alice, "s",
                        std::vector<Message>{{.tool_calls = {{.id = id, .name = "t"}}},
                                             {.role = Role::tool, .tool_use_id = id, .tool_result = result}});
    const std::vector<Message> loaded = store.load_messages(alice, "s").items;
    CHECK(loaded[loaded.size() - 2].tool_calls.front().id == id);
    CHECK(loaded.back().tool_use_id == id);
    CHECK(loaded.back().tool_result->data_reference->id == id);
  }
  const Error error = error_of(
      [&] { store.save_message(alice, "s", {.tool_calls = {{.id = std::string(limits::provider_id + 1, 'i')}}}); });
  CHECK(error.code() == ErrorCode::invalid_argument);
  CHECK(std::string(error.what()) == "messages[0].tool_calls[0].id is longer than 65536 bytes");
}

CONFORMANCE_TEST("text in another encoding is refused with its place, and repaired by one call") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s"});
  for (const std::string& text : {std::string("a\0b", 3), std::string("caf\xe9")}) {
    const std::size_t offset = text[1] == '\0' ? 1 : 3;
    const Error error = error_of([&] { store.save_messages(alice, "s", std::vector<Message>{{}, {.content = text}}); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()) == "messages[1].content is not UTF-8 without NUL at byte " +
                                           std::to_string(offset) + ": heddle::repair_text makes it so");
    store.save_message(alice, "s", {.content = repair_text(text)});
  }
  CHECK(store.load_messages(alice, "s").items.back().content == "caf\xEF\xBF\xBD");
}

CONFORMANCE_TEST("the bytes of a tool's error are kept, whatever they are") {
  Subject subject;
  auto& store = subject.backend().error_store();
  const std::string id = store.store(alice, {.raw_error = std::string("caf\xe9\0!", 6)});
  const StoredError loaded = store.get(alice, id).value();
  CHECK(loaded.raw_error == "{\"message\":\"caf\xEF\xBF\xBD\xEF\xBF\xBD!\",\"bytes\":\"Y2Fm6QAh\"}");
  CHECK(loaded.short_summary == "caf\xEF\xBF\xBD\xEF\xBF\xBD!");
  // Also so many that their repaired text is longer than a text may be.
  const std::string many(limits::text / 2, '\xff');
  const StoredError large = store.get(alice, store.store(alice, {.raw_error = many, .short_summary = "s"})).value();
  CHECK(large.raw_error.size() > limits::text);
}

CONFORMANCE_TEST("a table that cannot be stored is refused with its row and column") {
  Subject subject;
  auto& store = subject.backend().result_store();
  const auto refusal = [&](const Table& table) {
    const Error error = error_of([&] { store.store(alice, {.table = table}); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    return std::string(error.what());
  };
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal({{"a", "b"}, {{1.0, 2.0}, {1.0, nan}}}) ==
        "table.rows[1][1] is infinite or not a number: store a null or a text instead");
  CHECK(refusal({{"a", "b"}, {{1.0, 2.0}, {1.0}}}) == "table.rows[1] has 1 cells, and the table has 2 columns");
  CHECK(refusal({{"a"}, {{std::string("\xff")}}}).starts_with("table.rows[0][0] is not UTF-8 without NUL at byte 0"));
  CHECK(refusal({{"a", "A"}, {}}).starts_with("table.columns[1] has the name of an earlier column"));
}

CONFORMANCE_TEST("every time is in the years 1 to 9999") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  for (const Timestamp time : {Timestamp::min(), Timestamp::max()}) {
    const auto refused = [](auto&& action) { return code_of(action) == ErrorCode::invalid_argument; };
    CHECK(refused([&] { store.save_message(alice, "s", {.content = "x", .timestamp = time}); }));
    CHECK(refused([&] { store.save_session(alice, {.id = "t", .created_at = time}); }));
    CHECK(refused([&] { store.save_tool_execution(alice, "s", {.tool_name = "t", .timestamp = time}); }));
    CHECK(refused([&] { store.save_snapshot(alice, {.session_id = "s", .created_at = time}); }));
    CHECK(refused([&] { backend.error_store().store(alice, {.timestamp = time, .raw_error = "x"}); }));
    CHECK(refused([&] { backend.artifact_store().index(alice, {.name = "a", .created_at = time}); }));
    CHECK(refused([&] { backend.artifact_store().index(alice, {.name = "a", .last_accessed_at = time}); }));
    CHECK(refused([&] { backend.human_request_store().store(alice, {.question = "?", .created_at = time}); }));
    ToolResult result;
    result.data_reference = DataReference{.stored_at = time};
    CHECK(refused([&] { store.save_message(alice, "s", {.tool_result = result}); }));
  }
  CHECK(store.load_session(alice, "s")->last_sequence == 0);
}

CONFORMANCE_TEST("a lost tenant does not become the default one") {
  CHECK(code_of([] { static_cast<void>(Context::for_user("")); }) == ErrorCode::invalid_argument);
  Subject subject;
  subject.backend().session_storage().save_session({}, {.id = "s"});
  CHECK(subject.backend().session_storage().load_session({}, "s").has_value());
}
