#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Forks and rewinds: what each session shows of the messages that it shares.

namespace {

using Texts = std::vector<std::string>;

/// Appends one message for each text.
template <class Store>
SequenceRange say(Store& store, const std::string& session, const Texts& said, const AppendOptions& options = {}) {
  std::vector<Message> messages;
  for (const std::string& text : said) { messages.push_back(says(text)); }
  return store.save_messages(alice, session, messages, options);
}

/// Returns the texts of a session, which each way of reading tells in the same way.
template <class Store>
Texts read(Store& store, const std::string& session) {
  const auto messages =
      all_pages(2, [&](const PageRequest& request) { return store.load_messages(alice, session, request); });
  std::int64_t sequence = 0;
  for (const Message& message : messages) {
    CHECK(message.sequence == ++sequence);
    CHECK(message.session_id == session);
  }
  std::vector<Message> visited;
  store.for_each_message(alice, session, [&](const Message& message) { visited.push_back(message); });
  CHECK(visited == messages);
  const auto loaded = store.load_session(alice, session);
  if (loaded) {
    CHECK(loaded->messages.items == messages);
    CHECK(loaded->last_sequence == sequence);
  }
  return texts(messages);
}

template <class Store>
Texts found(Store& store, const std::string& query, const std::optional<std::string>& session = {}) {
  Texts list;
  for (const Message& message : store.search_messages(alice, {.query = query, .session_id = session}).items) {
    list.push_back(message.session_id + ":" + message.content);
  }
  std::sort(list.begin(), list.end());
  return list;
}

}  // namespace

CONFORMANCE_TEST("a fork begins with the messages of its source and goes its own way") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(store, "s", {"one", "two", "three"});
  CHECK(store.fork_session(alice, "s", 2, {.id = "f", .name = "fork", .agent_id = "b"}) == 1);
  say(store, "s", {"four"});
  CHECK(say(store, "f", {"other three"}) == SequenceRange{3, 3});
  CHECK(read(store, "s") == Texts{"one", "two", "three", "four"});
  CHECK(read(store, "f") == Texts{"one", "two", "other three"});
  CHECK(store.load_session(alice, "f")->total_tokens == 0);

  // Of all of it, of nothing, of a fork, and of a fork's start.
  store.fork_session(alice, "s", 4, {.id = "all"});
  store.fork_session(alice, "s", 0, {.id = "none"});
  store.fork_session(alice, "f", 3, {.id = "ff"});
  store.fork_session(alice, "f", 1, {.id = "f1"});
  say(store, "none", {"first"});
  say(store, "ff", {"x"});
  say(store, "f1", {"y"});
  CHECK(read(store, "all") == Texts{"one", "two", "three", "four"});
  CHECK(read(store, "none") == Texts{"first"});
  CHECK(read(store, "ff") == Texts{"one", "two", "other three", "x"});
  CHECK(read(store, "f1") == Texts{"one", "y"});
  CHECK(read(store, "f") == Texts{"one", "two", "other three"});
  // Each message is counted once: four of s, one each of f, none, ff and f1.
  CHECK(store.statistics(alice).messages == 8);
  CHECK(store.statistics(alice).sessions == 6);
}

CONFORMANCE_TEST("deleting the source takes nothing from a fork, and the last one takes all") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(store, "s", {"apple one", "apple two", "apple three"});
  store.fork_session(alice, "s", 2, {.id = "f"});
  say(store, "f", {"pear"});
  store.fork_session(alice, "f", 3, {.id = "ff"});
  store.fork_session(alice, "s", 1, {.id = "f1"});
  CHECK(store.delete_session(alice, "s"));
  CHECK(read(store, "s") == Texts{});
  CHECK(read(store, "f") == Texts{"apple one", "apple two", "pear"});
  CHECK(store.statistics(alice).messages == 3);
  CHECK(store.delete_session(alice, "f"));
  CHECK(read(store, "ff") == Texts{"apple one", "apple two", "pear"});
  CHECK(read(store, "f1") == Texts{"apple one"});
  // A new session with the id has nothing of the old one.
  add_session(subject.backend(), alice, "s");
  CHECK(read(store, "s") == Texts{});
  say(store, "s", {"new"});
  CHECK(store.delete_session(alice, "ff"));
  CHECK(read(store, "f1") == Texts{"apple one"});
  CHECK(read(store, "s") == Texts{"new"});
  CHECK(found(store, "apple") == Texts{"f1:apple one"});
  CHECK(store.delete_session(alice, "f1"));
  CHECK(found(store, "apple") == Texts{});
  CHECK(store.statistics(alice).messages == 1);
}

CONFORMANCE_TEST("what a fork cannot be made of") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  add_session(subject.backend(), bob, "t");
  say(store, "s", {"one"});
  const auto fork = [&](const std::string& source, std::int64_t at, const Session& session) {
    return code_of([&] { store.fork_session(alice, source, at, session); });
  };
  CHECK(fork("none", 0, {.id = "f"}) == ErrorCode::not_found);
  CHECK(fork("t", 0, {.id = "f"}) == ErrorCode::not_found);
  CHECK(fork("s", 2, {.id = "f"}) == ErrorCode::invalid_argument);
  CHECK(fork("s", -1, {.id = "f"}) == ErrorCode::invalid_argument);
  CHECK(fork("s", 1, {.id = "s"}) == ErrorCode::already_exists);
  CHECK(fork("s", 1, {.id = "f", .parent_session_id = "none"}) == ErrorCode::not_found);
  CHECK(fork("s", 1, {.id = ""}) == ErrorCode::invalid_argument);
  CHECK(store.list_sessions(alice).items == Ids{"s"});
  // With a key, a repeat makes no second one.
  const WriteOptions once{.idempotency_key = "k"};
  CHECK(store.fork_session(alice, "s", 1, {.id = "f"}, once) == 1);
  CHECK(store.fork_session(alice, "s", 1, {.id = "f"}, once) == 1);
  CHECK(read(store, "f") == Texts{"one"});
}

CONFORMANCE_TEST("a rewind hides the tail, which can be restored") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_message(alice, "s", {.content = "one", .token_count = 5, .cost_usd = 1});
  store.save_message(alice, "s", {.content = "bad answer", .token_count = 7, .cost_usd = 2});
  CHECK(store.load_session(alice, "s")->branch == 1);
  CHECK(store.rewind_session(alice, "s", 1) == SessionEnd{2, 1});
  CHECK(read(store, "s") == Texts{"one"});
  CHECK(store.load_session(alice, "s")->branch == 2);
  // Money and tokens were spent; the messages are gone.
  CHECK(store.load_session(alice, "s")->total_tokens == 12);
  CHECK(store.load_session(alice, "s")->total_cost_usd == 3);
  CHECK(store.statistics(alice).messages == 1);
  CHECK(found(store, "answer") == Texts{});
  CHECK(found(store, "answer", "s") == Texts{});

  CHECK(say(store, "s", {"good answer", "thanks"}) == SequenceRange{2, 3, 2});
  CHECK(read(store, "s") == Texts{"one", "good answer", "thanks"});
  CHECK(found(store, "answer") == Texts{"s:good answer"});
  const auto branches = store.list_branches(alice, "s").items;
  REQUIRE(branches.size() == 2);
  CHECK(branches[0].branch == 1);
  CHECK(branches[0].first_sequence == 1);
  CHECK(branches[0].last_sequence == 2);
  CHECK(branches[0].hidden_at.has_value());
  CHECK(branches[1] == Branch{2, 2, 3, {}});

  CHECK(store.restore_branch(alice, "s", 1) == SessionEnd{1, 2});
  CHECK(read(store, "s") == Texts{"one", "bad answer"});
  CHECK(say(store, "s", {"go on"}) == SequenceRange{3, 3, 1});
  CHECK(store.restore_branch(alice, "s", 2) == SessionEnd{2, 3});
  CHECK(read(store, "s") == Texts{"one", "good answer", "thanks"});
  CHECK(found(store, "answer") == Texts{"s:good answer"});
  CHECK(all_pages(1, [&](const PageRequest& request) { return store.list_branches(alice, "s", request); }).size() == 2);
  CHECK(store.delete_session(alice, "s"));
  CHECK(store.list_branches(alice, "s").items.empty());
  CHECK(store.statistics(alice).messages == 0);
}

CONFORMANCE_TEST("rewinding again and again keeps every tail") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(store, "s", {"1", "2", "3", "4"});
  for (int round = 0; round < 5; ++round) {
    store.rewind_session(alice, "s", 3);
    say(store, "s", {"answer " + std::to_string(round)});
  }
  store.rewind_session(alice, "s", 1);  // into what the first branch wrote
  say(store, "s", {"b"});
  store.rewind_session(alice, "s", 0);
  say(store, "s", {"new"});
  CHECK(read(store, "s") == Texts{"new"});
  CHECK(store.list_branches(alice, "s").items.size() == 8);
  const std::vector<Texts> tails{{"1", "2", "3", "4"},
                                 {"1", "2", "3", "answer 0"},
                                 {"1", "2", "3", "answer 1"},
                                 {"1", "2", "3", "answer 2"},
                                 {"1", "2", "3", "answer 3"},
                                 {"1", "2", "3", "answer 4"},
                                 {"1", "b"}};
  for (std::size_t branch = 0; branch < tails.size(); ++branch) {
    store.restore_branch(alice, "s", static_cast<std::int64_t>(branch + 1));
    CHECK(read(store, "s") == tails[branch]);
  }
  CHECK(store.rewind_session(alice, "s", 2) == SessionEnd{7, 2});  // it ends there: nothing changes
  CHECK(store.list_branches(alice, "s").items.size() == 8);
}

CONFORMANCE_TEST("what a rewind refuses") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(store, "s", {"one", "two"});
  const auto rewind = [&](const std::string& id, std::int64_t to, const AppendOptions& options = {}) {
    return code_of([&] { store.rewind_session(alice, id, to, options); });
  };
  CHECK(rewind("none", 0) == ErrorCode::not_found);
  CHECK(rewind("s", 3) == ErrorCode::invalid_argument);
  CHECK(rewind("s", -1) == ErrorCode::invalid_argument);
  CHECK(rewind("s", 1, {.expected_sequence = 1}) == ErrorCode::conflict);
  CHECK(rewind("s", 1, {.expected = SessionEnd{2, 2}}) == ErrorCode::conflict);
  CHECK(code_of([&] { store.rewind_session(bob, "s", 1); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.restore_branch(alice, "s", 1); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.restore_branch(alice, "s", 2); }) == ErrorCode::not_found);
  CHECK(store.list_branches(bob, "s").items.empty());
  CHECK(read(store, "s") == Texts{"one", "two"});
  CHECK(store.rewind_session(alice, "s", 1, {.expected = SessionEnd{1, 2}}) == SessionEnd{2, 1});
}

CONFORMANCE_TEST("a caller that has seen another branch is told") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_session(alice, {.id = "child", .parent_session_id = "s"});
  std::vector<Message> shared(3, says("a"));
  for (Message& message : shared) { message.session_context = SessionContext::shared; }
  store.save_messages(alice, "s", shared);
  const std::string next = store.load_messages(alice, "s", {.limit = 1}).next;
  const std::string next_of_child = store.load_parent_messages(alice, "child", {.limit = 1}).next;
  const AppendOptions keyed{.idempotency_key = "k"};
  CHECK(say(store, "s", {"tail"}, keyed) == SequenceRange{4, 4});
  CHECK(say(store, "s", {"tail"}, keyed) == SequenceRange{4, 4});
  store.rewind_session(alice, "s", 3);
  // A repeat of a write whose messages are hidden; the same number of messages; cursors.
  CHECK(code_of([&] { say(store, "s", {"tail"}, keyed); }) == ErrorCode::conflict);
  CHECK(say(store, "s", {"another"}) == SequenceRange{4, 4, 2});
  CHECK(code_of([&] { say(store, "s", {"x"}, {.expected = SessionEnd{1, 4}}); }) == ErrorCode::conflict);
  CHECK(code_of([&] { (void)store.load_messages(alice, "s", {.cursor = next}); }) == ErrorCode::conflict);
  CHECK(code_of([&] { (void)store.load_session(alice, "s", {.cursor = next}); }) == ErrorCode::conflict);
  CHECK(code_of([&] { (void)store.load_parent_messages(alice, "child", {.cursor = next_of_child}); }) ==
        ErrorCode::conflict);
  // Restored, they hold again.
  store.restore_branch(alice, "s", 1);
  CHECK(say(store, "s", {"tail"}, keyed) == SequenceRange{4, 4});
  CHECK(store.load_messages(alice, "s", {.cursor = next}).items.size() == 3);
  CHECK(read(store, "s").size() == 4);
}

CONFORMANCE_TEST("what is redacted is gone from every session and search") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s", std::vector<Message>{says("apple one"), full_message(), says("apple three")});
  store.fork_session(alice, "s", 3, {.id = "f"});
  say(store, "f", {"apple four"});
  CHECK(store.redact_messages(alice, "f", {2, 3}, "asked for") == 2);
  for (const char* id : {"s", "f"}) {
    const auto messages = store.load_messages(alice, id).items;
    CHECK(messages[0].content == "apple one");
    CHECK(!messages[0].redacted);
    const Message& gone = messages[1];
    CHECK(gone.redacted == "asked for");
    CHECK(gone.role == Role::assistant);
    CHECK(gone.sequence == 2);
    CHECK(gone.content.empty());
    CHECK(gone.content_blocks.empty());
    CHECK(gone.tool_calls.empty());
    CHECK(!gone.tool_result);
    CHECK(gone.parts.empty());
    CHECK(gone.token_count == 17);
    CHECK(messages[2].redacted == "asked for");
  }
  CHECK(found(store, "apple") == Texts{"f:apple four", "s:apple one"});
  CHECK(found(store, "apple", "f") == Texts{"f:apple four", "f:apple one"});
  CHECK(found(store, "quoted") == Texts{});

  CHECK(store.redact_messages(alice, "f", {5, 9}, "none there") == 0);
  CHECK(code_of([&] { store.redact_messages(alice, "none", {1, 1}, ""); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.redact_messages(bob, "s", {1, 1}, ""); }) == ErrorCode::not_found);
  CHECK(code_of([&] { store.redact_messages(alice, "s", {2, 1}, ""); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { store.redact_messages(alice, "s", {-1, 1}, ""); }) == ErrorCode::invalid_argument);
  // The index agrees with the table when both go.
  CHECK(store.delete_session(alice, "f"));
  CHECK(store.delete_session(alice, "s"));
  CHECK(found(store, "apple") == Texts{});
}

CONFORMANCE_TEST("a message that forks share is found once, where it was written or in the oldest that has it") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  store.save_session(alice, {.id = "s", .agent_id = "writer"});
  say(store, "s", {"apple one", "apple two"});
  store.fork_session(alice, "s", 2, {.id = "f", .agent_id = "forker"});
  store.fork_session(alice, "s", 2, {.id = "g", .agent_id = "forker"});
  CHECK(found(store, "apple") == Texts{"s:apple one", "s:apple two"});
  CHECK(found(store, "apple", "f") == Texts{"f:apple one", "f:apple two"});
  CHECK(store.search_messages(alice, {.query = "apple", .agent_id = "forker"}).items.front().session_id == "f");
  store.rewind_session(alice, "s", 1);
  CHECK(found(store, "apple") == Texts{"f:apple two", "s:apple one"});
  store.delete_session(alice, "s");
  CHECK(found(store, "apple") == Texts{"f:apple one", "f:apple two"});
  store.delete_session(alice, "f");
  CHECK(found(store, "apple") == Texts{"g:apple one", "g:apple two"});
  const auto of_agent =
      all_pages(1, [&](const PageRequest& request) { return store.load_agent_messages(alice, "forker", request); });
  CHECK(texts(of_agent) == Texts{"apple one", "apple two"});
  CHECK(of_agent.front().session_id == "g");
}
