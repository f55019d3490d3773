// Refusals of input before anything is sent, and the field paths in their errors.
#include "heddle/validation/check.hpp"
#include "heddle/control_characters.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/json_check.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

using heddle::validation::check;
using heddle::validation::FieldPath;

namespace limits = heddle::limits;

namespace {

const std::string too_long_for_id(limits::id + 1, 'x');
const std::string too_long_for_name(limits::name + 1, 'x');
const std::string not_utf8 = "\xff";
const std::string is_not_utf8 = " is not UTF-8 without NUL at byte 0: heddle::repair_text makes it so";

/// Returns the message of the refusal of a value; empty if it is accepted.
template <class T>
std::string refusal(const FieldPath& field, const T& value) {
  try {
    check(field, value);
  } catch (const heddle::Error& error) {
    CHECK(error.code() == heddle::ErrorCode::invalid_argument);
    return error.what();
  }
  return {};
}

heddle::Message message_with_tool_call(const heddle::ToolCall& call) {
  heddle::Message message;
  message.tool_calls = {{}, call};
  return message;
}

}  // namespace

TEST_CASE("a path has the steps from an argument to a value") {
  const FieldPath messages("messages");
  CHECK(messages.text() == "messages");
  const FieldPath third = messages.element(2);
  CHECK(third.text() == "messages[2]");
  const FieldPath calls = third.member("tool_calls");
  const FieldPath first = calls.element(0);
  CHECK(first.member("id").text() == "messages[2].tool_calls[0].id");
  CHECK(messages.value(3).text() == "messages.values[3]");
  CHECK(messages.key(4).text() == "messages.keys[4]");
}

TEST_CASE("the path names a fault deep inside a value") {
  heddle::ToolCall call;
  call.id = std::string(limits::provider_id + 1, 'x');
  const FieldPath messages("messages");
  CHECK(refusal(messages.element(2), message_with_tool_call(call)) ==
        "messages[2].tool_calls[1].id is longer than 65536 bytes");
  call.id = "call";
  call.input = {not_utf8};
  CHECK(refusal("message", message_with_tool_call(call)) == "message.tool_calls[1].input" + is_not_utf8);
  // What a model wrote is stored as it is.
  call.input = {"[1,"};
  CHECK(refusal("message", message_with_tool_call(call)).empty());
  heddle::Session session;
  session.context = {"[]"};
  CHECK(refusal("session", session) == "session.context is not a JSON object");

  heddle::Message message;
  message.tool_result.emplace().error.emplace().message = not_utf8;
  CHECK(refusal("message", message) == "message.tool_result.error.message" + is_not_utf8);
  message.tool_result.reset();
  message.cost_usd = std::numeric_limits<double>::infinity();
  CHECK(refusal("message", message) == "message.cost_usd is not a finite number");
  message.cost_usd = 0;
  message.role = static_cast<heddle::Role>(77);
  CHECK(refusal("message", message) == "message.role is not a valid enumerator");
}

TEST_CASE("elements, keys and values are named") {
  heddle::Artifact artifact;
  artifact.tags = {"good", not_utf8};
  CHECK(refusal("artifact", artifact) == "artifact.tags[1]" + is_not_utf8);
  artifact.tags.clear();
  artifact.metadata = {{"a", "good"}, {"b", not_utf8}};
  CHECK(refusal("artifact", artifact) == "artifact.metadata.values[1]" + is_not_utf8);
  artifact.metadata = {{"a", "good"}, {not_utf8, "value"}};
  CHECK(refusal("artifact", artifact) == "artifact.metadata.keys[1]" + is_not_utf8);
  artifact.metadata = {{too_long_for_name, "value"}};
  CHECK(refusal("artifact", artifact) == "artifact.metadata.keys[0] is longer than 4096 bytes");
  artifact.metadata.clear();
  artifact.tags.resize(limits::list + 1);
  CHECK(refusal("artifact", artifact) == "artifact.tags has more than 4096 entries");
}

TEST_CASE("a member has the cap that its struct declares, whatever its name") {
  CHECK(limits::of<&heddle::Message::agent_id> == limits::id);
  CHECK(limits::of<&heddle::Message::content> == limits::text);
  CHECK(limits::of<&heddle::ToolCall::thought_signature> == limits::text);
  CHECK(limits::of<&heddle::Artifact::tags> == limits::name);

  heddle::Message message;
  message.agent_id = too_long_for_id;
  CHECK(refusal("message", message) == "message.agent_id is longer than 255 bytes");
  message.agent_id = std::string(limits::id, 'x');
  message.content = too_long_for_name;
  CHECK(refusal("message", message).empty());
  message.content = std::string(limits::text + 1, 'x');
  CHECK(refusal("message", message) == "message.content is longer than 16777216 bytes");

  heddle::StoredError error;
  error.tool_name = too_long_for_id;
  CHECK(refusal("error", error) == "error.tool_name is longer than 255 bytes");
  error.tool_name.clear();
  error.short_summary = too_long_for_name;
  CHECK(refusal("error", error) == "error.short_summary is longer than 4096 bytes");

  heddle::Artifact artifact;
  artifact.name = too_long_for_name;
  CHECK(refusal("artifact", artifact) == "artifact.name is longer than 4096 bytes");
  artifact.name.clear();
  artifact.tags = {too_long_for_name};
  CHECK(refusal("artifact", artifact) == "artifact.tags[0] is longer than 4096 bytes");
  artifact.tags.clear();
  artifact.session_id = too_long_for_id;
  CHECK(refusal("artifact", artifact) == "artifact.session_id is longer than 255 bytes");
}

TEST_CASE("the elements of a range are checked") {
  std::vector<heddle::Message> messages(2);
  messages[1].tool_use_id = not_utf8;
  CHECK_THROWS_WITH_AS(heddle::validation::check_each("messages", messages),
                       ("messages[1].tool_use_id" + is_not_utf8).c_str(), heddle::Error);
}

TEST_CASE("control characters are those of Unicode") {
  for (int byte = 0; byte < 0x80; ++byte) {
    const std::string text = "ab" + std::string(1, static_cast<char>(byte));
    CAPTURE(byte);
    CHECK(heddle::find_control(text) == (byte < 0x20 || byte == 0x7F ? 2 : std::string_view::npos));
  }
  for (int byte = 0x80; byte < 0xC0; ++byte) {
    const std::string tail(1, static_cast<char>(byte));
    CAPTURE(byte);
    CHECK(heddle::find_control("ab\xC2" + tail) == (byte < 0xA0 ? 2 : std::string_view::npos));
    CHECK(heddle::find_control("ab\xC3" + tail) == std::string_view::npos);
  }
  CHECK(heddle::find_control("") == std::string_view::npos);
  CHECK(heddle::find_control("\xC2") == std::string_view::npos);
}

TEST_CASE("what keeps a text from being JSON is found, also where it ends within a character") {
  using heddle::validation::find_json_error;
  CHECK(find_json_error("{\"a\":\"\xc3\xa4\"}") == std::string::npos);
  CHECK(find_json_error("{\"a\":\"\xc3") == 6);
  CHECK(find_json_error("\"\xf0\x9f\x98") == 1);
  CHECK(find_json_error("\"\xff\"") == 1);
  CHECK(find_json_error("{]\xe2") == 1);
  CHECK(find_json_error(std::string("{}\0", 3)) == 2);
}
