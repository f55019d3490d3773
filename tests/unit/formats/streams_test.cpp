#include "canonical.hpp"
#include "cases.hpp"

#include <heddle/error.hpp>

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

namespace formats = heddle::formats;
using heddle::Message;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return lines;
}

template <class Assembler>
void check_streams(const Format& format, int expected) {
  std::map<std::string, Case> responses;
  int streams = 0;
  for (const Case& each : cases_of(format)) {
    if (each.what == ".response") { responses.emplace(each.name, each); }
  }
  for (const Case& each : cases_of(format)) {
    if (each.what != ".stream") { continue; }
    CAPTURE(each.name);
    ++streams;
    Assembler assembler;
    CHECK_FALSE(assembler.is_complete());
    for (const std::string& line : lines_of(each.text)) {
      assembler.add(line);
      // Of every part of a stream there is a message, and its document is that of the events so far.
      const Message so_far = assembler.message();
      CHECK(canonical(format.write_response(so_far)) == canonical(assembler.response()));
    }
    CHECK(assembler.is_complete() == (each.name.find("cut") == std::string::npos));
    CHECK(assembler.error().empty());
    const std::string& whole = responses.at(each.name).text;
    CHECK(canonical(assembler.response()) == canonical(whole));
    Message streamed = assembler.message();
    Message expected_message = format.read_response(whole);
    // The order of members in a document does not count.
    streamed.metadata.text = canonical(streamed.metadata.text);
    expected_message.metadata.text = canonical(expected_message.metadata.text);
    CHECK(streamed == expected_message);
  }
  CHECK(streams == expected);
}

}  // namespace

TEST_CASE("streamed events make the message of the whole response") {
  check_streams<formats::anthropic::StreamAssembler>(all_formats()[0], 1);
  check_streams<formats::openai_chat::StreamAssembler>(all_formats()[1], 2);
  check_streams<formats::openai_responses::StreamAssembler>(all_formats()[2], 2);
  check_streams<formats::gemini::StreamAssembler>(all_formats()[3], 1);
}

TEST_CASE("arguments that were cut off in a stream are kept as they are") {
  formats::anthropic::StreamAssembler anthropic;
  anthropic.add(R"({"type":"message_start","message":{"role":"assistant","content":[]}})");
  anthropic.add(
      R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"a","name":"f","input":{}}})");
  anthropic.add(
      R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"n\": 1."}})");
  CHECK(anthropic.message().tool_calls.at(0).input.text == "{\"n\": 1.");
  anthropic.add(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"0}"}})");
  CHECK(anthropic.message().tool_calls.at(0).input.text == "{\"n\":1.0}");

  formats::openai_chat::StreamAssembler chat;
  chat.add(
      R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}}]})");
  CHECK(chat.message().tool_calls.at(0).input.text.empty());
  chat.add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"n\": 1."}}]}}]})");
  CHECK(chat.message().tool_calls.at(0).input.text == "{\"n\": 1.");
}

TEST_CASE("servers that give calls no index send each of them whole") {
  formats::openai_chat::StreamAssembler chat;
  chat.add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}}]})");
  chat.add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"function":{"arguments":"}"}}]}}]})");
  chat.add(R"({"choices":[{"index":0,"delta":{"tool_calls":[{"id":"b","function":{"name":"g","arguments":"{}"}}]}}]})");
  const auto calls = chat.message().tool_calls;
  REQUIRE(calls.size() == 2);
  CHECK(calls[0] == heddle::ToolCall{"a", "f", {"{}"}, {}});
  CHECK(calls[1] == heddle::ToolCall{"b", "g", {"{}"}, {}});
}

TEST_CASE("the error of a provider ends a stream, and what came before it stays") {
  formats::anthropic::StreamAssembler anthropic;
  anthropic.add(R"({"type":"message_start","message":{"id":"m","role":"assistant","content":[]}})");
  anthropic.add(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  CHECK(anthropic.error() == R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})");
  CHECK(anthropic.message().provider_id == "m");
  CHECK_FALSE(anthropic.is_complete());

  formats::openai_chat::StreamAssembler chat;
  chat.add(R"({"error":{"message":"x"}})");
  CHECK(chat.error() == R"({"error":{"message":"x"}})");
  CHECK(chat.message().parts.empty());

  formats::openai_responses::StreamAssembler responses;
  responses.add(
      R"({"type":"response.failed","response":{"id":"r","status":"failed","error":{"code":"server_error"},"output":[]}})");
  CHECK(responses.error() == R"({"code":"server_error"})");
  CHECK(responses.is_complete());
  CHECK(responses.message().stop_reason == "failed");

  formats::gemini::StreamAssembler gemini;
  gemini.add(R"({"error":{"code":503}})");
  CHECK(gemini.error() == R"({"error":{"code":503}})");
  CHECK(gemini.message().parts.empty());
}

TEST_CASE("a stream of more choices, calls or members than any provider has is refused") {
  const auto number = [](int index) { return std::to_string(index); };
  const auto error_of = [](auto& assembler, const std::string& event) {
    try {
      assembler.add(event);
    } catch (const heddle::Error& error) {
      CHECK(error.code() == heddle::ErrorCode::invalid_argument);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string too_many = " is one of more than 1000, which no stream may have";

  formats::openai_chat::StreamAssembler choices;
  formats::openai_chat::StreamAssembler calls;
  formats::openai_chat::StreamAssembler members;
  formats::gemini::StreamAssembler candidates;
  formats::gemini::StreamAssembler members_of_candidate;
  formats::anthropic::StreamAssembler block;
  block.add(R"({"type":"message_start","message":{"role":"assistant","content":[]}})");
  block.add(R"({"type":"content_block_start","index":0,"content_block":{}})");
  members_of_candidate.add(R"({"candidates":[{}]})");
  const auto choice = [&](int index) { return R"({"choices":[{"index":)" + number(2000 - index) + "}]}"; };
  const auto call = [&](int index) {
    return R"({"choices":[{"index":0,"delta":{"tool_calls":[{"index":)" + number(index) + "}]}}]}";
  };
  const auto delta = [&](int index) { return R"({"choices":[{"index":0,"delta":{"m)" + number(index) + R"(":{}}}]})"; };
  const auto candidate = [&](int index) { return R"({"candidates":[{"index":)" + number(index) + "}]}"; };
  const auto of_candidate = [&](int index) { return R"({"candidates":[{"m)" + number(index) + R"(":1}]})"; };
  const auto of_block = [&](int index) {
    return R"({"type":"content_block_delta","index":0,"delta":{"type":"x","m)" + number(index) + R"(":"y"}})";
  };
  for (int index = 0; index < 1000; ++index) {
    CAPTURE(index);
    CHECK(error_of(choices, choice(index)).empty());
    CHECK(error_of(calls, call(index)).empty());
    CHECK(error_of(members, delta(index)).empty());
    CHECK(error_of(candidates, candidate(index)).empty());
    CHECK(error_of(members_of_candidate, of_candidate(index)).empty());
    CHECK(error_of(block, of_block(index)).empty());
  }
  CHECK(error_of(choices, choice(1000)) == "the JSON at \"/choices/0\"" + too_many);
  CHECK(error_of(calls, call(1000)) == "the JSON at \"/choices/0/delta/tool_calls/0\"" + too_many);
  CHECK(error_of(members, delta(1000)) == "the JSON at \"/choices/0/delta/m1000\"" + too_many);
  CHECK(error_of(candidates, candidate(1000)) == "the JSON at \"/candidates/0\"" + too_many);
  CHECK(error_of(members_of_candidate, of_candidate(1000)) == "the JSON at \"/candidates/0/m1000\"" + too_many);
  CHECK(error_of(block, of_block(1000)) == "the JSON at \"/delta/m1000\"" + too_many);
  // What is there can still continue.
  CHECK(error_of(choices, choice(999)).empty());
  CHECK(error_of(calls, call(999)).empty());
  CHECK(error_of(members, delta(999)).empty());
  CHECK(error_of(candidates, candidate(999)).empty());
  CHECK(error_of(members_of_candidate, of_candidate(999)).empty());
  CHECK(error_of(block, of_block(999)).empty());
  // An object that came whole with more members cannot be continued.
  std::string many = R"({"choices":[{"index":0,"logprobs":{"m":1)";
  for (int index = 0; index < 2000; ++index) { many += ",\"m" + number(index) + "\":1"; }
  many += "}}]}";
  formats::openai_chat::StreamAssembler whole;
  CHECK(error_of(whole, many).empty());
  CHECK(error_of(whole, R"({"choices":[{"index":0,"logprobs":{"m":2}}]})") ==
        "the JSON at \"/choices/0/logprobs/m\"" + too_many);
}

TEST_CASE("an event that does not fit is refused with its place") {
  formats::anthropic::StreamAssembler anthropic;
  anthropic.add(R"({"type":"message_start","message":{"role":"assistant","content":[]}})");
  const auto add = [&](const char* event) { anthropic.add(event); };
  CHECK_THROWS_WITH(add(R"({"index":0})"), "the JSON at \"/type\" is missing");
  CHECK_THROWS_WITH(add(R"({"type":"content_block_start","index":1,"content_block":{}})"),
                    "the JSON at \"/index\" skips an index");
  CHECK_THROWS_WITH(add(R"({"type":"content_block_delta","index":0,"delta":{}})"),
                    "the JSON at \"/index\" is that of no block that has been started");
  CHECK_THROWS_WITH(add(R"({"type":"content_block_start","index":99999999999999999999,"content_block":{}})"),
                    "the JSON at \"/index\" is not an index");
  CHECK_THROWS_WITH(add(R"({"type":"content_block_start","index":0,"content_block":[]})"),
                    "the JSON at \"/content_block\" is not an object");
  CHECK_THROWS_WITH(add("data: {}"), "the JSON at \"\" is not valid JSON at byte 0");
  add(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
  CHECK_THROWS_WITH(add(R"({"type":"content_block_start","index":0,"content_block":{}})"),
                    "the JSON at \"/index\" is that of a block that has been started");
  CHECK_THROWS_WITH(
      add(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":1}})"),
      "the JSON at \"/delta/partial_json\" is not a string");
  add(R"({"type":"message_delta","delta":{"content":[]},"content":null})");
  add(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{}"}})");
  CHECK(anthropic.message().parts.size() == 1);

  formats::openai_responses::StreamAssembler responses;
  CHECK_THROWS_WITH(
      responses.add(R"({"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"x"})"),
      "the JSON at \"/output_index\" is that of no item that has been added");
  formats::openai_chat::StreamAssembler chat;
  CHECK_THROWS_WITH(chat.add(R"({"choices":[{"delta":{}}]})"), "the JSON at \"/choices/0/index\" is missing");
  CHECK_THROWS_WITH(chat.add(R"({"choices":{}})"), "the JSON at \"/choices\" is not an array");
  formats::gemini::StreamAssembler gemini;
  CHECK_THROWS_WITH(gemini.add(R"({"candidates":[[]]})"), "the JSON at \"/candidates/0\" is not an object");
}
