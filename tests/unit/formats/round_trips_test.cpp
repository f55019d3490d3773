#include "canonical.hpp"
#include "cases.hpp"

#include <heddle/formats/detail/parse_json.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>

using heddle::Message;
using heddle::Part;
using heddle::formats::detail::Json;
using heddle::formats::detail::parse_document;

TEST_CASE("a document that is read and written is the same but for order and white space") {
  for (const Format& format : all_formats()) {
    int count = 0;
    for (const Case& each : cases_of(format)) {
      if (each.what == ".stream") { continue; }
      CAPTURE(each.name);
      CHECK(canonical(pass_through(format, each.what, each.text)) == canonical(each.text));
      ++count;
    }
    CHECK(count >= 8);
  }
}

TEST_CASE("a choice other than the first can be read, and the response is written as a whole") {
  namespace formats = heddle::formats;
  for (const Case& each : cases_of(all_formats()[1])) {
    if (each.name != "openai_chat/two") { continue; }
    for (const std::size_t place : {0U, 1U, 2U}) {
      const Message message = formats::openai_chat::read_response(each.text, place);
      CHECK(message.tool_calls.size() == (place == 1 ? 1 : 0));
      CHECK(canonical(formats::openai_chat::write_response(message)) == canonical(each.text));
    }
    CHECK_THROWS_WITH(static_cast<void>(formats::openai_chat::read_response(each.text, 3)),
                      "the JSON at \"/choices/3\" is missing");
  }
  for (const Case& each : cases_of(all_formats()[3])) {
    if (each.name != "gemini/two") { continue; }
    for (const std::size_t place : {0U, 1U, 2U}) {
      const Message message = formats::gemini::read_response(each.text, place);
      CHECK(message.parts.size() == (place == 2 ? 1 : 0));
      CHECK(canonical(formats::gemini::write_response(message)) == canonical(each.text));
    }
    CHECK_THROWS_WITH(static_cast<void>(formats::gemini::read_response(each.text, 3)),
                      "the JSON at \"/candidates/3\" is missing");
  }
}

namespace {

/// Returns whether a rest has the content itself: then a change of the parts would not reach the document.
bool keeps_content(const Message& message, const std::string& format) {
  const Json metadata = parse_document(message.metadata.text);
  for (const char* kind : {"message", "response"}) {
    const Json* const rest = metadata.find("$" + format)->find(kind);
    for (const char* name : {"content", "parts", "tool_calls", "output", "function_call"}) {
      const Json* const kept = rest == nullptr ? nullptr : rest->find(name);
      if (kept != nullptr && kept->is_array() && !kept->items.empty()) { return true; }
    }
  }
  return false;
}

}  // namespace

TEST_CASE("what the parts have is not kept a second time") {
  for (const Format& format : all_formats()) {
    for (const Case& each : cases_of(format)) {
      if (each.what == ".stream") { continue; }
      CAPTURE(each.name);
      for (const Message& message : messages_of(format, each.what, each.text)) {
        CHECK_FALSE(keeps_content(message, format.name));
        for (const Part& part : message.parts) {
          if (part.text.size() < 4) { continue; }
          CHECK(part.extra.text.find("\"" + part.text + "\"") == std::string::npos);
        }
      }
    }
  }
}

TEST_CASE("a change of a part that was read is written") {
  for (const Format& format : all_formats()) {
    int changed = 0;
    for (const Case& each : cases_of(format)) {
      if (each.what != ".messages") { continue; }
      CAPTURE(each.name);
      auto messages = format.read_messages(each.text);
      for (Message& message : messages) {
        for (Part& part : message.parts) {
          if (part.kind != heddle::PartKind::text) { continue; }
          part.text = "changed " + std::to_string(++changed);
        }
      }
      const std::string written = format.write_messages(messages);
      for (const Message& message : messages) {
        for (const Part& part : message.parts) {
          if (part.kind != heddle::PartKind::text) { continue; }
          CHECK(written.find('"' + part.text + '"') != std::string::npos);
        }
      }
    }
    CHECK(changed > 5);
  }
}

TEST_CASE("an item that has the name of a kind of content stays an item") {
  namespace responses = heddle::formats::openai_responses;
  const auto same = [](const std::string& json) {
    CHECK(canonical(responses::write_messages(responses::read_messages(json))) == canonical(json));
    CHECK(canonical(responses::write_message(responses::read_message(json))) == canonical(json));
  };
  const std::string item = R"({"type":"refusal","refusal":"x"})";
  const std::string message = R"({"type":"message","role":"assistant","content":[)" + item + "]}";
  same("[" + item + "]");
  same("[" + message + "]");
  same("[" + item + "," + message + "," + item + "]");
}

TEST_CASE("system messages are joined, whatever members they had") {
  namespace gemini = heddle::formats::gemini;
  const Message system{.role = heddle::Role::system, .parts = {Part::of_text("Be kind.")}};
  for (const std::string members : {"", R"("parts":null)", R"("parts":[])"}) {
    CAPTURE(members);
    // `parts` of null is refused by the reader: only its metadata can say so.
    auto request = gemini::read_request(R"({"systemInstruction":{},"contents":[]})");
    if (members == R"("parts":[])") {
      request = gemini::read_request(R"({"systemInstruction":{"parts":[]},"contents":[]})");
    } else if (!members.empty()) {
      request.messages.at(0).metadata.text =
          R"({"$gemini":{"message":{"$system":"systemInstruction",)" + members + "}}}";
    }
    const std::string expected = canonical(R"({"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[]})");
    request.messages.insert(request.messages.begin(), system);
    CHECK(canonical(gemini::write_request(request)) == expected);
    std::swap(request.messages.at(0), request.messages.at(1));
    CHECK(canonical(gemini::write_request(request)) == expected);
  }
}

TEST_CASE("a result that has failed after all is written so") {
  namespace anthropic = heddle::formats::anthropic;
  for (const char* json :
       {R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x","is_error":false}]})",
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"x"}]})"}) {
    Message message = anthropic::read_message(json);
    message.parts.at(0).result->success = false;
    message.parts.at(0).result->data.text = "y";
    CHECK(canonical(anthropic::write_message(message)) ==
          canonical(
              R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"y","is_error":true}]})"));
  }
}
