#include "concurrency/file_backend.hpp"
#include "conformance/subjects.hpp"
#include "heddle/sqlite.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

/// Visitors of `for_each_message` that use the backend themselves: with one connection for reading, and with one
/// connection for everything.
namespace {

using namespace std::chrono_literals;
using heddle::ErrorCode;
using heddle::Message;
using support::saying;

/// A file with one reading connection.
class OneReader {
 public:
  auto& backend() { return *file_; }

 private:
  concurrency::FileBackend file_{[](heddle::sqlite::Config& config) { config.readers = 1; }};
};

/// A file without a write-ahead log, where a running read blocks writers.
class WithoutLog {
 public:
  auto& backend() { return *file_; }

 private:
  concurrency::FileBackend file_{[](heddle::sqlite::Config& config) { config.wal = false; }};
};

template <class Backend>
void prepare(Backend& backend, int messages) {
  heddle::Session session;
  session.id = "session";
  backend.session_storage().save_session({}, session);
  session.id = "copy";
  backend.session_storage().save_session({}, session);
  std::vector<Message> batch;
  for (int number = 1; number <= messages; ++number) { batch.push_back(saying("message " + std::to_string(number))); }
  backend.session_storage().save_messages({}, "session", batch);
}

/// A deadline, so that a deadlock does not block the tests forever.
heddle::Context context() { return heddle::Context{}.with_timeout(2min); }

}  // namespace

#define CALLBACK_TEST(title) TEST_CASE_TEMPLATE(title, Subject, OneReader, WithoutLog, conformance::InMemory)

CALLBACK_TEST("a visitor reads and writes") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 20);
  std::int64_t seen = 0;
  const std::int64_t answer = store.for_each_message(context(), "session", [&](const Message& message) {
    CHECK(message.sequence == ++seen);
    CHECK(message.content == "message " + std::to_string(seen));
    CHECK(store.save_message(context(), "copy", message) == seen);
    // The visitor reads its own writes.
    CHECK(store.load_messages(context(), "copy").items.size() == static_cast<std::size_t>(seen));
    CHECK(store.load_messages(context(), "session").items.size() == 20);
    CHECK(store.search_messages(context(), {.query = message.content, .session_id = "session"}).items.size() == 1);
    // The same statement, run inside itself.
    std::int64_t inner = 0;
    CHECK(store.for_each_message(context(), "session", [&](const Message&) { ++inner; }) == 20);
    CHECK(inner == 20);
    CHECK(backend.details(context()).migration_version > 0);
    CHECK(support::code_of([&] { store.save_message(context(), "nowhere", message); }) == ErrorCode::not_found);
  });
  CHECK(answer == 20);
  CHECK(store.load_messages({}, "copy").items.size() == 20);
}

CALLBACK_TEST("a visitor that appends to the session it reads gets the messages of the moment it began") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 20);
  std::int64_t seen = 0;
  const std::int64_t answer = store.for_each_message(context(), "session", [&](const Message& message) {
    if (++seen > 1000) { throw std::runtime_error("the read does not end"); }
    store.save_message(context(), "session", saying("answer to " + message.content));
  });
  CHECK(answer == 20);
  CHECK(seen == 20);
  CHECK(store.load_messages({}, "session").items.size() == 40);
}

CALLBACK_TEST("a visitor that deletes the session it reads still gets the rest of it") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 20);
  std::int64_t seen = 0;
  CHECK(store.for_each_message(context(), "session", [&](const Message&) {
    if (++seen == 10) { CHECK(store.delete_session(context(), "session")); }
  }) == 20);
  CHECK(seen == 20);
  CHECK_FALSE(store.load_session({}, "session"));
}

CALLBACK_TEST("writes of a visitor stay stored when it throws afterwards") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 20);
  CHECK_THROWS_AS(store.for_each_message(context(), "session",
                                         [&](const Message& message) {
                                           CHECK(store.save_message(context(), "copy", message) == message.sequence);
                                           if (message.sequence == 3) { throw std::runtime_error("enough"); }
                                         }),
                  std::runtime_error);
  CHECK(store.load_messages({}, "copy").items.size() == 3);
}

CALLBACK_TEST("a visitor runs on the thread of its caller, once for each row") {
  constexpr int threads = 8;
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 50);
  support::together(threads, [&](int thread) {
    const auto self = std::this_thread::get_id();
    for (int round = 0; round < 10; ++round) {
      int elsewhere = 0;
      std::int64_t seen = 0;
      const std::int64_t answer = store.for_each_message(context(), "session", [&](const Message& message) {
        elsewhere += std::this_thread::get_id() == self ? 0 : 1;
        if (++seen == 7 && thread % 2 == 0) { store.save_message(context(), "copy", message); }
      });
      CHECK(answer == 50);
      CHECK(seen == 50);
      CHECK(elsewhere == 0);
    }
  });
  CHECK(store.load_messages({}, "copy").items.size() == threads / 2 * 10);
}

CALLBACK_TEST("other threads write while a visitor is slow") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  prepare(backend, 1);
  std::int64_t written = 0;
  store.for_each_message(context(), "session", [&](const Message&) {
    std::jthread other([&] { written = store.save_message(context(), "session", saying("meanwhile")); });
    other.join();
  });
  CHECK(written == 2);
}
