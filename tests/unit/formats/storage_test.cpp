#include "canonical.hpp"
#include "cases.hpp"

#include <heddle/sqlite.hpp>

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace formats = heddle::formats;
using heddle::Message;

namespace {

/// Stores messages in a session and loads them.
std::vector<Message> store_and_load(heddle::Backend<heddle::Sqlite>& backend, const std::vector<Message>& messages) {
  const auto context = heddle::Context::for_user("alice");
  static int number = 0;
  const std::string session = "s" + std::to_string(++number);
  backend.session_storage().ensure_session(context, {.id = session});
  backend.session_storage().save_messages(context, session, messages);
  return backend.session_storage().load_messages(context, session).items;
}

/// Returns a message without what the database fills in.
Message as_read(Message message) {
  message.timestamp = {};
  message.session_id.clear();
  message.sequence = 0;
  return message;
}

/// Returns what is JSON of the arguments and results of a message.
std::vector<bool> marks_of(const Message& message) {
  std::vector<bool> marks;
  for (const auto& call : message.tool_calls) { marks.push_back(call.input.is_json); }
  if (message.tool_result) { marks.push_back(message.tool_result->data.is_json); }
  for (const auto& part : message.parts) {
    marks.push_back(part.call.input.is_json);
    if (part.result) { marks.push_back(part.result->data.is_json); }
  }
  return marks;
}

}  // namespace

TEST_CASE("a stored message makes the same document again") {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  for (const Format& format : all_formats()) {
    for (const Case& each : cases_of(format)) {
      if (each.what == ".stream") { continue; }
      CAPTURE(each.name);
      const std::vector<Message> messages = messages_of(format, each.what, each.text);
      const std::vector<Message> loaded = store_and_load(backend, messages);
      REQUIRE(loaded.size() == messages.size());
      // Also what a program without parts reads: content, calls and results.
      for (std::size_t index = 0; index < loaded.size(); ++index) {
        CHECK(as_read(loaded[index]) == messages[index]);
        CHECK(marks_of(loaded[index]) == marks_of(messages[index]));
      }
      if (each.what == ".messages") {
        CHECK(canonical(format.write_messages(loaded)) == canonical(each.text));
      } else if (each.what == ".response") {
        CHECK(canonical(format.write_response(loaded.front())) == canonical(each.text));
      } else {
        auto request = format.read_request(each.text);
        request.messages = loaded;
        CHECK(canonical(format.write_request(request)) == canonical(each.text));
      }
    }
  }
}

TEST_CASE("the deepest document that can be read can be stored") {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  // Where the members are is how deep the value in `@` can be.
  const std::vector<std::pair<std::string, int>> documents{
      {R"([{"role":"user","content":[{"type":"text","text":"x","new":{"@":@}}],"new":@,"$new":{"a":@}}])", 4},
      {R"([{"role":"user","content":[{"type":"text","text":"x","new":{"@":@}}],"new":@,"$new":{"a":@}}])", 4},
      {R"([{"role":"user","content":[{"type":"input_text","text":"x","new":{"@":@}},{"type":"new","x":@}],"new":@}])",
       4},
      {R"([{"role":"user","parts":[{"text":"x","new":{"@":@}},{"new":@}],"new":@,"$new":{"a":@}}])", 4}};
  for (std::size_t index = 0; index < documents.size(); ++index) {
    const Format& format = all_formats()[index];
    CAPTURE(format.name);
    const auto depth = static_cast<std::size_t>(504 - documents[index].second - 1);
    const std::string value = std::string(depth, '[') + std::string(depth, ']');
    std::string json = documents[index].first;
    for (std::size_t at = json.find('@'); at != std::string::npos; at = json.find('@', at + 1)) {
      if (json[at - 1] != '"') { json.replace(at, 1, value); }
    }
    const auto loaded = store_and_load(backend, format.read_messages(json));
    CHECK(canonical(format.write_messages(loaded)) == canonical(json));
  }
  // Of responses, whose rest lies deepest.
  const std::string value = std::string(501, '[') + std::string(501, ']');
  const std::string chat = R"({"choices":[{"message":{"role":"assistant","content":"x"},"new":)" + value + "}]}";
  CHECK(canonical(formats::openai_chat::write_response(
            store_and_load(backend, {formats::openai_chat::read_response(chat)}).front())) == canonical(chat));
}
