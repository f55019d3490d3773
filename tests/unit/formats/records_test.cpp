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

Case case_of(const Format& format, const std::string& name, const std::string& what) {
  for (const Case& each : cases_of(format)) {
    if (each.name == format.name + "/" + name && each.what == what) { return each; }
  }
  FAIL("no case " << name);
  return {};
}

std::vector<Message> messages(std::size_t format, const std::string& name) {
  return all_formats()[format].read_messages(case_of(all_formats()[format], name, ".messages").text);
}

Message response(std::size_t format, const std::string& name) {
  return all_formats()[format].read_response(case_of(all_formats()[format], name, ".response").text);
}

}  // namespace

TEST_CASE("null content is a message without a text, \"\" is one with an empty text") {
  const auto read = [](const char* json) { return formats::openai_chat::read_message(json); };
  CHECK(read(R"({"role":"assistant","content":null})").parts.empty());
  CHECK(read(R"({"role":"assistant"})").parts.empty());
  CHECK(read(R"({"role":"assistant","content":""})").parts == std::vector{Part::of_text("")});
  CHECK(formats::openai_chat::write_message({.role = Role::assistant}) == R"({"role":"assistant","content":null})");
  CHECK(formats::openai_chat::write_message({.role = Role::assistant, .parts = {Part::of_text("")}}) ==
        R"({"role":"assistant","content":""})");
  CHECK(formats::anthropic::read_message(R"({"role":"user","content":""})").parts == std::vector{Part::of_text("")});
  CHECK(formats::anthropic::read_message(R"({"role":"user","content":[]})").parts.empty());
  CHECK(formats::gemini::read_message(R"({"parts":[{"text":""}]})").parts == std::vector{Part::of_text("")});
}

TEST_CASE("what Anthropic sends is in the records") {
  const auto thinking = messages(0, "thinking").at(0).parts;
  CHECK(thinking.at(0) == Part::of_thinking("The user wants two numbers.", "EqQBCgIYAhIM+/=="));
  CHECK(thinking.at(1).redacted.starts_with("EmwK"));
  const auto tools = messages(0, "tools");
  CHECK(tools.at(0).role == Role::assistant);
  CHECK(tools.at(0).tool_calls.size() == 6);
  CHECK(tools.at(0).tool_calls.at(0).input.text ==
        R"({"city":"Paris","days":12345678901234567890,"factor":1.0,"list":[1e2,-0.0,{"a":{}}]})");
  CHECK(tools.at(0).tool_calls.at(1).input.text == "{}");
  CHECK(tools.at(0).tool_calls.at(2).input.text == R"({"zone": "Eur)");
  CHECK(tools.at(1).role == Role::tool);
  CHECK(tools.at(1).tool_use_id == "toolu_01A");
  CHECK(tools.at(1).parts.at(0) == Part::of_tool_result("toolu_01A", {.success = true, .data = "18 degrees"}));
  CHECK(tools.at(1).parts.at(1).result->success);
  CHECK_FALSE(tools.at(1).parts.at(2).result->success);
  CHECK(tools.at(1).content == "Now add them.");
  const auto media = messages(0, "media").at(0).parts;
  CHECK(media.at(0).data == "/9j/4AAQSkZJRg==");
  CHECK(media.at(0).extra.text == R"({"cache_control":{"type":"ephemeral"}})");
  CHECK(media.at(1) == Part::of_url(PartKind::image, "https://example.com/cat.png"));
  CHECK(media.at(2) == Part::of_file(PartKind::image, "file_011CNha8iCJcU1wXNR6q4V8w"));
  CHECK(media.at(4).kind == PartKind::document);
  CHECK(media.at(5).text == "Grass is green.");
  CHECK(media.at(9).provider_kind == "search_result");
  const Message whole = response(0, "server_tools");
  CHECK(whole.provider_id == "msg_01XFDUDYJgAACzvnptvVoYEL");
  CHECK(whole.model == "claude-sonnet-4-5-20250929");
  CHECK(whole.stop_reason == "tool_use");
  CHECK(whole.usage == heddle::Usage{6039, 931, 1800, 248, 0});
  CHECK(whole.content == "I search.\nBorn in 1916.");
  CHECK(whole.parts.at(1).provider_kind == "server_tool_use");
  CHECK(whole.parts.at(3).extra.text.find("cited_text") != std::string::npos);
  // Numbers that are no counts stay in the document, not in the sums.
  CHECK(response(0, "odd").usage == heddle::Usage{});
}

TEST_CASE("what Chat Completions send is in the records") {
  const auto texts = messages(1, "texts");
  CHECK(texts.at(1).role == Role::system);
  CHECK(texts.at(13).parts ==
        std::vector{Part::of_other("refusal", R"({"type":"refusal","refusal":"I cannot help with that."})")});
  CHECK(texts.at(16).parts.at(0).kind == PartKind::thinking);
  CHECK(texts.at(16).parts.at(0).text == "Hmm.");
  const auto tools = messages(1, "tools");
  CHECK(tools.at(0).tool_calls.size() == 7);
  CHECK(tools.at(0).tool_calls.at(0) ==
        heddle::ToolCall{"call_1", "get_weather", R"({"city": "Paris", "n": 1.0})", {}});
  CHECK(tools.at(0).tool_calls.at(1).input.text.empty());
  CHECK(tools.at(0).tool_calls.at(2).input.text == R"({"text": "once upo)");
  CHECK(tools.at(0).tool_calls.at(0).input.is_json);
  CHECK_FALSE(tools.at(0).tool_calls.at(1).input.is_json);
  CHECK_FALSE(tools.at(0).tool_calls.at(2).input.is_json);
  CHECK(tools.at(0).tool_calls.at(3).input.text == "no JSON at all");
  CHECK(tools.at(0).tool_calls.at(4) == heddle::ToolCall{"call_5", "code", R"(print("hi"))", {}});
  CHECK(tools.at(0).parts.at(5).provider_kind == "of_tomorrow");
  CHECK(tools.at(1).parts == std::vector{Part::of_tool_result("call_1", {.success = true, .data = R"({"t": 18.0})"})});
  CHECK(tools.at(3).tool_result->data.text.empty());
  CHECK(tools.at(4).tool_result->data.text == R"([{"type":"text","text":"a"},{"type":"text","text":"b"}])");
  CHECK(tools.at(11).tool_calls == std::vector{heddle::ToolCall{"", "old", R"({"a":1})", {}}});
  const auto media = messages(1, "media");
  CHECK(media.at(0).parts.at(1).url == "https://example.com/cat.png");
  CHECK(media.at(0).parts.at(2) == Part::of_data(PartKind::image, "image/png", "iVBORw0KGgo="));
  CHECK(media.at(0).parts.at(5) == Part::of_data(PartKind::audio, "audio/wav", "UklGRg=="));
  CHECK(media.at(0).parts.at(6) == Part::of_data(PartKind::audio, "audio/mpeg", "SUQz"));
  CHECK(media.at(0).parts.at(8).media_type == "application/pdf");
  CHECK(media.at(0).parts.at(9) == Part::of_file(PartKind::document, "file-6F2ksmvXxt4VdoqmHRw6kL"));
  CHECK(media.at(0).content_blocks.size() == 4);
  CHECK(media.at(2).parts.at(0).file_id == "audio_67");
  const Message two = response(1, "two");
  CHECK(two.stop_reason == "length");
  CHECK(two.usage == heddle::Usage{5, 7, 4, 0, 3});
}

TEST_CASE("what Responses send is in the records") {
  const auto items = messages(2, "items");
  CHECK(items.at(0).role == Role::system);
  CHECK(items.at(1).content == "Hello");
  CHECK(items.at(2).parts.size() == 1);
  CHECK(items.at(3).parts.at(4).media_type == "application/pdf");
  CHECK(items.at(4).parts.at(0).provider_kind == "message");
  // What the model wrote in one go is one message, from its reasoning to its calls.
  const Message& answer = items.at(5);
  CHECK(answer.role == Role::assistant);
  CHECK(answer.parts.at(0).text == "First");
  CHECK(answer.parts.at(0).redacted == "gAAAAABkQ==");
  CHECK(answer.parts.at(1).text == "Second");
  CHECK(answer.parts.at(2).text == "Raw");
  CHECK(answer.content == "See\nMore\nA plain one\nno annotations");
  CHECK(answer.tool_calls.size() == 4);
  CHECK(answer.tool_calls.at(2).input.text == "{\"te");
  CHECK(answer.tool_calls.at(3) == heddle::ToolCall{"call_4", "code", "print(1)", {}});
  CHECK(items.at(6).role == Role::user);
  CHECK(items.at(7).role == Role::tool);
  CHECK(items.at(7).parts == std::vector{Part::of_tool_result("call_1", {.success = true, .data = R"({"t": 18.0})"})});
  const Message whole = response(2, "whole");
  CHECK(whole.provider_id == "resp_67ccd2bed1ec8190b14f964abc054267");
  CHECK(whole.stop_reason == "completed");
  CHECK(whole.usage == heddle::Usage{36, 87, 5, 0, 64});
  CHECK(whole.tool_calls.size() == 2);
  CHECK(response(2, "cut").stop_reason == "max_output_tokens");
}

TEST_CASE("what Gemini sends is in the records") {
  const auto texts = messages(3, "texts");
  CHECK(texts.at(2).role == Role::assistant);
  CHECK(texts.at(2).parts.at(0) == Part::of_thinking("Let me think."));
  CHECK(texts.at(2).parts.at(1).signature == "CpwBAdHtim==");
  CHECK(texts.at(2).parts.at(2).kind == PartKind::text);
  const auto tools = messages(3, "tools");
  CHECK(tools.at(0).tool_calls.at(0) ==
        heddle::ToolCall{"", "get_weather", R"({"city":"Paris","n":1.0,"big":12345678901234567890})", "CpwB=="});
  CHECK(tools.at(0).tool_calls.at(1).id == "fc-1");
  CHECK(tools.at(0).tool_calls.at(2).input.text.empty());
  CHECK(tools.at(0).parts.at(4).provider_kind == "executableCode");
  CHECK(tools.at(1).role == Role::tool);
  CHECK(tools.at(1).parts.at(0).result->success);
  CHECK_FALSE(tools.at(1).parts.at(1).result->success);
  const auto media = messages(3, "media").at(0).parts;
  CHECK(media.at(0).kind == PartKind::image);
  CHECK(media.at(1).kind == PartKind::audio);
  CHECK(media.at(2).kind == PartKind::video);
  CHECK(media.at(3).kind == PartKind::document);
  CHECK(media.at(5).url == "https://www.youtube.com/watch?v=1");
  const Message whole = response(3, "whole");
  CHECK(whole.model == "gemini-2.5-pro");
  CHECK(whole.provider_id == "mAitaLmkHPPlz7IPvtfUqQ4");
  CHECK(whole.stop_reason == "STOP");
  CHECK(whole.usage == heddle::Usage{8, 9, 2, 0, 20});
  CHECK(response(3, "blocked").parts.empty());
}

TEST_CASE("a system prompt beside the messages is a message in front of them") {
  for (const std::size_t format : {0U, 2U, 3U}) {
    const Format& each = all_formats()[format];
    CAPTURE(each.name);
    const auto request = each.read_request(case_of(each, format == 2 ? "text" : "whole", ".request").text);
    REQUIRE(request.messages.size() >= 2);
    CHECK(request.messages.at(0).role == Role::system);
    CHECK(request.messages.at(0).content.find("short") != std::string::npos);
    CHECK(request.messages.at(1).role == Role::user);
    CHECK(request.rest.text.find("system") == std::string::npos);
  }
}
