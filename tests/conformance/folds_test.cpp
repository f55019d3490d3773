#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Folds: a summary in the place of a range of messages, in windows only.

namespace {

using Texts = std::vector<std::string>;

/// A session "s" of alice with the messages "1" to so many, of one token each.
template <class Backend>
auto& counted(Backend& backend, int messages) {
  auto& store = backend.session_storage();
  add_session(backend, alice, "s");
  for (int number = 1; number <= messages; ++number) {
    store.save_message(alice, "s", {.content = std::to_string(number), .token_count = 1});
  }
  return store;
}

template <class Store>
std::string fold(Store& store, std::int64_t first, std::int64_t last, const std::string& summary,
                 const std::string& session = "s") {
  return store.fold_messages(alice, session, {first, last},
                             {.session_id = session, .snapshot_type = "summary", .content = summary, .token_count = 5});
}

/// Returns the texts of a window.
template <class Store>
Texts shown(Store& store, const MessageWindow& window = {}, const std::string& session = "s") {
  return texts(store.load_messages(alice, session, window).messages);
}

}  // namespace

CONFORMANCE_TEST("a fold is shown in the place of its messages, which stay readable") {
  Subject subject;
  auto& store = counted(subject.backend(), 6);
  const Timestamp made{std::chrono::microseconds(1'700'000'000'000'000)};
  const std::string id = store.fold_messages(
      alice, "s", {2, 4}, {.snapshot_type = "summary", .content = "two to four", .token_count = 7, .created_at = made});
  const LoadedWindow window = store.load_messages(alice, "s", MessageWindow{});
  CHECK(texts(window.messages) == Texts{"1", "two to four", "5", "6"});
  CHECK(window.end == SessionEnd{1, 6});
  REQUIRE(window.messages.size() == 4);
  CHECK(window.messages[1] == Message{.role = Role::system,
                                      .content = "two to four",
                                      .timestamp = made,
                                      .token_count = 7,
                                      .session_id = "s",
                                      .sequence = 4,
                                      .folded_first = 2,
                                      .folded_last = 4});
  CHECK(window.messages[2].folded_last == 0);
  CHECK(shown(store, {.folds = false}) == Texts{"1", "2", "3", "4", "5", "6"});
  // It is no message: only windows show it.
  CHECK(texts(store.load_messages(alice, "s").items) == Texts{"1", "2", "3", "4", "5", "6"});
  CHECK(store.load_session(alice, "s")->messages.items.size() == 6);
  CHECK(store.load_session(alice, "s")->total_tokens == 6);
  Texts visited;
  store.for_each_message(alice, "s", [&](const Message& message) { visited.push_back(message.content); });
  CHECK(visited.size() == 6);
  CHECK(texts(store.search_messages(alice, {.query = "3"}).items) == Texts{"3"});
  CHECK(store.search_messages(alice, {.query = "four"}).items.empty());
  CHECK(store.statistics(alice).messages == 6);
  // It is a snapshot, too.
  CHECK(store.load_snapshots(alice, "s", "summary").items ==
        std::vector<MemorySnapshot>{{id, "s", "summary", "two to four", 7, made}});
  store.save_message(alice, "s", says("7"));
  CHECK(shown(store) == Texts{"1", "two to four", "5", "6", "7"});
}

CONFORMANCE_TEST("a fold has nothing of the messages under it") {
  Subject subject;
  auto& store = counted(subject.backend(), 1);
  Message last = full_message();
  last.parts = {{.kind = PartKind::text, .text = "a text"}, {.kind = PartKind::thinking, .text = "a thought"}};
  last.metadata = {R"({"a": 1})"};
  last.model = "model";
  last.usage.input_tokens = 5;
  store.save_message(alice, "s", last);
  store.fold_messages(alice, "s", {1, 2}, {.content = "1-2", .created_at = last.timestamp});
  const auto messages = store.load_messages(alice, "s", MessageWindow{}).messages;
  REQUIRE(messages.size() == 1);
  CHECK(messages.front() == Message{.role = Role::system,
                                    .content = "1-2",
                                    .timestamp = last.timestamp,
                                    .session_id = "s",
                                    .sequence = 2,
                                    .folded_first = 1,
                                    .folded_last = 2});
  store.redact_messages(alice, "s", {1, 2}, "asked for");
  CHECK(store.load_messages(alice, "s", MessageWindow{}).messages == messages);
  CHECK(store.load_messages(alice, "s", MessageWindow{.folds = false}).messages.back().redacted == "asked for");
}

CONFORMANCE_TEST("a fold takes in earlier ones whole, never a part") {
  Subject subject;
  auto& store = counted(subject.backend(), 9);
  fold(store, 1, 3, "1-3");
  fold(store, 5, 6, "5-6");
  CHECK(shown(store) == Texts{"1-3", "4", "5-6", "7", "8", "9"});
  for (const auto& [first, last] : std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 4}, {3, 5}, {6, 7}, {4, 5}}) {
    CHECK(code_of([&, f = first, l = last] { fold(store, f, l, "part"); }) == ErrorCode::conflict);
  }
  CHECK(store.load_snapshots(alice, "s", "summary").items.size() == 2);
  fold(store, 1, 6, "1-6");
  CHECK(shown(store) == Texts{"1-6", "7", "8", "9"});
  fold(store, 1, 6, "1-6 again");
  CHECK(shown(store) == Texts{"1-6 again", "7", "8", "9"});
  fold(store, 2, 3, "2-3");  // in two others
  CHECK(shown(store) == Texts{"1-6 again", "7", "8", "9"});
  fold(store, 9, 9, "9-9");
  fold(store, 1, 8, "1-8");
  CHECK(shown(store) == Texts{"1-8", "9-9"});
  fold(store, 1, 9, "all");
  CHECK(shown(store) == Texts{"all"});
  CHECK(shown(store, {.folds = false}).size() == 9);
}

CONFORMANCE_TEST("what is asked of a window holds for a fold as for a message") {
  Subject subject;
  auto& store = counted(subject.backend(), 9);
  fold(store, 2, 4, "2-4");  // 5 tokens
  fold(store, 6, 7, "6-7");
  CHECK(shown(store, {.last = 3}) == Texts{"6-7", "8", "9"});
  CHECK(shown(store, {.last = 5}) == Texts{"2-4", "5", "6-7", "8", "9"});
  CHECK(shown(store, {.tokens = 6}) == Texts{"8", "9"});
  CHECK(shown(store, {.tokens = 7}) == Texts{"6-7", "8", "9"});
  CHECK(shown(store, {.tokens = 13}) == Texts{"2-4", "5", "6-7", "8", "9"});
  CHECK(shown(store, {.tokens = 14}).size() == 6);
  CHECK(shown(store, {.last = 2, .roles = {Role::system}}) == Texts{"2-4", "6-7"});
  CHECK(shown(store, {.roles = {Role::user}}) == Texts{"1", "5", "8", "9"});
  CHECK(shown(store, {.tokens = 2, .roles = {Role::user, Role::tool}}) == Texts{"8", "9"});
  // A fold has the last sequence number of its range.
  CHECK(shown(store, {.from = 3, .to = 7}) == Texts{"2-4", "5", "6-7"});
  CHECK(shown(store, {.from = 5, .to = 6}) == Texts{"5"});
  CHECK(shown(store, {.to = 3}) == Texts{"1"});
  CHECK(shown(store, {.to = 7, .last = 1}) == Texts{"6-7"});
  CHECK(shown(store, {.to = 6, .folds = false}) == Texts{"1", "2", "3", "4", "5", "6"});
  CHECK(shown(store, {.to = 0}).empty());
  fold(store, 8, 9, "8-9");
  const LoadedWindow none = store.load_messages(alice, "s", {.tokens = 4});
  CHECK(none.messages.empty());
  CHECK(none.newest_is_too_large);
}

CONFORMANCE_TEST("results whose call was folded are left out") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const Message call{.role = Role::assistant, .content = "call", .tool_calls = {{"a", "look", {"{}"}, {}}}};
  const Message result{.role = Role::tool, .content = "result", .tool_use_id = "a", .token_count = 3};
  store.save_messages(alice, "s", std::vector<Message>{says("q"), call, result, says("r"), call, result});
  fold(store, 1, 2, "1-2");
  const LoadedWindow window = store.load_messages(alice, "s", MessageWindow{});
  CHECK(texts(window.messages) == Texts{"1-2", "r", "call", "result"});
  CHECK(window.left_out_messages == 1);
  CHECK(window.left_out_tokens == 3);
  CHECK(shown(store, {.whole_exchanges = false}) == Texts{"1-2", "result", "r", "call", "result"});
  fold(store, 1, 3, "1-3");
  CHECK(shown(store) == Texts{"1-3", "r", "call", "result"});
}

CONFORMANCE_TEST("a rewind unfolds what it cuts, and what was inside is shown again") {
  Subject subject;
  auto& store = counted(subject.backend(), 9);
  fold(store, 1, 2, "1-2");
  fold(store, 3, 4, "3-4");
  fold(store, 1, 4, "1-4");
  fold(store, 6, 6, "6-6");
  fold(store, 1, 6, "1-6");
  fold(store, 1, 8, "1-8");
  CHECK(shown(store) == Texts{"1-8", "9"});
  const auto rewound = [&](std::int64_t to) {
    const SessionEnd end = store.rewind_session(alice, "s", to);
    const Texts texts = shown(store);
    store.restore_branch(alice, "s", 1);
    CHECK(end.sequence == to);
    CHECK(shown(store) == Texts{"1-8", "9"});
    return texts;
  };
  CHECK(rewound(8) == Texts{"1-8"});
  CHECK(rewound(7) == Texts{"1-6", "7"});
  CHECK(rewound(6) == Texts{"1-6"});
  CHECK(rewound(5) == Texts{"1-4", "5"});
  CHECK(rewound(3) == Texts{"1-2", "3"});
  CHECK(rewound(1) == Texts{"1"});
  CHECK(rewound(0).empty());
  // The branches go their own ways.
  store.rewind_session(alice, "s", 5);
  store.save_message(alice, "s", says("six"));
  fold(store, 5, 6, "5 and six");
  CHECK(shown(store) == Texts{"1-4", "5 and six"});
  store.rewind_session(alice, "s", 4);
  CHECK(shown(store) == Texts{"1-4"});
  store.restore_branch(alice, "s", 1);
  CHECK(shown(store) == Texts{"1-8", "9"});
  fold(store, 9, 9, "9-9");
  store.restore_branch(alice, "s", 9);
  CHECK(shown(store) == Texts{"1-4", "5 and six"});
  CHECK(store.delete_session(alice, "s"));
  CHECK(shown(store).empty());
}

CONFORMANCE_TEST("a fork has the folds of what it shares, whatever becomes of its source") {
  Subject subject;
  auto& store = counted(subject.backend(), 9);
  fold(store, 1, 4, "1-4");
  fold(store, 1, 8, "1-8");
  store.fork_session(alice, "s", 8, {.id = "eight"});
  store.fork_session(alice, "s", 6, {.id = "six"});
  fold(store, 9, 9, "9-9");
  CHECK(shown(store, {}, "eight") == Texts{"1-8"});
  CHECK(shown(store, {}, "six") == Texts{"1-4", "5", "6"});
  store.save_message(alice, "six", says("seven"));
  fold(store, 1, 7, "1-seven", "six");
  store.fork_session(alice, "six", 7, {.id = "six's"});
  CHECK(store.load_snapshots(alice, "eight", "summary").items.empty());
  CHECK(store.delete_session(alice, "s"));
  CHECK(shown(store).empty());
  CHECK(shown(store, {}, "eight") == Texts{"1-8"});
  CHECK(shown(store, {}, "six") == Texts{"1-seven"});
  CHECK(store.delete_session(alice, "six"));
  CHECK(shown(store, {}, "six's") == Texts{"1-seven"});
  CHECK(store.load_messages(alice, "six's", MessageWindow{}).messages.front().session_id == "six's");
  store.rewind_session(alice, "six's", 5);
  CHECK(shown(store, {}, "six's") == Texts{"1-4", "5"});
  // A new session with the id has none of them.
  counted(subject.backend(), 9);
  CHECK(shown(store).size() == 9);
}

CONFORMANCE_TEST("what cannot be folded") {
  Subject subject;
  auto& store = counted(subject.backend(), 3);
  const auto refusal = [&](const Context& context, const std::string& session, const SequenceRange& range,
                           const MemorySnapshot& snapshot = {}, const AppendOptions& options = {}) {
    return code_of([&] { store.fold_messages(context, session, range, snapshot, options); });
  };
  for (const SequenceRange& range :
       std::vector<SequenceRange>{{0, 1}, {-1, 2}, {2, 1}, {3, 4}, {4, 4}, {1, std::int64_t{1} << 24}}) {
    CHECK(refusal(alice, "s", range) == ErrorCode::invalid_argument);
  }
  CHECK(refusal(alice, "s", {1, 2}, {.token_count = -1}) == ErrorCode::invalid_argument);
  CHECK(refusal(alice, "s", {1, 2}, {.session_id = "another"}) == ErrorCode::invalid_argument);
  CHECK(refusal(alice, "s", {1, 2}, {.content = "\xff"}) == ErrorCode::invalid_argument);
  CHECK(refusal(alice, "", {1, 2}) == ErrorCode::invalid_argument);
  CHECK(refusal(alice, "none", {1, 2}) == ErrorCode::not_found);
  CHECK(refusal(bob, "s", {1, 2}) == ErrorCode::not_found);
  CHECK(refusal(alice, "s", {1, 2}, {}, {.expected_sequence = 2}) == ErrorCode::conflict);
  CHECK(refusal(alice, "s", {1, 2}, {}, {.expected = SessionEnd{2, 3}}) == ErrorCode::conflict);
  store.save_snapshot(alice, {.id = "taken", .session_id = "s"});
  CHECK(refusal(alice, "s", {1, 2}, {.id = "taken"}) == ErrorCode::already_exists);
  CHECK(shown(store) == Texts{"1", "2", "3"});
  CHECK(store.fold_messages(alice, "s", {1, 2}, {.id = "given", .content = "1-2"}, {.expected = SessionEnd{1, 3}}) ==
        "given");
  CHECK(shown(store) == Texts{"1-2", "3"});
  CHECK(store.load_messages(bob, "s", MessageWindow{}).messages.empty());
}

CONFORMANCE_TEST("a repeat with the key folds nothing again") {
  Subject subject;
  auto& store = counted(subject.backend(), 4);
  const AppendOptions once{.idempotency_key = "k"};
  const auto fold_once = [&](std::int64_t last) {
    return store.fold_messages(alice, "s", {1, last}, {.content = "summary"}, once);
  };
  const std::string id = fold_once(2);
  fold(store, 1, 3, "1-3");
  CHECK(fold_once(2) == id);
  CHECK(shown(store) == Texts{"1-3", "4"});
  CHECK(code_of([&] { fold_once(3); }) == ErrorCode::invalid_argument);
  store.rewind_session(alice, "s", 1);
  CHECK(fold_once(2) == id);
  CHECK(shown(store) == Texts{"1"});
}
