#include "concurrency/raw_connection.hpp"
#include "heddle/core.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/indexing/indexer.hpp"
#include "support/expect_error.hpp"
#include "support/index_damage.hpp"
#include "support/second_analysis.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;
using support::SecondAnalysis;

// By the second version, `decided` and `decision` are the same word.

namespace {

const Context alice{.user_id = "alice"};
const Context bob{.user_id = "bob"};

class Place {
 public:
  /// Without the write-ahead log nothing is done behind the calls.
  [[nodiscard]] sqlite::Config config(bool wal) const {
    return {.path = path(), .wal = wal, .administer_tenants = true};
  }
  [[nodiscard]] std::string path() const { return (folder_.path() / "heddle.db").string(); }
  std::string run(const std::string& sql) { return concurrency::RawConnection(path()).run(sql); }
  [[nodiscard]] std::string damage() const { return support::damage_of_indexes(path()); }

 private:
  support::TemporaryFolder folder_;
};

/// Takes turns in the index of a file, one by one.
class Turns {
 public:
  explicit Turns(sqlite::Config config)
      : config_(std::move(config)), connection_(config_, sqlite::connection::Access::read_write, files_) {}

  /// Returns false if nothing is left to do.
  bool take() {
    connection_.execute("BEGIN IMMEDIATE");
    const bool goes_on = !indexer_.take_turn(connection_, {}).is_last;
    connection_.execute("COMMIT");
    static_cast<void>(connection_.end_erasing());
    return goes_on;
  }

 private:
  sqlite::Config config_;
  sqlite::connection::FilePresence files_;
  sqlite::connection::Connection connection_;
  sqlite::indexing::Indexer<sqlite::connection::Connection> indexer_{
      nullptr, [](void*, const std::stop_token&) noexcept { return false; }};
};

std::string text_of(std::int64_t number) {
  return (number % 2 == 0 ? "we decided " : "a decision ") + std::to_string(number);
}

template <class B>
void save(B& backend, const Context& context, const std::string& session, int count) {
  backend.session_storage().ensure_session(context, {.id = session});
  std::vector<Message> messages;
  for (int number = 1; number <= count; ++number) { messages.push_back({.content = text_of(number)}); }
  backend.session_storage().save_messages(context, session, messages);
}

/// Returns how many messages a search finds.
template <class B>
std::size_t found(B& backend, const Context& context, const std::string& query, std::string session = {}) {
  MessageSearch search{.query = query};
  if (!session.empty()) { search.session_id = std::move(session); }
  return backend.session_storage().search_messages(context, search, {.limit = limits::page}).items.size();
}

template <class B>
void wait_for_rebuild(B& backend) {
  while (backend.details().owed->rebuild) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
}

}  // namespace

TEST_CASE("the index of a former analysis answers by its rules until all is made anew, whatever happens meanwhile") {
  Place place;
  Backend<Sqlite> backend(place.config(false));
  backend.migrate();
  auto& store = backend.session_storage();
  // More than the turns of one round make anew.
  for (const char* const session : {"a", "b", "c", "d"}) { save(backend, alice, session, 800); }
  save(backend, bob, "a", 100);
  REQUIRE(found(backend, alice, "deciding") == 1600);
  CHECK_FALSE(backend.details().owed->rebuild);

  const SecondAnalysis second;
  CHECK(backend.details().owed->rebuild == IndexRebuild{});
  Turns turns(place.config(false));
  std::int64_t redacted = 0;
  std::int64_t saved = 0;
  std::size_t decided = 1600;
  std::size_t decisions = 1600;
  std::int64_t last_done = -1;
  int rounds = 0;
  while (backend.details().owed->rebuild) {
    CAPTURE(rounds);
    turns.take();
    CHECK(place.damage() == "");
    const bool is_new = place.run("SELECT analysis FROM search_state") == "2";
    CHECK(found(backend, alice, "deciding") == decided + (is_new ? decisions : 0));
    CHECK(found(backend, bob, "deciding") == (is_new ? 100 : 50));
    CHECK(backend.details().owed->rebuild.has_value() != is_new);
    if (const auto rebuild = backend.details().owed->rebuild; rebuild && rebuild->total > 0) {
      CHECK(rebuild->done > last_done);
      CHECK(rebuild->done <= rebuild->total);
      CHECK(rebuild->total >= 2400);
      last_done = rebuild->done;
    }
    // In front of the position and behind it.
    for (const char* const session : {"a", "d"}) {
      store.save_message(alice, session, {.content = text_of(saved)});
      store.redact_messages(alice, session, {redacted + 1, redacted + 2}, "asked for");
      --decided;
      --decisions;
      ++(saved % 2 == 0 ? decided : decisions);
    }
    ++saved;
    redacted += 2;
    CHECK(place.damage() == "");
    if (++rounds == 1) {
      store.delete_session(alice, "b");
      decided -= 400;
      decisions -= 400;
    }
  }
  CHECK(rounds > 1);
  CHECK(found(backend, alice, "deciding") == decided + decisions);
  while (turns.take()) {}
  CHECK(place.run("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'message_words%' AND (name LIKE '%next%' OR "
                  "name LIKE '%former%')") == "0");
  CHECK(place.damage() == "");
}

TEST_CASE("indexing anew does all of it in bounded transactions, and counts what it did") {
  Place place;
  Backend<Sqlite> backend(place.config(false));
  backend.migrate();
  save(backend, alice, "s", 700);
  save(backend, bob, "s", 100);
  backend.artifact_store().index(alice, {.id = "a", .name = "decision", .path = "/a"});
  CHECK(reindexing(backend)->reindex(alice) == 0);

  const SecondAnalysis second;
  // The triggers of the file use the rules of the program that stores.
  backend.artifact_store().index(alice, {.id = "b", .name = "decision", .path = "/b"});
  CHECK(backend.artifact_store().search(alice, {.query = "decision"}).items.size() == 2);
  CHECK(backend.artifact_store().search(alice, {.query = "decided"}).items.size() == 1);
  SUBCASE("of a tenant") {
    CHECK(reindexing(backend)->reindex(alice) == 701);
    CHECK(reindexing(backend)->reindex(bob) == 0);
  }
  SUBCASE("of all") { CHECK(reindexing(backend)->reindex_all() == 801); }
  CHECK(backend.artifact_store().search(alice, {.query = "decided"}).items.size() == 2);
  CHECK(found(backend, alice, "deciding") == 700);
  CHECK(found(backend, bob, "deciding") == 100);
  CHECK(reindexing(backend)->reindex_all() == 0);
  CHECK(place.damage() == "");
}

TEST_CASE("a backend makes the index of a former analysis anew by itself") {
  Place place;
  {
    Backend<Sqlite> backend(place.config(true));
    backend.migrate();
    save(backend, alice, "s", 700);
    CHECK(found(backend, alice, "deciding") == 350);
  }
  const SecondAnalysis second;
  Backend<Sqlite> backend(place.config(true));
  wait_for_rebuild(backend);
  CHECK(found(backend, alice, "deciding") == 700);
  while (place.run("SELECT former FROM search_state") != "0") {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(place.damage() == "");
}

TEST_CASE("a program of a former version leaves the index of a later one alone, and loses nothing") {
  Place place;
  {
    Backend<Sqlite> backend(place.config(false));
    backend.migrate();
    save(backend, alice, "s", 10);
    backend.artifact_store().index(alice, {.id = "a", .name = "decision", .path = "/a"});
    backend.artifact_store().index(alice, {.id = "b", .name = "decided", .path = "/b"});
  }
  {
    const SecondAnalysis second;
    Turns turns(place.config(false));
    SUBCASE("that is whole") {
      while (turns.take()) {}
    }
    // As if the later one had been killed.
    SUBCASE("that has been begun") {
      turns.take();
      turns.take();
      REQUIRE(place.run("SELECT analysis FROM search_rebuild") == "2");
    }
  }
  const std::string state = "SELECT analysis || ' ' || (SELECT count(*) FROM search_rebuild) FROM search_state";
  const std::string before = place.run(state);
  {
    Backend<Sqlite> backend(place.config(false));
    auto& store = backend.session_storage();
    store.save_message(alice, "s", {.content = "decided at last"});
    CHECK(found(backend, alice, "decided", "s") >= 1);
    store.redact_messages(alice, "s", {1, 2}, "asked for");
    CHECK(reindexing(backend)->reindex(alice) == 0);
    CHECK(support::code_of([&] { backend.scrub(); }) == ErrorCode::failed_precondition);
    CHECK(place.run("SELECT count(*) FROM search_queue") == "3");
    auto& artifacts = backend.artifact_store();
    artifacts.update(alice, "a", {.name = "decisions"});
    CHECK(artifacts.search(alice, {.query = "decision"}).items.size() == 1);
    artifacts.remove(alice, "b", DeleteMode::hard);
    CHECK(place.run(state) == before);
    CHECK(place.damage() == "");
  }
  const SecondAnalysis second;
  Backend<Sqlite> backend(place.config(false));
  backend.reindex(alice);
  CHECK(found(backend, alice, "deciding") == 9);
  CHECK(backend.artifact_store().search(alice, {.query = "decided"}).items.size() == 1);
  CHECK(place.run(state) == "2 0");
  backend.scrub();
  CHECK(place.run("SELECT count(*) FROM search_queue") == "0");
  CHECK(place.damage() == "");
}

TEST_CASE("an index whose rules the program does not have is given up, and all messages are found") {
  Place place;
  Backend<Sqlite> backend(place.config(false));
  backend.migrate();
  save(backend, alice, "s", 600);
  backend.session_storage().redact_messages(alice, "s", {1, 2}, "asked for");
  place.run("UPDATE search_state SET analysis = -1");
  Turns turns(place.config(false));
  do {
    CHECK(found(backend, alice, "decided") == 299);
    CHECK(place.damage() == "");
  } while (turns.take());
  CHECK(found(backend, alice, "decided") == 299);
  CHECK(place.run("SELECT analysis || ' ' || (SELECT count(*) FROM search_queue) FROM search_state") == "1 0");
}

TEST_CASE("details tell that a reader holds up the checkpoint of the log") {
  Place place;
  Backend<Sqlite> backend(place.config(true));
  backend.migrate();
  save(backend, alice, "s", 3);
  CHECK_FALSE(backend.details().owed->log_is_held);
  backend.session_storage().for_each_message(alice, "s", [&](const Message& message) {
    backend.scrub();
    CHECK(backend.details().owed->log_is_held);
    return message.sequence > 1;
  });
  backend.session_storage().save_message(alice, "s", {.content = "next"});
  CHECK_FALSE(backend.details().owed->log_is_held);
}
