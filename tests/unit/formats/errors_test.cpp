#include "canonical.hpp"
#include "cases.hpp"

#include <heddle/error.hpp>
#include <heddle/formats/repair_json.hpp>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace formats = heddle::formats;
using heddle::Message;
using heddle::Part;

namespace {

/// A document and the error with which it is refused.
struct Refused {
  std::string json;
  std::string error;
};

template <class Read>
void check_refused(Read read, const std::vector<Refused>& cases) {
  for (const Refused& each : cases) {
    CAPTURE(each.json);
    std::string error = "none";
    try {
      static_cast<void>(read(each.json));
    } catch (const heddle::Error& refused) {
      CHECK(refused.code() == heddle::ErrorCode::invalid_argument);
      error = refused.what();
    }
    CHECK(error == "the JSON at " + each.error);
  }
}

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace

TEST_CASE("what is not JSON, or could not be stored, is refused with its place") {
  const std::vector<Refused> cases{
      {"", "\"\" is not valid JSON at byte 0"},
      {"  ", "\"\" is not valid JSON at byte 2"},
      {R"([{"role":"user","content":}])", "\"/0/content\" is not valid JSON at byte 26"},
      {"[{},{\"a\":[1,2 3]}]", "\"/1/a/2\" is not valid JSON at byte 14"},
      {"[] []", "\"\" is not valid JSON at byte 3"},
      {std::string("[]\0", 3), "\"\" is not valid JSON at byte 2"},
      {R"({"role":"user","role":"user"})", "\"/role\" is there more than once"},
      {R"([{"x":[0,{"a/b":1,"m~n":2,"a/b":3}]}])", "\"/0/x/1/a~1b\" is there more than once"},
      {R"([{"x":{"":1,"\u0000":2}}])",
       "\"/0/x/ \" has a NUL or half of a surrogate pair: heddle::formats::repair_json replaces them"},
      {R"([{"":1,"":2}])", "\"/0/\" is there more than once"},
      {R"([{"\u0061":1,"a":2}])", "\"/0/a\" is there more than once"},
      {R"([{"content":"a\u0000b"}])",
       "\"/0/content\" has a NUL or half of a surrogate pair: heddle::formats::repair_json replaces them"},
      {R"(["\udc00"])", "\"/0\" has a NUL or half of a surrogate pair: heddle::formats::repair_json replaces them"},
      {R"(["\ud800"])", "\"/0\" has half of a surrogate pair, which heddle::formats::repair_json replaces, at byte 2"},
      {"[\"\xff\"]", "\"/0\" is not UTF-8, which heddle::formats::repair_json makes it, at byte 2"},
      {"[1e999]", "\"/0\" has a number that no double holds, at byte 1"},
      {"[" + nested(600) + "]", "\"" +
                                    [] {
                                      std::string pointer;
                                      for (int level = 0; level < 504; ++level) { pointer += "/0"; }
                                      return pointer;
                                    }() +
                                    "\" is nested too deeply"},
      {"{\"" + std::string(1000, 'a') + "\":1,\"" + std::string(1000, 'a') + "\":2}",
       "\"/" + std::string(64, 'a') + "...\" is there more than once"},
  };
  for (const Format& format : all_formats()) { check_refused(format.read_messages, cases); }
}

TEST_CASE("the place of what is not as Anthropic has it") {
  const auto& format = all_formats()[0];
  check_refused(
      format.read_messages,
      {{"{}", "\"\" is not an array"},
       {"[1]", "\"/0\" is not an object"},
       {R"([{"content":""}])", "\"/0/role\" is missing"},
       {R"([{"role":7,"content":""}])", "\"/0/role\" is not a string"},
       {R"([{"role":"tool","content":""}])", "\"/0/role\" is not user, assistant or system"},
       {R"([{"role":"user"}])", "\"/0/content\" is missing"},
       {R"([{"role":"user","content":null}])", "\"/0/content\" is neither a string nor an array"},
       {R"([{"role":"user","content":[{"type":"text","text":"a"},"b"]}])", "\"/0/content/1\" is not an object"},
       {R"([{"role":"user","content":[{}]}])", "\"/0/content/0/type\" is missing"},
       {R"([{"role":"user","content":[{"type":"text"}]}])", "\"/0/content/0/text\" is missing"},
       {R"([{"role":"user","content":[{"type":"thinking","thinking":1}]}])",
        "\"/0/content/0/thinking\" is not a string"},
       {R"([{"role":"user","content":[{"type":"redacted_thinking"}]}])", "\"/0/content/0/data\" is missing"},
       {R"([{"role":"user","content":[{"type":"tool_use","name":"f","input":{}}]}])", "\"/0/content/0/id\" is missing"},
       {R"([{"role":"user","content":[{"type":"tool_use","id":"a","name":"f","input":"x"}]}])",
        "\"/0/content/0/input\" is not an object"},
       {R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":1}]}])",
        "\"/0/content/0/content\" is neither a string nor an array"},
       {R"([{"role":"user","content":[{"type":"image"}]}])", "\"/0/content/0/source\" is missing"},
       {R"([{"role":"user","content":[{"type":"document","source":{}}]}])",
        "\"/0/content/0/source/type\" is missing"}});
  check_refused(format.read_response, {{R"({"type":"error","error":{}})", "\"/content\" is missing"},
                                       {R"({"content":"x"})", "\"/content\" is not an array"}});
  check_refused(format.read_request,
                {{R"({"messages":1})", "\"/messages\" is not an array"},
                 {R"({})", "\"/messages\" is missing"},
                 {R"({"messages":[],"system":1})", "\"/system\" is neither a string nor an array"},
                 {R"({"messages":[],"system":[{"type":"text"}]})", "\"/system/0/text\" is missing"}});
}

TEST_CASE("the place of what is not as Chat Completions have it") {
  const auto& format = all_formats()[1];
  check_refused(
      format.read_messages,
      {{R"([{"role":"robot"}])", "\"/0/role\" is not system, developer, user, assistant, tool or function"},
       {R"([{"role":"user","content":1}])", "\"/0/content\" is neither null, a string nor an array"},
       {R"([{"role":"user","content":[{"type":"image_url"}]}])", "\"/0/content/0/image_url\" is missing"},
       {R"([{"role":"user","content":[{"type":"image_url","image_url":{}}]}])",
        "\"/0/content/0/image_url/url\" is missing"},
       {R"([{"role":"user","content":[{"type":"input_audio","input_audio":{}}]}])",
        "\"/0/content/0/input_audio/data\" is missing"},
       {R"([{"role":"user","content":[{"type":"file","file":"x"}]}])", "\"/0/content/0/file\" is not an object"},
       {R"([{"role":"assistant","tool_calls":{}}])", "\"/0/tool_calls\" is not an array"},
       {R"([{"role":"assistant","tool_calls":[1]}])", "\"/0/tool_calls/0\" is not an object"},
       {R"([{"role":"assistant","tool_calls":[{"function":{"name":"f"}},{"function":{}}]}])",
        "\"/0/tool_calls/1/function/name\" is missing"},
       {R"([{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]}])",
        "\"/0/tool_calls/0/function/arguments\" is not a string"},
       {R"([{"role":"assistant","tool_calls":[{"type":"custom","custom":{"name":1}}]}])",
        "\"/0/tool_calls/0/custom/name\" is not a string"},
       {R"([{"role":"assistant","function_call":"f"}])", "\"/0/function_call\" is not an object"},
       {R"([{"role":"tool","tool_call_id":"a"}])", "\"/0/content\" is missing"},
       {R"([{"role":"tool","tool_call_id":"a","content":{}}])",
        "\"/0/content\" is neither null, a string nor an array"}});
  check_refused(format.read_response, {{"[]", "\"\" is not an object"},
                                       {"{}", "\"/choices\" is missing"},
                                       {R"({"choices":[]})", "\"/choices/0\" is missing"},
                                       {R"({"choices":[{}]})", "\"/choices/0/message\" is missing"},
                                       {R"({"choices":[{"message":{}}]})", "\"/choices/0/message/role\" is missing"}});
}

TEST_CASE("the place of what is not as Responses have it") {
  const auto& format = all_formats()[2];
  check_refused(
      format.read_messages,
      {{R"([{}])", "\"/0/type\" is missing"},
       {R"([{"role":"tool","content":""}])", "\"/0/role\" is not user, assistant, system or developer"},
       {R"([{"type":"message","role":"user"}])", "\"/0/content\" is missing"},
       {R"([{"type":"message","role":"user","content":1}])", "\"/0/content\" is neither a string nor an array"},
       {R"([{"type":"message","role":"user","content":[{"type":"input_text"}]}])", "\"/0/content/0/text\" is missing"},
       {R"([{"type":"function_call","name":"f","arguments":"{}"}])", "\"/0/call_id\" is missing"},
       {R"([{"type":"function_call","call_id":"a","name":"f","arguments":{}}])", "\"/0/arguments\" is not a string"},
       {R"([{"type":"custom_tool_call","call_id":"a","name":"f"}])", "\"/0/input\" is missing"},
       {R"([{"type":"function_call_output","call_id":"a","output":{}}])",
        "\"/0/output\" is neither a string nor an array"}});
  check_refused(format.read_response,
                {{"{}", "\"/output\" is missing"}, {R"({"output":[1]})", "\"/output/0\" is not an object"}});
  check_refused(format.read_request, {{R"({"input":1})", "\"/input\" is not an array"},
                                      {R"({"input":[{"type":1}]})", "\"/input/0/type\" is not a string"}});
}

TEST_CASE("the place of what is not as Gemini has it") {
  const auto& format = all_formats()[3];
  check_refused(format.read_messages,
                {{R"([{"role":"assistant","parts":[]}])", "\"/0/role\" is not user, model, function or system"},
                 {R"([{"role":"user","parts":{}}])", "\"/0/parts\" is not an array"},
                 {R"([{"role":"user","parts":["a"]}])", "\"/0/parts/0\" is not an object"},
                 {R"([{"role":"user","parts":[{"text":1}]}])", "\"/0/parts/0/text\" is not a string"},
                 {R"([{"role":"model","parts":[{"functionCall":{}}]}])", "\"/0/parts/0/functionCall/name\" is missing"},
                 {R"([{"role":"model","parts":[{"functionCall":{"name":"f","args":[]}}]}])",
                  "\"/0/parts/0/functionCall/args\" is not an object"},
                 {R"([{"role":"user","parts":[{"functionResponse":{"response":"x"}}]}])",
                  "\"/0/parts/0/functionResponse/response\" is not an object"},
                 {R"([{"role":"user","parts":[{"inlineData":{}}]}])", "\"/0/parts/0/inlineData/data\" is missing"},
                 {R"([{"role":"user","parts":[{"fileData":{}}]}])", "\"/0/parts/0/fileData/fileUri\" is missing"}});
  check_refused(format.read_response,
                {{R"({"candidates":[1]})", "\"/candidates/0\" is not an object"},
                 {R"({"candidates":[{"content":1}]})", "\"/candidates/0/content\" is not an object"}});
  check_refused(format.read_request, {{"{}", "\"/contents\" is missing"},
                                      {R"({"contents":[],"systemInstruction":{"parts":[{"text":1}]}})",
                                       "\"/systemInstruction/parts/0/text\" is not a string"}});
}

TEST_CASE("a message that has no form in an API is refused with the part") {
  const auto refused = [](const Format& format, const Message& message) {
    try {
      static_cast<void>(format.write_messages({&message, 1}));
    } catch (const heddle::Error& error) { return std::string(error.what()); }
    return std::string();
  };
  for (const Format& format : all_formats()) {
    CAPTURE(format.name);
    const Part text = Part::of_text("x");
    CHECK(refused(format, {.parts = {text, Part::of_artifact("a")}}).starts_with("message.parts[1] is of a kind that"));
    CHECK(refused(format, {.parts = {Part::of_other("mine", "no JSON")}}).starts_with("message.parts[0] is of a kind"));
    Part odd = text;
    odd.extra.text = "[1]";
    CHECK(refused(format, {.parts = {text, odd}}) == "message.parts[1].extra is not a JSON object");
    CHECK(refused(format, {.parts = {text}, .metadata = "nothing"}) == "message.metadata is not a JSON object");
    CHECK_THROWS_WITH(static_cast<void>(format.write_request({{}, "[]"})), "request.rest is not a JSON object");
  }
  CHECK(refused(all_formats()[0], {.parts = {Part::of_url(heddle::PartKind::video, "u")}}) ==
        "message.parts[0] is of a kind that has no form in the Messages API of Anthropic");
}

TEST_CASE("metadata and extra that are no rests of a format are refused") {
  const auto refused = [](const Format& format, const Message& message) {
    try {
      static_cast<void>(format.write_messages({&message, 1}));
    } catch (const heddle::Error& error) {
      CHECK(error.code() == heddle::ErrorCode::invalid_argument);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::vector<std::string> no_objects{R"(["a","b"])", R"("a")", "1", "null"};
  for (const Format& format : all_formats()) {
    CAPTURE(format.name);
    for (const std::string& value : no_objects) {
      CAPTURE(value);
      Message message{.parts = {Part::of_text("x")}};
      message.metadata.text = R"({"$)" + format.name + R"(":{"message":)" + value + "}}";
      CHECK(refused(format, message) == "message.metadata.$" + format.name + ".message is not a JSON object");
      message.metadata.text = R"({"$)" + format.name + R"(":{"response":)" + value + "}}";
      CHECK_THROWS_WITH(static_cast<void>(format.write_response(message)),
                        ("message.metadata.$" + format.name + ".response is not a JSON object").c_str());
      message.metadata.text = "{\"$" + format.name + "\":" + value + "}";
      CHECK(refused(format, message) == "message.metadata.$" + format.name + " is not a JSON object");
    }
  }
  for (const std::string& value : no_objects) {
    Part part = Part::of_text("x");
    part.extra.text = "{\"$item\":" + value + "}";
    CHECK(refused(all_formats()[2], {.parts = {part}}) == "message.parts[0].extra.$item is not a JSON object");
  }
}

TEST_CASE("repaired JSON is accepted") {
  const std::string broken =
      "[{\"role\":\"user\",\"content\":\"a\\u0000\\ud800b\\uDC00\\uD83D\\uDE00\\\\u0000\xff\\ud800\\u0041\"}]";
  for (const auto& read : {formats::openai_chat::read_messages, formats::anthropic::read_messages}) {
    CHECK_THROWS_AS(static_cast<void>(read(broken)), heddle::Error);
    const auto messages = read(formats::repair_json(broken));
    CHECK(messages.at(0).content ==
          "a\xEF\xBF\xBD\xEF\xBF\xBD"
          "b\xEF\xBF\xBD\xF0\x9F\x98\x80\\u0000\xEF\xBF\xBD\xEF\xBF\xBD"
          "A");
  }
  for (const std::string text : {"", "{}", R"("\ud83d\ude00 \\u0000 \"")", "\\", "\\u", "\\u00", R"("\u0001")"}) {
    CHECK(formats::repair_json(text) == text);
  }
}

TEST_CASE("large documents are read") {
  std::string text;
  text.resize(10'000'000, 'x');
  for (const Format& format : all_formats()) {
    CAPTURE(format.name);
    const Message message{.parts = {Part::of_text(text)}};
    const auto messages = format.read_messages(format.write_messages({&message, 1}));
    CHECK(messages.at(0).content == text);
  }
  // Unknown members do not cost the square of their number.
  std::string many = R"({"role":"user","content":"x","parts":[])";
  for (int index = 0; index < 100'000; ++index) { many += ",\"m" + std::to_string(index) + "\":1"; }
  many += "}";
  CHECK(canonical(formats::openai_chat::write_message(formats::openai_chat::read_message(many))) == canonical(many));
  CHECK(canonical(formats::gemini::write_message(formats::gemini::read_message(many))) == canonical(many));
}
