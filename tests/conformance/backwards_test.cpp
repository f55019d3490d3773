#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Messages with the newest first.

namespace {

using Texts = std::vector<std::string>;

/// A session "s" of alice with the messages "1" to "7", of which the first four are of a fork's source.
template <class Backend>
auto& seven(Backend& backend) {
  auto& store = backend.session_storage();
  add_session(backend, alice, "source");
  for (const char* text : {"1", "2", "3", "4", "other"}) { store.save_message(alice, "source", says(text)); }
  store.fork_session(alice, "source", 4, {.id = "s"});
  for (const char* text : {"5", "6", "7"}) { store.save_message(alice, "s", says(text)); }
  return store;
}

}  // namespace

CONFORMANCE_TEST("messages backwards, page by page") {
  Subject subject;
  auto& store = seven(subject.backend());
  CHECK(texts(store.load_messages_backwards(alice, "s").items) == Texts{"7", "6", "5", "4", "3", "2", "1"});
  CHECK(store.load_messages_backwards(alice, "s").next.empty());
  const auto first = store.load_messages_backwards(alice, "s", {.limit = 3});
  CHECK(texts(first.items) == Texts{"7", "6", "5"});
  CHECK(first.items.front().sequence == 7);
  // What comes meanwhile is not in the pages.
  store.save_message(alice, "s", says("8"));
  const auto second = store.load_messages_backwards(alice, "s", {.limit = 3, .cursor = first.next});
  CHECK(texts(second.items) == Texts{"4", "3", "2"});
  const auto third = store.load_messages_backwards(alice, "s", {.limit = 3, .cursor = second.next});
  CHECK(texts(third.items) == Texts{"1"});
  CHECK(third.next.empty());
  CHECK(store.load_messages_backwards(alice, "absent").items.empty());
  CHECK(store.load_messages_backwards(bob, "s").items.empty());
}

CONFORMANCE_TEST("a cursor of messages backwards is of this list and this branch") {
  Subject subject;
  auto& store = seven(subject.backend());
  const std::string next = store.load_messages_backwards(alice, "s", {.limit = 3}).next;
  CHECK(code_of([&] { static_cast<void>(store.load_messages(alice, "s", {.limit = 3, .cursor = next})); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.load_messages_backwards(alice, "source", {.cursor = next})); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.load_messages_backwards(alice, "s", {.limit = -1})); }) ==
        ErrorCode::invalid_argument);
  store.rewind_session(alice, "s", 5);
  CHECK(code_of([&] { static_cast<void>(store.load_messages_backwards(alice, "s", {.cursor = next})); }) ==
        ErrorCode::conflict);
}
