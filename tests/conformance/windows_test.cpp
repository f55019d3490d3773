#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// The newest part of a session, which a server sends to a model with every request.

namespace {

using Texts = std::vector<std::string>;

/// Returns a message with a role and so many tokens.
Message of(Role role, std::string text, std::int64_t tokens = 10) {
  return {.role = role, .content = std::move(text), .token_count = tokens};
}
/// Returns an assistant's message with calls, and the result of one.
Message calls(std::string text, const std::vector<std::string>& ids) {
  Message message = of(Role::assistant, std::move(text));
  for (const std::string& id : ids) { message.tool_calls.push_back({id, "look", {"{}"}}); }
  return message;
}
Message result(std::string text, const std::string& id) {
  Message message = of(Role::tool, std::move(text));
  message.tool_use_id = id;
  return message;
}

/// The window of a list of messages: what a session must return.
LoadedWindow expected(const std::vector<Message>& all, const MessageWindow& window) {
  LoadedWindow loaded{.end = {1, static_cast<std::int64_t>(all.size())}};
  std::int64_t tokens = 0;
  for (auto message = all.rbegin(); message != all.rend(); ++message) {
    const bool in_range = message->sequence >= window.from && message->sequence <= window.to.value_or(1 << 24);
    const bool has_role = window.roles.empty() ||
                          std::find(window.roles.begin(), window.roles.end(), message->role) != window.roles.end();
    if (!in_range || !has_role) { continue; }
    if (static_cast<std::int64_t>(loaded.messages.size()) == window.last.value_or(10'000)) { break; }
    tokens += message->token_count;
    if (window.tokens && tokens > *window.tokens) {
      loaded.newest_is_too_large = loaded.messages.empty();
      break;
    }
    loaded.messages.insert(loaded.messages.begin(), *message);
  }
  const bool has_calls = window.roles.empty() ||
                         std::find(window.roles.begin(), window.roles.end(), Role::assistant) != window.roles.end();
  while (window.whole_exchanges && has_calls && !loaded.messages.empty() &&
         loaded.messages.front().role == Role::tool) {
    ++loaded.left_out_messages;
    loaded.left_out_tokens += loaded.messages.front().token_count;
    loaded.messages.erase(loaded.messages.begin());
  }
  return loaded;
}

template <class Store>
void check_window(Store& store, const std::string& session, const std::vector<Message>& all,
                  const MessageWindow& window) {
  const LoadedWindow is = store.load_messages(alice, session, window);
  const LoadedWindow must_be = expected(all, window);
  CHECK(is.messages == must_be.messages);
  CHECK(is.end.sequence == must_be.end.sequence);
  CHECK(is.left_out_messages == must_be.left_out_messages);
  CHECK(is.left_out_tokens == must_be.left_out_tokens);
  CHECK(is.newest_is_too_large == must_be.newest_is_too_large);
}

}  // namespace

CONFORMANCE_TEST("a window has the newest messages, in order") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  CHECK(store.load_messages(alice, "s", MessageWindow{}).messages.empty());
  for (int number = 1; number <= 9; ++number) {
    store.save_message(alice, "s", of(number % 2 == 1 ? Role::user : Role::assistant, std::to_string(number), number));
  }
  const auto window = [&](const MessageWindow& wanted) {
    return texts(store.load_messages(alice, "s", wanted).messages);
  };
  CHECK(window({.last = 3}) == Texts{"7", "8", "9"});
  CHECK(window({.to = 6, .last = 2}) == Texts{"5", "6"});
  CHECK(window({.from = 8}) == Texts{"8", "9"});
  CHECK(window({.from = 8, .to = 8}) == Texts{"8"});
  CHECK(window({.from = 10}) == Texts{});
  CHECK(window({.last = 2, .roles = {Role::user}}) == Texts{"7", "9"});
  CHECK(window({.tokens = 17}) == Texts{"8", "9"});  // 9 + 8
  CHECK(window({.tokens = 16}) == Texts{"9"});
  CHECK(window({.tokens = 45}).size() == 9);
  CHECK(window({.tokens = 16, .roles = {Role::user}}) == Texts{"7", "9"});
  CHECK(window({.last = 1, .tokens = 45}) == Texts{"9"});
  CHECK(store.load_messages(alice, "s", {.last = 1}).end == SessionEnd{1, 9});

  // What does not fit says so.
  const LoadedWindow none = store.load_messages(alice, "s", {.tokens = 8});
  CHECK(none.messages.empty());
  CHECK(none.newest_is_too_large);
  CHECK_FALSE(store.load_messages(alice, "s", {.tokens = 9}).newest_is_too_large);
  CHECK_FALSE(store.load_messages(alice, "s", {.from = 10, .tokens = 0}).newest_is_too_large);
  CHECK(store.load_messages(bob, "s", {.last = 3}).messages.empty());
  CHECK(store.load_messages(alice, "none", {.last = 3}).end == SessionEnd{});
}

CONFORMANCE_TEST("a window never begins with the result of a call that is outside") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s",
                      std::vector<Message>{of(Role::user, "q"), calls("c", {"a", "b"}), result("ra", "a"),
                                           result("rb", "b"), of(Role::assistant, "answer")});
  const auto window = [&](const MessageWindow& wanted) { return store.load_messages(alice, "s", wanted); };
  CHECK(texts(window({.last = 2}).messages) == Texts{"answer"});
  CHECK(window({.last = 2}).left_out_messages == 1);
  CHECK(window({.last = 3}).left_out_messages == 2);
  CHECK(window({.last = 3}).left_out_tokens == 20);
  CHECK(texts(window({.last = 4}).messages) == Texts{"c", "ra", "rb", "answer"});
  CHECK(window({.last = 4}).left_out_messages == 0);
  CHECK(texts(window({.last = 2, .whole_exchanges = false}).messages) == Texts{"rb", "answer"});
  CHECK(texts(window({.roles = {Role::tool}}).messages) == Texts{"ra", "rb"});
  CHECK(window({.to = 4, .last = 1}).messages.empty());
}

CONFORMANCE_TEST("what a window refuses") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (const MessageWindow& window :
       std::vector<MessageWindow>{{.from = -1}, {.to = -1}, {.last = 0}, {.last = 10'001}, {.tokens = -1}}) {
    CHECK(code_of([&] { (void)store.load_messages(alice, "s", window); }) == ErrorCode::invalid_argument);
  }
}

CONFORMANCE_TEST("windows of forked and rewound sessions are those of their messages") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  std::mt19937 random(20261126);  // NOLINT(bugprone-random-generator-seed): the same in every run
  const auto below = [&random](std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random);
  };
  add_session(subject.backend(), alice, "s0");
  std::vector<std::vector<Message>> sessions(1);
  for (int step = 0; step < 60; ++step) {
    const auto at = static_cast<std::size_t>(below(static_cast<std::int64_t>(sessions.size())));
    const std::string id = "s" + std::to_string(at);
    auto& all = sessions[at];
    const auto size = static_cast<std::int64_t>(all.size());
    if (step % 7 == 3) {
      const auto first = below(size + 1);
      const std::string fork = "s" + std::to_string(sessions.size());
      store.fork_session(alice, id, first, {.id = fork});
      std::vector<Message> shared(all.begin(), all.begin() + first);
      for (Message& message : shared) { message.session_id = fork; }
      sessions.push_back(std::move(shared));
    } else if (step % 7 == 6) {
      const auto end = below(size + 1);
      store.rewind_session(alice, id, end);
      all.resize(static_cast<std::size_t>(end));
    } else {
      for (auto count = below(5); count >= 0; --count) {
        Message message = of(static_cast<Role>(below(4)), "step " + std::to_string(step), below(30));
        message.timestamp = now();
        message.session_id = id;
        message.sequence = store.save_message(alice, id, message);
        all.push_back(message);
      }
    }
    const auto asked = static_cast<std::size_t>(below(static_cast<std::int64_t>(sessions.size())));
    MessageWindow window{.whole_exchanges = below(2) == 0};
    if (below(2) == 0) { window.last = 1 + below(10); }
    if (below(2) == 0) { window.tokens = below(100); }
    if (below(3) == 0) { window.from = below(10); }
    if (below(3) == 0) { window.to = below(20); }
    if (below(3) == 0) { window.roles = {Role::assistant, Role::tool}; }
    check_window(store, "s" + std::to_string(asked), sessions[asked], window);
  }
}

CONFORMANCE_TEST("a visitor starts where it is told and ends when it has seen enough") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  store.save_messages(alice, "s", std::vector<Message>(5, says("x")));
  std::vector<std::int64_t> seen;
  const auto until = [&seen](std::int64_t last) {
    return [&seen, last](const Message& message) {
      seen.push_back(message.sequence);
      return message.sequence < last;
    };
  };
  CHECK(store.for_each_message(alice, "s", until(3)) == 3);
  CHECK(store.for_each_message(alice, "s", until(9), 4) == 2);
  CHECK(seen == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  CHECK(store.for_each_message(alice, "s", until(1), 6) == 0);
  CHECK(code_of([&] { store.for_each_message(alice, "s", until(1), -1); }) == ErrorCode::invalid_argument);
  CHECK(store.load_messages(alice, "s").items.size() == 5);  // the connection works on
}
