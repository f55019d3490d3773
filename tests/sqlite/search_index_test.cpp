#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/indexing/indexer.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;

// The index is filled behind the saves; these tests wait for it. What a search finds is in the conformance suite.

namespace {

const Context alice{.user_id = "alice"};
const Context bob{.user_id = "bob"};

using Texts = std::vector<std::string>;

class Place {
 public:
  [[nodiscard]] sqlite::Config config(sqlite::Indexing indexing = sqlite::Indexing::deferred) const {
    return {.path = path(), .indexing = indexing};
  }
  [[nodiscard]] std::string path() const { return (folder_.path() / "heddle.db").string(); }

  std::string run(const std::string& sql) { return concurrency::RawConnection(path()).run(sql); }
  [[nodiscard]] std::string damage() const { return concurrency::RawConnection(path()).damage(); }

  /// Waits until nothing is left to do in the index.
  void wait_for_index() {
    while (run("SELECT (SELECT count(*) FROM search_queue) + (SELECT count(*) FROM search_removals)") != "0") {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

 private:
  support::TemporaryFolder folder_;
};

template <class Store>
Texts found(Store& store, const Context& context, const std::string& query) {
  Texts texts;
  for (const Message& message : store.search_messages(context, {.query = query}).items) {
    texts.push_back(message.content);
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

}  // namespace

TEST_CASE("the index is filled behind the saves, and follows what is redacted and deleted") {
  Place place;
  Backend<Sqlite> backend(place.config());
  backend.migrate();
  auto& store = backend.session_storage();
  for (const Context& context : {alice, bob}) {
    store.save_session(context, {.id = "s"});
    store.save_session(context, {.id = "t"});
    store.save_message(context, "s", {.content = "the red house"});
    store.save_message(context, "s", {.content = "a green house"});
    store.save_message(context, "t", {.content = "a blue house"});
  }
  const Texts all{"a blue house", "a green house", "the red house"};
  CHECK(found(store, alice, "house") == all);
  place.wait_for_index();
  CHECK(place.run("SELECT count(*) FROM message_words WHERE message_words MATCH '\"\x80hous\" OR \"\x81hous\" OR "
                  "\"\x82hous\"'") == "6");
  CHECK(found(store, alice, "house") == all);
  CHECK(found(store, alice, "\"green house\"") == Texts{"a green house"});
  CHECK(place.damage().empty());

  // At once, and also when the index has followed.
  store.redact_messages(alice, "s", {1, 1}, "asked for");
  CHECK(store.delete_session(alice, "t"));
  CHECK(found(store, alice, "house") == Texts{"a green house"});
  CHECK(place.damage().empty());
  place.wait_for_index();
  CHECK(found(store, alice, "house") == Texts{"a green house"});
  CHECK(found(store, bob, "house") == all);
  CHECK(place.damage().empty());
}

TEST_CASE("whatever inserts messages queues them for the index") {
  for (const auto indexing : {sqlite::Indexing::deferred, sqlite::Indexing::immediate}) {
    Place place;
    Backend<Sqlite> backend(place.config(indexing));
    backend.migrate();
    auto& store = backend.session_storage();
    const auto messages_found = [&] {
      CHECK(place.damage().empty());
      return found(store, alice, "needle").size();
    };
    const Message needle{.content = "needle"};
    store.save_session(alice, {.id = "s"});
    store.save_message(alice, "s", needle);
    const std::vector<Message> two{needle, needle};
    store.save_messages(alice, "s", two);
    CHECK(messages_found() == 3);
    const std::vector<Message> calls{
        {.role = Role::assistant, .content = "needle", .tool_calls = {{.id = "a"}, {.id = "b"}}}};
    store.save_turn(alice, "s", {.messages = calls});
    CHECK(messages_found() == 4);
    CHECK(store.close_tool_calls(alice, "s", {.message = "needle of a tool"}) == 2);
    CHECK(messages_found() == 6);
    auto stream = backend.stream_store().begin(alice, "s", {.role = Role::assistant});
    backend.stream_store().append(alice, stream, "nee");
    CHECK(messages_found() == 6);
    backend.stream_store().finish(alice, stream, {.role = Role::assistant, .content = "needle"});
    CHECK(messages_found() == 7);
    store.fork_session(alice, "s", 3, {.id = "fork"});
    store.save_message(alice, "fork", needle);
    CHECK(messages_found() == 8);
    store.rewind_session(alice, "s", 1);
    store.save_message(alice, "s", needle);
    CHECK(messages_found() == 5);
    CHECK(store.search_messages(bob, {.query = "needle"}).items.empty());
  }
}

TEST_CASE("those who save help to fill the index when many bytes of text wait") {
  Place place;
  Backend<Sqlite> backend(place.config());
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  std::string text = "needle ";
  text.resize(1'000'000, '.');
  // More than 64 MiB.
  const std::vector<Message> messages(70, {.content = text});
  store.save_messages(alice, "s", messages);
  CHECK(place.run("SELECT count(*) < 70 FROM search_queue") == "1");
  CHECK(store.search_messages(alice, {.query = "needle"}).items.size() == 20);
}

TEST_CASE("a search lets messages of its tenant be indexed first if many of them wait") {
  Place place;
  constexpr std::size_t count = 5000;
  Backend<Sqlite> backend(place.config());
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "first"});
  store.save_message(alice, "first", {.content = "secret needle"});
  place.wait_for_index();
  // So that all others wait, and nothing is woken.
  place.run("UPDATE search_state SET analysis = 1000");
  store.redact_messages(alice, "first", {1, 1}, "asked for");
  for (const Context& context : {alice, bob}) {
    store.save_session(context, {.id = "s"});
    store.save_messages(context, "s", std::vector<Message>(count, {.content = "needle"}));
  }
  const auto waiting = [&](const std::string& user) {
    return std::stoul(place.run("SELECT count(*) FROM search_queue WHERE user_id = '" + user + "'"));
  };
  const auto finds_all = [&](const Context& context) {
    return store.search_messages(context, {.query = "needle"}, {.limit = count + 1}).items.size() == count;
  };
  CHECK(finds_all(alice));
  CHECK(waiting("alice") == count + 1);
  place.run("UPDATE search_state SET analysis = 1");

  SUBCASE("down to where a search is fast") {
    // Each search does as much as it has time for, on a busy machine nothing.
    for (int searches = 0; waiting("alice") > 2000; ++searches) {
      REQUIRE(searches < 1000);
      CHECK(finds_all(alice));
    }
    CHECK(finds_all(bob));
  }
  SUBCASE("none of others") {
    const sqlite::Config config = place.config();
    const sqlite::connection::FilePresence files;
    sqlite::connection::Connection connection(config, sqlite::connection::Access::read_write, files);
    sqlite::indexing::Indexer<sqlite::connection::Connection> indexer(
        nullptr, [](void*, const std::stop_token&) noexcept { return false; });
    std::size_t turns = 0;
    for (bool is_last = false; !is_last; ++turns) {
      connection.execute("BEGIN IMMEDIATE");
      is_last = indexer.take_turn_for(connection, "alice").is_last;
      connection.execute("COMMIT");
    }
    CHECK(turns >= (count - 2000) / 256);
    CHECK(waiting("alice") <= 2000);
    CHECK(waiting("bob") == count);
    // What the redacted message was is still in the index: it has waited.
    CHECK(place.run("SELECT count(*) FROM search_removals") == "1");
    CHECK(place.damage().empty());
    for (bool is_last = false; !is_last;) {
      connection.execute("BEGIN IMMEDIATE");
      is_last = indexer.take_turn(connection, {}).is_last;
      connection.execute("COMMIT");
    }
    CHECK(finds_all(alice));
  }
  SUBCASE("and does not fail if it cannot") {
    concurrency::RawConnection busy(place.path());
    busy.run("BEGIN IMMEDIATE");
    CHECK(finds_all(alice));
    CHECK(store.search_messages(alice.with_timeout(std::chrono::seconds(60)), {.query = "needle"}).items.size() == 20);
    busy.run("ROLLBACK");
  }
  CHECK(place.damage().empty());
}

TEST_CASE("what a backend left in the queue is found by the next one, which goes on") {
  Place place;
  constexpr int count = 600;
  {
    Backend<Sqlite> backend(place.config());
    backend.migrate();
    backend.session_storage().save_session(alice, {.id = "s"});
    std::vector<Message> messages(count);
    for (int index = 0; index < count; ++index) { messages[static_cast<std::size_t>(index)].content = "needle"; }
    backend.session_storage().save_messages(alice, "s", messages);
  }
  // As if the process had been killed in the middle.
  place.run("DELETE FROM search_queue");
  place.run("INSERT INTO message_words (message_words) VALUES ('delete-all')");
  place.run("INSERT INTO search_queue SELECT 'alice', key FROM messages");
  Backend<Sqlite> backend(place.config());
  auto& store = backend.session_storage();
  const auto number_found = [&] {
    return store.search_messages(alice, {.query = "needle"}, {.limit = 1000}).items.size();
  };
  CHECK(number_found() == count);
  place.wait_for_index();
  CHECK(number_found() == count);
  CHECK(place.damage().empty());
}

TEST_CASE("words of every script are found, in the index and before") {
  for (const bool indexed : {true, false}) {
    CAPTURE(indexed);
    Place place;
    Backend<Sqlite> backend(place.config(sqlite::Indexing::immediate));
    backend.migrate();
    if (!indexed) { place.run("UPDATE search_state SET analysis = 1000"); }
    auto& store = backend.session_storage();
    store.save_session(alice, {.id = "s"});
    for (const char* text : {"東京都に行く", "Жёлтый дом", "Straße", "we decided", "ship it 🚀 now"}) {
      store.save_message(alice, "s", {.content = text});
    }
    CHECK(place.run("SELECT count(*) FROM search_queue") == (indexed ? "0" : "5"));
    for (const char* query : {"東京都", "京都", "東", "都", "\"都に\""}) {
      CAPTURE(query);
      CHECK(found(store, alice, query) == Texts{"東京都に行く"});
    }
    CHECK(found(store, alice, "東行").empty());
    CHECK(found(store, alice, "желтый") == Texts{"Жёлтый дом"});
    CHECK(found(store, alice, "STRASSE") == Texts{"Straße"});
    CHECK(found(store, alice, "🚀") == Texts{"ship it 🚀 now"});
    CHECK(found(store, alice, "\"it 🚀 now\"") == Texts{"ship it 🚀 now"});
    // As it is written, too, for searches by what a word starts with.
    CHECK(place.run("SELECT count(*) FROM message_words WHERE message_words MATCH '\"\x81\xfe"
                    "decide\" *'") == (indexed ? "1" : "0"));
    CHECK(place.damage().empty());
  }
}

TEST_CASE("many tenants have the same words, and each finds its own") {
  Place place;
  Backend<Sqlite> backend(place.config(sqlite::Indexing::immediate));
  backend.migrate();
  auto& store = backend.session_storage();
  // Their numbers have one digit, and two.
  constexpr int tenants = 200;
  const auto tenant = [](int number) { return Context::for_user("tenant " + std::to_string(number)); };
  for (int number = 0; number < tenants; ++number) {
    store.save_session(tenant(number), {.id = "s"});
    store.save_message(tenant(number), "s", {.content = "word of " + std::to_string(number)});
  }
  for (int number = 0; number < tenants; ++number) {
    CHECK(found(store, tenant(number), "word") == Texts{"word of " + std::to_string(number)});
  }
  CHECK(found(store, tenant(tenants), "word").empty());
}

TEST_CASE("indexing at once leaves nothing in the queue") {
  Place place;
  Backend<Sqlite> backend(place.config(sqlite::Indexing::immediate));
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "the red house"});
  CHECK(place.run("SELECT count(*) FROM search_queue") == "0");
  store.redact_messages(alice, "s", {1, 1}, "asked for");
  CHECK(place.run("SELECT count(*) FROM search_removals") == "0");
  CHECK(found(store, alice, "house").empty());
  // Longer than a turn.
  std::string text;
  while (text.size() < 900'000) { text += "house " + std::to_string(text.size()) + ' '; }
  store.save_messages(alice, "s", std::vector<Message>(4, {.content = text}));
  CHECK(place.run("SELECT count(*) FROM search_queue") == "0");
  CHECK(place.damage().empty());
}

TEST_CASE("a message that another program has inserted is not searched, and can be deleted and replaced") {
  Place place;
  Backend<Sqlite> backend(place.config(sqlite::Indexing::immediate));
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "the red house"});
  place.run("UPDATE sessions SET last_sequence = 3");
  place.run(
      "INSERT INTO messages (key, role, content, tool_use_id, session_context, "
      "agent_id, timestamp, token_count, cost_usd) SELECT key + n, role, 'a house of another program ' || n, "
      "tool_use_id, session_context, agent_id, timestamp, token_count, cost_usd FROM messages, "
      "(SELECT 1 AS n UNION SELECT 2)");
  CHECK(found(store, alice, "house") == Texts{"the red house"});
  store.redact_messages(alice, "s", {2, 2}, "asked for");
  store.save_message(alice, "s", {.content = "a green house"});
  CHECK(found(store, alice, "house") == Texts{"a green house", "the red house"});
  // FTS5 fails if more is removed than it has.
  CHECK(store.delete_session(alice, "s"));
  CHECK(place.run("SELECT count(*) FROM search_removals") == "0");
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "a blue house"});
  CHECK(found(store, alice, "house") == Texts{"a blue house"});
  CHECK(place.damage().empty());
}

TEST_CASE("a tenant of which all is deleted leaves no row, and its number is not used again") {
  Place place;
  Backend<Sqlite> backend(place.config());
  backend.migrate();
  auto& store = backend.session_storage();
  auto& artifacts = backend.artifact_store();
  const auto tenants = [&] { return place.run("SELECT group_concat(user_id || number, ' ') FROM tenants"); };
  store.save_session(alice, {.id = "s"});
  store.save_session(alice, {.id = "t"});
  store.save_session(bob, {.id = "s"});
  store.save_message(alice, "s", {.content = "the red house"});
  place.wait_for_index();
  store.delete_session(alice, "t");
  CHECK(tenants() == "alice1 bob2");
  store.delete_session(bob, "s");
  CHECK(tenants() == "alice1");
  // The index still has its words.
  place.run("UPDATE search_state SET analysis = 1000");
  store.delete_session(alice, "s");
  CHECK(tenants() == "alice1");
  place.run("UPDATE search_state SET analysis = 1");
  artifacts.index(bob, {.id = "a", .name = "plan", .path = "/plan"});
  store.save_session(bob, {.id = "s"});
  store.save_message(bob, "s", {.content = "a green house"});
  place.wait_for_index();
  CHECK(tenants() == "bob3");
  CHECK(found(store, bob, "house") == Texts{"a green house"});
  store.delete_session(bob, "s");
  place.wait_for_index();
  CHECK(tenants() == "bob3");
  artifacts.remove(bob, "a", DeleteMode::hard);
  CHECK(tenants().empty());
  CHECK(place.damage().empty());
}

TEST_CASE("an index whose words another version has made is left alone, and all messages are found") {
  Place place;
  Backend<Sqlite> backend(place.config(sqlite::Indexing::immediate));
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  place.run("UPDATE search_state SET analysis = 1000");
  store.save_message(alice, "s", {.content = "the red house"});
  CHECK(place.run("SELECT count(*) FROM search_queue") == "1");
  CHECK(found(store, alice, "house") == Texts{"the red house"});
}
