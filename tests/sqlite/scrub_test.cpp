#include "concurrency/raw_connection.hpp"
#include "heddle/core.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/statements/erasure.hpp"
#include "support/expect_error.hpp"
#include "support/files_with.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::files_with;

namespace {

using Names = std::vector<std::string>;

const std::string secret = "zanzibar7788";

struct Place {
  support::TemporaryFolder folder;

  [[nodiscard]] std::string path() const { return (folder.path() / "heddle.db").string(); }
  [[nodiscard]] Names files() const { return files_with(folder.path(), secret); }
};

/// Saves messages, some with words that no other text has.
template <class Store>
void fill(Store& store, const std::string& session) {
  store.save_session({}, {.id = session});
  std::vector<Message> messages(600);
  for (std::size_t index = 0; index < messages.size(); ++index) {
    messages[index].content = index % 7 == 0
                                  ? "the code is " + secret + "x" + std::to_string(index) + std::string(300, '.')
                                  : "other words " + std::to_string(index);
  }
  store.save_messages({}, session, messages);
}

template <class B>
void wait_for_index(B& backend) {
  while (backend.details().owed->unindexed_messages != 0) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
}

}  // namespace

TEST_CASE("a scrub leaves nothing of what was redacted in the files") {
  for (const bool wal : {true, false}) {
    CAPTURE(wal);
    const Place place;
    Backend<Sqlite> backend({.path = place.path(), .wal = wal});
    backend.migrate();
    auto& store = backend.session_storage();
    fill(store, "s");
    if (wal) { wait_for_index(backend); }
    REQUIRE_FALSE(place.files().empty());

    store.redact_messages({}, "s", {1, 600}, "asked for");
    CHECK(store.search_messages({}, {.query = secret + "x7"}).items.empty());
    const ScrubReport report = scrubbing(backend)->scrub();
    CHECK(place.files() == Names{});
    CHECK(report.log_cleaned);
    CHECK_FALSE(report.rewritten);
    CHECK_FALSE(backend.details().owed->erasure);
    CHECK(concurrency::RawConnection(place.path()).damage() == "");

    // Again there is little to do, and what is saved next is found.
    CHECK_FALSE(backend.scrub().rewritten);
    store.save_message({}, "s", {.content = "found again"});
    CHECK(store.search_messages({}, {.query = "again"}).items.size() == 1);
  }
}

TEST_CASE("nothing is left of few messages either, deleted or redacted") {
  for (const bool wal : {true, false}) {
    for (const auto indexing : {sqlite::Indexing::deferred, sqlite::Indexing::immediate}) {
      for (const int few : {1, 100}) {
        for (const bool deletes : {true, false}) {
          CAPTURE(wal);
          CAPTURE(static_cast<int>(indexing));
          CAPTURE(few);
          CAPTURE(deletes);
          const Place place;
          Backend<Sqlite> backend({.path = place.path(), .wal = wal, .indexing = indexing, .secure_delete = true});
          backend.migrate();
          auto& store = backend.session_storage();
          store.save_session({}, {.id = "kept"});
          store.save_messages({}, "kept", std::vector<Message>(200, Message{.content = "other words"}));
          store.save_session({}, {.id = "few"});
          store.save_messages({}, "few", std::vector<Message>(static_cast<std::size_t>(few), {.content = secret}));
          if (wal) { wait_for_index(backend); }
          if (deletes) {
            CHECK(store.delete_session({}, "few"));
          } else {
            store.redact_messages({}, "few", {1, few}, "asked for");
          }
          backend.scrub();
          CHECK(place.files() == Names{});
          CHECK(concurrency::RawConnection(place.path()).damage() == "");
        }
      }
    }
  }
}

TEST_CASE("what is erased while a merge is under way does not begin it anew, but has another one follow") {
  const Place place;
  {
    Backend<Sqlite> backend({.path = place.path()});
    backend.migrate();
    fill(backend.session_storage(), "s");
    wait_for_index(backend);
  }
  {
    concurrency::RawConnection raw(place.path());
    const auto owed_after = [&raw](const std::string& before) {
      raw.run("UPDATE search_state SET erasure = " + before);
      raw.run(heddle::sqlite::owe_erasure);
      return raw.run("SELECT erasure FROM search_state");
    };
    CHECK(owed_after("0") == "2");
    CHECK(owed_after("2") == "2");
    CHECK(owed_after("3") == "3");
    CHECK(owed_after("1") == "3");
  }
  Backend<Sqlite> backend({.path = place.path()});
  backend.session_storage().redact_messages({}, "s", {1, 600}, "asked for");
  backend.scrub();
  CHECK(concurrency::RawConnection(place.path()).run("SELECT erasure FROM search_state") == "0");
  CHECK(place.files() == Names{});
}

TEST_CASE("redacted words leave the full-text index by themselves, while others are saved") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path()});
  backend.migrate();
  auto& store = backend.session_storage();
  fill(store, "s");
  wait_for_index(backend);
  store.redact_messages({}, "s", {1, 600}, "asked for");
  CHECK(backend.details().owed->erasure);
  for (int number = 0; backend.details().owed->erasure; ++number) {
    store.save_message({}, "s", {.content = "saved meanwhile " + std::to_string(number)});
  }
  // The checkpoint after the last step, then a write that starts the log anew.
  for (int number = 0; number < 3; ++number) { store.save_message({}, "s", {.content = "next"}); }
  const Names left = place.files();
  CHECK(std::find(left.begin(), left.end(), "heddle.db") == left.end());
  backend.close();
  CHECK(place.files() == Names{});
}

TEST_CASE("erasing goes on where another process has left it") {
  const Place place;
  {
    Backend<Sqlite> backend({.path = place.path()});
    backend.migrate();
    fill(backend.session_storage(), "s");
    wait_for_index(backend);
  }
  // As if that had been killed right after the commit of a redaction.
  concurrency::RawConnection(place.path()).run("UPDATE search_state SET erasure = 2");
  Backend<Sqlite> backend({.path = place.path()});
  backend.session_storage().save_message({}, "s", {.content = "next"});
  while (backend.details().owed->erasure) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
  CHECK(concurrency::RawConnection(place.path()).damage() == "");
}

TEST_CASE("a scrub says that a reader keeps the log, and that it has written a file of an earlier version anew") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path()});
  backend.migrate();
  auto& store = backend.session_storage();
  fill(store, "s");
  concurrency::RawConnection(place.path()).run("UPDATE search_state SET rewrite = 1");
  ScrubReport beside_reader;
  store.for_each_message({}, "s", [&](const Message& message) {
    if (message.sequence == 1) { beside_reader = backend.scrub(); }
    return message.sequence < 2;
  });
  CHECK(beside_reader.rewritten);
  CHECK_FALSE(beside_reader.log_cleaned);
  const ScrubReport alone = backend.scrub();
  CHECK_FALSE(alone.rewritten);
  CHECK(alone.log_cleaned);
}

TEST_CASE(
    "a scrub that writes a file anew ends by its deadline with deadline_exceeded, and a later one does the rest") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path()});
  backend.migrate();
  fill(backend.session_storage(), "s");
  {
    concurrency::RawConnection raw(place.path());
    raw.run("CREATE TABLE ballast (text TEXT)");
    raw.run(
        "INSERT INTO ballast WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "SELECT hex(randomblob(20)) FROM n");
    raw.run("UPDATE search_state SET rewrite = 1");
  }
  int ended = 0;
  bool is_rewritten = false;
  for (std::chrono::milliseconds time(5); !is_rewritten; time += time / 2) {
    try {
      is_rewritten = backend.scrub(Context{}.with_timeout(time)).rewritten;
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::deadline_exceeded);
      ++ended;
    }
  }
  CHECK(ended > 0);
  CHECK(concurrency::RawConnection(place.path()).damage() == "");
}

TEST_CASE("a scrub ends, and cleans the log, while others save and redact all the time") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path()});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "busy"});
  store.save_session({}, {.id = "s"});
  const std::jthread saving([&store](const std::stop_token& stop) {
    const std::vector<Message> batch(20, Message{.content = std::string(300, 'x')});
    while (!stop.stop_requested()) {
      const std::int64_t last = store.save_messages({}, "busy", batch).last;
      store.redact_messages({}, "busy", {last, last}, "asked for");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  for (std::int64_t number = 1; number <= 20; ++number) {
    store.save_message({}, "s", {.content = secret});
    store.redact_messages({}, "s", {number, number}, "asked for");
    CHECK(backend.scrub().log_cleaned);
    CHECK(place.files() == Names{});
  }
}

TEST_CASE("a scrub refuses a database without tables") {
  const Place place;
  Backend<Sqlite> backend({.path = place.path()});
  CHECK(support::code_of([&] { backend.scrub(); }) == ErrorCode::failed_precondition);
  CHECK_FALSE(backend.details().owed.has_value());
}

TEST_CASE("after a scrub a backend deletes as SQLite's library does by itself") {
  const Place place;
  {
    Backend<Sqlite> backend({.path = place.path()});
    backend.migrate();
    auto& store = backend.session_storage();
    backend.scrub();
    store.save_session({}, {.id = "s", .name = secret + std::string(300, '.')});
    store.update_session({}, "s", {.name = "another"});
  }
  // Some builds of the library overwrite what is deleted.
  const bool overwrites = concurrency::RawConnection(place.path()).run("PRAGMA secure_delete") == "1";
  CHECK(place.files().empty() == overwrites);
}
