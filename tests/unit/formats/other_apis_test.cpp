#include "canonical.hpp"
#include "cases.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace formats = heddle::formats;
using heddle::Message;
using heddle::Part;
using heddle::PartKind;
using heddle::Role;

namespace {

/// A conversation as a program makes it, without any document.
std::vector<Message> made() {
  Message answer{.role = Role::assistant};
  answer.parts = {Part::of_thinking("Hmm", "sig"), Part::of_text("I look."),
                  Part::of_tool_call({"c1", "get", R"({"a":1.0})", {}}), Part::of_tool_call({"c2", "now", "", {}}),
                  Part::of_tool_call({"c3", "cut", R"({"a)", {}})};
  Message results{.role = Role::tool};
  results.parts = {Part::of_tool_result("c1", {.success = true, .data = R"({"b":2})"}),
                   Part::of_tool_result("c2", {.success = false, .error = heddle::ToolError{.message = "no clock"}}),
                   Part::of_tool_result("c3", {.success = true, .data = "plain"}), Part::of_text("Go on.")};
  return {{.role = Role::system, .content = "Be short."}, {.content = "Look."}, answer, results};
}

void check(const std::string& written, const char* expected) { CHECK(canonical(written) == canonical(expected)); }

}  // namespace

TEST_CASE("messages that a program has made are written as each API has them") {
  check(formats::anthropic::write_request({made(), R"({"model":"m"})"}),
        R"({"model":"m","system":"Be short.","messages":[
    {"role":"user","content":"Look."},
    {"role":"assistant","content":[{"type":"thinking","thinking":"Hmm","signature":"sig"},{"type":"text","text":"I look."},
      {"type":"tool_use","id":"c1","name":"get","input":{"a":1.0}},{"type":"tool_use","id":"c2","name":"now","input":{}},
      {"type":"tool_use","id":"c3","name":"cut","input":{"INVALID_JSON":"{\"a"}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"{\"b\":2}"},
      {"type":"tool_result","tool_use_id":"c2","content":"no clock","is_error":true},
      {"type":"tool_result","tool_use_id":"c3","content":"plain"},{"type":"text","text":"Go on."}]}]})");
  check(formats::openai_chat::write_request({made(), {}}), R"({"messages":[
    {"role":"system","content":"Be short."},{"role":"user","content":"Look."},
    {"role":"assistant","content":"I look.","tool_calls":[
      {"id":"c1","type":"function","function":{"name":"get","arguments":"{\"a\":1.0}"}},
      {"id":"c2","type":"function","function":{"name":"now","arguments":""}},
      {"id":"c3","type":"function","function":{"name":"cut","arguments":"{\"a"}}]},
    {"role":"tool","tool_call_id":"c1","content":"{\"b\":2}"},{"role":"tool","tool_call_id":"c2","content":"no clock"},
    {"role":"tool","tool_call_id":"c3","content":"plain"},{"role":"user","content":"Go on."}]})");
  check(formats::openai_responses::write_request({made(), {}}), R"({"input":[
    {"type":"message","role":"system","content":[{"type":"input_text","text":"Be short."}]},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"Look."}]},
    {"type":"reasoning","summary":[{"type":"summary_text","text":"Hmm"}]},
    {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]},
    {"type":"function_call","call_id":"c1","name":"get","arguments":"{\"a\":1.0}"},
    {"type":"function_call","call_id":"c2","name":"now","arguments":""},
    {"type":"function_call","call_id":"c3","name":"cut","arguments":"{\"a"},
    {"type":"function_call_output","call_id":"c1","output":"{\"b\":2}"},
    {"type":"function_call_output","call_id":"c2","output":"no clock"},
    {"type":"function_call_output","call_id":"c3","output":"plain"},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"Go on."}]}]})");
  check(formats::gemini::write_request({made(), {}}),
        R"({"systemInstruction":{"parts":[{"text":"Be short."}]},"contents":[
    {"role":"user","parts":[{"text":"Look."}]},
    {"role":"model","parts":[{"text":"Hmm","thought":true,"thoughtSignature":"sig"},{"text":"I look."},
      {"functionCall":{"id":"c1","name":"get","args":{"a":1.0}}},{"functionCall":{"id":"c2","name":"now"}},
      {"functionCall":{"id":"c3","name":"cut","args":{"INVALID_JSON":"{\"a"}}}]},
    {"role":"user","parts":[{"functionResponse":{"id":"c1","name":"get","response":{"b":2}}},
      {"functionResponse":{"id":"c2","name":"now","response":{"error":"no clock"}}},
      {"functionResponse":{"id":"c3","name":"cut","response":{"output":"plain"}}},{"text":"Go on."}]}]})");
}

TEST_CASE("results in messages of their own become one message where an API wants that") {
  // As in version 0.1, without parts.
  const std::vector<Message> messages{
      {.role = Role::tool, .tool_use_id = "a", .tool_result = heddle::ToolResult{true, {"1"}}},
      {.role = Role::tool, .content = "two", .tool_use_id = "b"},
      {.role = Role::tool, .content = "no result"}};
  check(formats::anthropic::write_messages(messages), R"([{"role":"user","content":[
    {"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b","content":"two"}]},
    {"role":"user","content":"no result"}])");
  check(formats::gemini::write_messages(messages), R"([{"role":"user","parts":[
    {"functionResponse":{"id":"a","response":{"output":1}}},{"functionResponse":{"id":"b","response":{"output":"two"}}}]},
    {"role":"user","parts":[{"text":"no result"}]}])");
  check(formats::openai_chat::write_messages(std::span(messages).first(2)),
        R"([{"role":"tool","tool_call_id":"a","content":"1"},{"role":"tool","tool_call_id":"b","content":"two"}])");
  const Message mixed{.role = Role::tool, .parts = {Part::of_text("So:"), Part::of_tool_result("a", {true, {"1"}})}};
  check(formats::anthropic::write_message(mixed), R"({"role":"user","content":[
    {"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"text","text":"So:"}]})");
}

TEST_CASE("calls without an id, as Gemini makes them, get one where an API needs it") {
  const auto messages = formats::gemini::read_messages(R"([
    {"role":"model","parts":[{"text":"x"},{"functionCall":{"name":"f"},"thoughtSignature":"s"},{"functionCall":{"name":"g"}}]},
    {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"a":1}}},{"functionResponse":{"name":"g","response":{}}}]},
    {"role":"model","parts":[{"functionCall":{"name":"f"}}]},
    {"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}])");
  check(formats::openai_chat::write_messages(messages), R"([
    {"role":"assistant","content":"x","tool_calls":[{"id":"call_0_1","type":"function","function":{"name":"f","arguments":""}},
      {"id":"call_0_2","type":"function","function":{"name":"g","arguments":""}}]},
    {"role":"tool","tool_call_id":"call_0_1","content":"{\"a\":1}"},{"role":"tool","tool_call_id":"call_0_2","content":"{}"},
    {"role":"assistant","content":null,"tool_calls":[{"id":"call_2_0","type":"function","function":{"name":"f","arguments":""}}]},
    {"role":"tool","tool_call_id":"call_2_0","content":"{}"}])");
  const std::string anthropic = formats::anthropic::write_messages(messages);
  CHECK(anthropic.find(R"("tool_use_id":"call_0_2")") != std::string::npos);
  CHECK(anthropic.find(R"("id":"")") == std::string::npos);
  const std::string responses = formats::openai_responses::write_messages(messages);
  CHECK(responses.find(R"("function_call_output","call_id":"call_2_0")") != std::string::npos);
  CHECK(responses.find(R"("call_id":"")") == std::string::npos);
}

TEST_CASE("what was written can be read again, with the same content") {
  for (const Format& format : all_formats()) {
    CAPTURE(format.name);
    const auto read = format.read_messages(format.write_messages(made()));
    std::string text;
    std::size_t calls = 0;
    for (const Message& message : read) {
      text += message.content;
      calls += message.tool_calls.size();
    }
    CHECK(text == "Be short.Look.I look.Go on.");
    CHECK(calls == 3);
  }
}

TEST_CASE("messages of one API are written for another, without what only the first one knows") {
  for (const Format& from : all_formats()) {
    for (const Case& each : cases_of(from)) {
      if (each.what != ".messages" || each.name.find("tools") == std::string::npos) { continue; }
      auto messages = from.read_messages(each.text);
      for (Message& message : messages) {
        // No API has the kinds of another one.
        std::erase_if(message.parts, [](const Part& part) { return part.kind == PartKind::other; });
      }
      for (const Format& to : all_formats()) {
        if (to.name == from.name) { continue; }
        CAPTURE(each.name);
        CAPTURE(to.name);
        const std::string written = to.write_messages(messages);
        CHECK(written.find('$') == std::string::npos);
        CHECK(written.find("cache_control") == std::string::npos);
        CHECK(written.find("thoughtSignature") == std::string::npos);
        CHECK(canonical(pass_through(to, ".messages", written)) == canonical(written));
      }
    }
  }
  const auto thinking = formats::anthropic::read_message(
      R"({"role":"assistant","content":[{"type":"thinking","thinking":"Hmm","signature":"s"},{"type":"text","text":"x"}]})");
  check(formats::openai_chat::write_message(thinking), R"({"role":"assistant","content":"x"})");
  check(formats::gemini::write_message(thinking), R"({"role":"model","parts":[{"text":"x"}]})");
  check(formats::openai_responses::write_message(thinking),
        R"([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"x","annotations":[]}]}])");
}

TEST_CASE("a refusal and a plain document are written for another API") {
  const auto refusal = formats::openai_responses::read_message(
      R"([{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No."}]}])");
  check(formats::openai_chat::write_message(refusal), R"({"role":"assistant","content":null,"refusal":"No."})");
  const auto back = formats::openai_chat::read_message(R"({"role":"assistant","content":null,"refusal":"No."})");
  check(formats::openai_responses::write_message(back),
        R"([{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"No."}]}])");
  const auto document = formats::anthropic::read_message(
      R"({"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"Green."}}]})");
  check(formats::openai_chat::write_message(document), R"({"role":"user","content":"Green."})");
  check(formats::gemini::write_message(document), R"({"role":"user","parts":[{"text":"Green."}]})");
}

TEST_CASE("a message that a program has made is written as a response") {
  const Message message{.role = Role::assistant,
                        .parts = {Part::of_text("Hi")},
                        .provider_id = "id",
                        .model = "m",
                        .stop_reason = "stop",
                        .usage = {.input_tokens = 2, .output_tokens = 3, .cached_read_tokens = 1}};
  check(formats::anthropic::write_response(message), R"({"id":"id","type":"message","role":"assistant","model":"m",
    "content":[{"type":"text","text":"Hi"}],"stop_reason":"stop","stop_sequence":null,
    "usage":{"input_tokens":2,"output_tokens":3,"cache_read_input_tokens":1}})");
  check(formats::openai_chat::write_response(message), R"({"id":"id","object":"chat.completion","model":"m",
    "choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],
    "usage":{"prompt_tokens":2,"completion_tokens":3,"total_tokens":5,"prompt_tokens_details":{"cached_tokens":1}}})");
  for (const Format& format : all_formats()) {
    const Message read = format.read_response(format.write_response(message));
    CHECK(read.usage == message.usage);
    CHECK(read.provider_id == "id");
    CHECK(read.model == "m");
    CHECK(read.stop_reason == "stop");
    CHECK(read.content == "Hi");
  }
}

TEST_CASE("metadata of the program is left alone") {
  for (const Format& format : all_formats()) {
    const auto& cases = cases_of(format);
    for (const Case& each : cases) {
      if (each.what != ".messages") { continue; }
      auto messages = format.read_messages(each.text);
      for (Message& message : messages) {
        message.metadata.text.insert(1, R"("mine":{"a":1,"a":2},"gemini":1,"anthropic":2,)");
      }
      CHECK(canonical(format.write_messages(messages)) == canonical(each.text));
    }
  }
}
