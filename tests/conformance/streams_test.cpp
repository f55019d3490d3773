#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

// Messages that are stored while a model writes them.

namespace {

const Message assistant{.role = Role::assistant, .agent_id = "writer"};

/// Returns a message of the session "s" of alice.
template <class Backend>
Message loaded(Backend& backend, std::int64_t sequence, const std::string& session = "s") {
  const auto items = backend.session_storage().load_messages(alice, session).items;
  REQUIRE(items.size() >= static_cast<std::size_t>(sequence));
  return items[static_cast<std::size_t>(sequence) - 1];
}

}  // namespace

CONFORMANCE_TEST("a message grows where readers see it, and is whole when it is finished") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  auto& sessions = backend.session_storage();
  add_session(backend, alice, "s");
  sessions.save_message(alice, "s", says("question"));
  MessageStream stream = streams.begin(alice, "s", assistant);
  CHECK(stream.at == SessionEnd{1, 2});
  CHECK(loaded(backend, 2).state == MessageState::streaming);
  CHECK(loaded(backend, 2).content.empty());
  CHECK(loaded(backend, 1).state == MessageState::complete);
  streams.append(alice, stream, "Grüße ");
  streams.append(alice, stream, "to the world");
  CHECK(stream.text == "Grüße to the world");
  // Others append meanwhile.
  CHECK(sessions.save_message(alice, "s", says("next")) == 3);
  const Message growing = loaded(backend, 2);
  CHECK(growing.content == "Grüße to the world");
  CHECK(growing.role == Role::assistant);
  CHECK(growing.agent_id == "writer");
  CHECK(growing.timestamp == stream.begun_at);
  CHECK(sessions.load_messages(alice, "s", {.last = 2}).messages.front().content == "Grüße to the world");
  CHECK(sessions.load_messages(alice, "s", {.last = 2}).messages.front().state == MessageState::streaming);
  CHECK(sessions.search_messages(alice, {.query = "world"}).items.empty());

  Message rest{.token_count = 7, .cost_usd = 0.5, .provider_id = "msg_1", .model = "m", .stop_reason = "end_turn"};
  rest.usage.output_tokens = 7;
  rest.metadata = JsonObject{R"({"k":1})"};
  streams.finish(alice, stream, rest);
  const Message whole = loaded(backend, 2);
  rest.role = Role::assistant;
  rest.agent_id = "writer";
  rest.timestamp = stream.begun_at;
  rest.content = "Grüße to the world";
  rest.session_id = "s";
  rest.sequence = 2;
  CHECK(whole == rest);
  CHECK(sessions.search_messages(alice, {.query = "world"}).items.size() == 1);
  CHECK(sessions.load_session(alice, "s")->total_tokens == 7);
  CHECK(sessions.load_session(alice, "s")->total_cost_usd == 0.5);
  const auto usage = sessions.usage(alice).items;
  REQUIRE(usage.size() == 1);
  CHECK(usage[0].messages == 1);
  CHECK(usage[0].usage.output_tokens == 7);
  CHECK(code_of([&] { streams.append(alice, stream, "more"); }) == ErrorCode::conflict);
  CHECK(code_of([&] { streams.finish(alice, stream, rest); }) == ErrorCode::conflict);
  CHECK(code_of([&] { static_cast<void>(streams.take_over(alice, "s", stream.at)); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("a finished message has the parts and calls that it is given") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  SUBCASE("parts") {
    MessageStream stream = streams.begin(alice, "s", assistant);
    streams.append(alice, stream, "draft");
    Message rest;
    rest.parts = {Part::of_thinking("hm", "sig"), Part::of_text("final"),
                  Part::of_tool_call({.id = "c", .name = "tool"})};
    streams.finish(alice, stream, rest);
    CHECK(loaded(backend, 1).parts == rest.parts);
    CHECK(loaded(backend, 1).content == "final");
    CHECK(backend.session_storage().open_tool_calls(alice, "s").items.size() == 1);
  }
  SUBCASE("calls beside the streamed text") {
    MessageStream stream = streams.begin(alice, "s", assistant);
    streams.append(alice, stream, "I look");
    Message rest;
    rest.tool_calls = {{.id = "c", .name = "tool"}};
    streams.finish(alice, stream, rest);
    CHECK(loaded(backend, 1).content == "I look");
    CHECK(loaded(backend, 1).tool_calls == rest.tool_calls);
    CHECK(backend.session_storage().open_tool_calls(alice, "s").items.size() == 1);
  }
  SUBCASE("nothing") {
    const MessageStream stream = streams.begin(alice, "s", assistant);
    streams.finish(alice, stream, {});
    CHECK(loaded(backend, 1).content.empty());
    CHECK(loaded(backend, 1).state == MessageState::complete);
  }
}

CONFORMANCE_TEST("a writer that does not know all that is stored finishes nothing") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  MessageStream stream = streams.begin(alice, "s", assistant);
  const MessageStream stale = stream;
  streams.append(alice, stream, "text");
  CHECK(code_of([&] { streams.finish(alice, stale, {}); }) == ErrorCode::conflict);
  CHECK(loaded(backend, 1).content == "text");
  CHECK(loaded(backend, 1).state == MessageState::streaming);
  // Blocks are beside the text.
  Message rest;
  rest.content_blocks = {{ContentKind::image_url, "https://example.org/a.png", "image/png"}};
  streams.finish(alice, stream, rest);
  CHECK(loaded(backend, 1).content == "text");
  CHECK(loaded(backend, 1).content_blocks == rest.content_blocks);
}

CONFORMANCE_TEST("an interrupted message of a deleted session is found in a fork") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  static_cast<void>(streams.begin(alice, "s", assistant, {}, 1ms));
  backend.session_storage().fork_session(alice, "s", 1, {.id = "fork"});
  std::this_thread::sleep_for(20ms);
  REQUIRE(streams.interrupted(alice).items.size() == 1);
  CHECK(streams.interrupted(alice).items[0].session_id == "s");
  backend.session_storage().delete_session(alice, "s");
  REQUIRE(streams.interrupted(alice).items.size() == 1);
  CHECK(streams.interrupted(alice).items[0].session_id == "fork");
  CHECK(streams.interrupted(alice).items[0].at == SessionEnd{1, 1});
}

CONFORMANCE_TEST("a text that is stored at its offset already changes nothing, another one is refused") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  MessageStream stream = streams.begin(alice, "s", assistant);
  const MessageStream before = stream;
  streams.append(alice, stream, "one");
  MessageStream repeat = before;
  streams.append(alice, repeat, "one");
  CHECK(repeat.text == "one");
  streams.append(alice, stream, "two");
  repeat = before;
  streams.append(alice, repeat, "one");
  CHECK(loaded(backend, 1).content == "onetwo");
  repeat = before;
  CHECK(code_of([&] { streams.append(alice, repeat, "One"); }) == ErrorCode::conflict);
  CHECK(repeat.text.empty());
  repeat.text = "beyond the end";
  CHECK(code_of([&] { streams.append(alice, repeat, "x"); }) == ErrorCode::conflict);
  streams.append(alice, stream, "");
  CHECK(loaded(backend, 1).content == "onetwo");
}

CONFORMANCE_TEST("a repeated begin returns the same writer and what is stored") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  const AppendOptions once{.idempotency_key = "k", .expected_sequence = 0};
  MessageStream stream = streams.begin(alice, "s", assistant, once);
  streams.append(alice, stream, "so far");
  const MessageStream again = streams.begin(alice, "s", assistant, once);
  CHECK(again.at == stream.at);
  CHECK(again.writer == stream.writer);
  CHECK(again.text == "so far");
  CHECK(again.begun_at == stream.begun_at);
  CHECK(backend.session_storage().load_session(alice, "s")->last_sequence == 1);
  CHECK(code_of([&] { static_cast<void>(streams.begin(alice, "s", assistant, once, 5s)); }) ==
        ErrorCode::invalid_argument);
  const WriteOptions key{.idempotency_key = "f"};
  streams.finish(alice, stream, {.token_count = 3}, key);
  streams.finish(alice, stream, {.token_count = 3}, key);
  CHECK(backend.session_storage().load_session(alice, "s")->total_tokens == 3);
  CHECK(code_of([&] { static_cast<void>(streams.begin(alice, "s", assistant, once)); }) ==
        ErrorCode::failed_precondition);
}

CONFORMANCE_TEST("a silent writer's message is interrupted, and another writer takes it over") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  add_session(backend, bob, "s");
  MessageStream dead = streams.begin(alice, "s", assistant, {}, 1ms);
  streams.append(alice, dead, "half");
  const MessageStream alive = streams.begin(alice, "s", assistant);
  const MessageStream of_bob = streams.begin(bob, "s", assistant, {}, 1ms);
  std::this_thread::sleep_for(20ms);
  CHECK(loaded(backend, 1).state == MessageState::interrupted);
  CHECK(loaded(backend, 1).content == "half");
  CHECK(loaded(backend, 2).state == MessageState::streaming);
  const auto found = streams.interrupted(alice).items;
  REQUIRE(found.size() == 1);
  CHECK(found[0].session_id == "s");
  CHECK(found[0].at == SessionEnd{1, 1});
  CHECK(found[0].bytes == 4);
  CHECK(found[0].last_append_at != Timestamp{});
  MessageStream next = streams.take_over(alice, found[0].session_id, found[0].at);
  CHECK(next.text == "half");
  CHECK(next.writer > dead.writer);
  CHECK(code_of([&] { streams.append(alice, dead, " way"); }) == ErrorCode::conflict);
  CHECK(code_of([&] { streams.finish(alice, dead, {}); }) == ErrorCode::conflict);
  streams.append(alice, next, " way");
  streams.finish(alice, next, {});
  CHECK(loaded(backend, 1).content == "half way");
  CHECK(streams.interrupted(alice).items.empty());
  CHECK(streams.interrupted(bob).items.size() == 1);
}

CONFORMANCE_TEST("interrupted messages come page by page") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  for (int number = 0; number < 5; ++number) {
    static_cast<void>(streams.begin(alice, "s", assistant, {}, 1ms));
    std::this_thread::sleep_for(2ms);
  }
  std::this_thread::sleep_for(20ms);
  std::vector<std::int64_t> sequences;
  PageRequest page{.limit = 2};
  do {
    const auto found = streams.interrupted(alice, page);
    CHECK(found.items.size() <= 2);
    for (const auto& each : found.items) { sequences.push_back(each.at.sequence); }
    page.cursor = found.next;
  } while (!page.cursor.empty());
  CHECK(sequences == std::vector<std::int64_t>{1, 2, 3, 4, 5});
}

CONFORMANCE_TEST("a call that waits for growth sees what is new") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  MessageStream stream = streams.begin(alice, "s", assistant);
  streams.append(alice, stream, "abc");
  streams.append(alice, stream, "def");
  CHECK(streams.wait(alice, "s", stream.at) == StreamGrowth{MessageState::streaming, "abcdef", 6});
  CHECK(streams.wait(alice, "s", stream.at, 3) == StreamGrowth{MessageState::streaming, "def", 6});
  CHECK(streams.wait(alice, "s", stream.at, 4) == StreamGrowth{MessageState::streaming, "ef", 6});
  CHECK(code_of([&] { static_cast<void>(streams.wait(alice.with_timeout(20ms), "s", stream.at, 6)); }) ==
        ErrorCode::deadline_exceeded);
  {
    std::jthread writer([&] {
      std::this_thread::sleep_for(20ms);
      streams.append(alice, stream, "ghi");
    });
    CHECK(streams.wait(alice, "s", stream.at, 6) == StreamGrowth{MessageState::streaming, "ghi", 9});
  }
  {
    std::jthread writer([&] {
      std::this_thread::sleep_for(20ms);
      streams.finish(alice, stream, {});
    });
    CHECK(streams.wait(alice, "s", stream.at, 9).state == MessageState::complete);
  }
  const MessageStream silent = streams.begin(alice, "s", assistant, {}, 50ms);
  CHECK(streams.wait(alice, "s", silent.at).state == MessageState::interrupted);
  CHECK(code_of([&] { static_cast<void>(streams.wait(alice, "s", {1, 99})); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(streams.wait(bob, "s", stream.at)); }) == ErrorCode::not_found);
}

CONFORMANCE_TEST("a stream, forks, rewinds, redaction and deletion") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  auto& sessions = backend.session_storage();
  add_session(backend, alice, "s");
  MessageStream stream = streams.begin(alice, "s", assistant);
  streams.append(alice, stream, "one ");
  sessions.fork_session(alice, "s", 1, {.id = "fork"});
  SUBCASE("a fork shares the growth") {
    streams.append(alice, stream, "two");
    CHECK(loaded(backend, 1, "fork").content == "one two");
    CHECK(loaded(backend, 1, "fork").state == MessageState::streaming);
    streams.finish(alice, stream, {});
    CHECK(loaded(backend, 1, "fork").content == "one two");
    CHECK(loaded(backend, 1, "fork").state == MessageState::complete);
  }
  SUBCASE("a rewound message grows on, hidden") {
    sessions.rewind_session(alice, "s", 0);
    sessions.save_message(alice, "s", says("instead"));
    streams.append(alice, stream, "two");
    streams.finish(alice, stream, {.token_count = 5});
    CHECK(loaded(backend, 1).content == "instead");
    CHECK(sessions.load_session(alice, "s")->total_tokens == 5);
    sessions.restore_branch(alice, "s", 1);
    CHECK(loaded(backend, 1).content == "one two");
  }
  SUBCASE("a redacted message has no writer") {
    sessions.redact_messages(alice, "s", {1, 1}, "private");
    CHECK(code_of([&] { streams.append(alice, stream, "two"); }) == ErrorCode::conflict);
    CHECK(code_of([&] { streams.finish(alice, stream, {}); }) == ErrorCode::conflict);
    CHECK(loaded(backend, 1).content.empty());
    CHECK(loaded(backend, 1).state == MessageState::complete);
    CHECK(loaded(backend, 1, "fork").redacted == "private");
  }
  SUBCASE("a fork whose source is deleted can take its message over") {
    sessions.delete_session(alice, "s");
    CHECK(code_of([&] { streams.append(alice, stream, "two"); }) == ErrorCode::conflict);
    CHECK(loaded(backend, 1, "fork").content == "one ");
    MessageStream next = streams.take_over(alice, "fork", {1, 1});
    streams.append(alice, next, "two");
    streams.finish(alice, next, {.token_count = 4});
    CHECK(loaded(backend, 1, "fork").content == "one two");
    CHECK(sessions.load_session(alice, "fork")->total_tokens == 4);
    CHECK(sessions.search_messages(alice, {.query = "two"}).items.size() == 1);
  }
  SUBCASE("a fork, and a branch that keeps it after a rewind, have the message") {
    CHECK(streams.wait(alice, "fork", {1, 1}).text == "one ");
    sessions.save_message(alice, "s", says("behind"));
    const SessionEnd end = sessions.rewind_session(alice, "s", 1);
    CHECK(streams.wait(alice, "s", end).text == "one ");
    streams.append(alice, stream, "two");
    CHECK(streams.wait(alice, "fork", {1, 1}, 4).text == "two");
  }
}

CONFORMANCE_TEST("what cannot be streamed is refused before anything is sent") {
  Subject subject;
  auto& backend = subject.backend();
  auto& streams = backend.stream_store();
  add_session(backend, alice, "s");
  const auto refused = [&](auto call) { CHECK(code_of(call) == ErrorCode::invalid_argument); };
  refused([&] { static_cast<void>(streams.begin(alice, "", assistant)); });
  refused([&] { static_cast<void>(streams.begin(alice, "s", says("text"))); });
  refused([&] { static_cast<void>(streams.begin(alice, "s", {.model = "m"})); });
  refused([&] { static_cast<void>(streams.begin(alice, "s", assistant, {}, 0ms)); });
  refused([&] { static_cast<void>(streams.begin(alice, "s", assistant, {}, 25h)); });
  CHECK(code_of([&] { static_cast<void>(streams.begin(alice, "absent", assistant)); }) == ErrorCode::not_found);
  CHECK(code_of([&] { static_cast<void>(streams.begin(bob, "s", assistant)); }) == ErrorCode::not_found);
  MessageStream stream = streams.begin(alice, "s", assistant);
  refused([&] { streams.append(alice, stream, "\xc3"); });
  refused([&] { streams.append(alice, stream, std::string(1, '\0')); });
  refused([&] { streams.finish(alice, stream, {.token_count = -1}); });
  refused([&] { static_cast<void>(streams.wait(alice, "s", stream.at, -1)); });
  MessageStream other = stream;
  CHECK(code_of([&] { streams.append(bob, other, "x"); }) == ErrorCode::conflict);
  CHECK(loaded(backend, 1).content.empty());
}
