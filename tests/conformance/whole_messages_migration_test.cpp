#include "conformance/migration_places.hpp"
#include "conformance/sample.hpp"
#include "conformance/whole_messages.hpp"
#include "heddle/model/parts_of.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;
using Storage = EmptyPlace::Storage;

TEST_CASE("a database of an earlier version keeps its messages, and they can get parts and usage") {
  EmptyPlace place;
  Storage backend(place.config());
  backend.migrate();
  auto& sessions = backend.session_storage();
  add_session(backend, alice, "s");
  add_session(backend, alice, "gone");
  const AppendOptions once{.idempotency_key = "k"};
  const Turn turn{.messages = {full_message(), says("plain")}, .executions = {{.tool_name = "t"}}};
  CHECK(sessions.save_turn(alice, "s", turn, once) == SequenceRange{1, 2});
  const std::vector<Message> before = sessions.load_messages(alice, "s").items;
  const std::vector<ToolExecution> executions = sessions.list_tool_executions(alice, "s").items;

  backend.migrator().to({}, version_of(backend, "whole_messages") - 1);
  CHECK(code_of([&] { sessions.save_message(alice, "s", says("early")); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(sessions.load_messages(alice, "s")); }) == ErrorCode::failed_precondition);
  CHECK_THROWS(place.execute("SELECT count(*) FROM usage_by_day"));
  backend.migrate();

  CHECK(sessions.load_messages(alice, "s").items == before);
  CHECK(sessions.list_tool_executions(alice, "s").items == executions);
  CHECK(sessions.search_messages(alice, {.query = "plain"}).items.size() == 1);
  CHECK(sessions.usage(alice).items.empty());
  CHECK(sessions.save_turn(alice, "s", turn, once) == SequenceRange{1, 2});
  CHECK(code_of([&] { sessions.save_turn(alice, "s", {.messages = {says("plain")}}, once); }) ==
        ErrorCode::invalid_argument);

  // An earlier message with its parts is the same message, with an order.
  for (Message message : before) {
    message.parts = parts_of(message);
    message.model = "m";
    const Message loaded =
        (sessions.save_message(alice, "s", message), sessions.load_messages(alice, "s").items.back());
    CHECK(loaded.parts == message.parts);
    CHECK(loaded.content_blocks.empty() == message.content_blocks.empty());
    CHECK(loaded.tool_calls == message.tool_calls);
    CHECK(loaded.tool_use_id == message.tool_use_id);
    CHECK(loaded.tool_result == message.tool_result);
    CHECK(parts_of(loaded) == message.parts);
  }
  CHECK(sessions.usage(alice).items.front().messages == 2);
}
