#include "command/place.hpp"
#ifndef HEDDLE_CONFORMANCE_POSTGRES
#include "support/raw_database.hpp"
#endif

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

using namespace command_test;

TEST_CASE("status tells whether the storage is ready, also by its exit code") {
  Place place;
  { Storage storage(place.database_place().config()); }
  const Output before = place.run({"status"});
  CHECK(before.code == 1);
  CHECK(has(before.out, "not ready"));
  CHECK(has(before.out, "run `heddle migrate`"));
  place.fill();
  const Output after = place.run({"status"});
  INFO(after.err);
  CHECK(after.code == 0);
  CHECK(has(after.out, "4 messages in 2 sessions of 2 tenants"));
  const Output json = place.run({"status", "--json"});
  CHECK(json.code == 0);
  CHECK(has(json.out, R"("ready":true)"));
  CHECK(has(json.out, R"("messages":4)"));
  const auto size = json.out.find(R"("database_bytes":)");
  REQUIRE(size != std::string::npos);
  CHECK(std::stoll(json.out.substr(size + 17)) > 10'000);
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  CHECK(has(after.out, "; the server allows "));
  const auto number = [&](const std::string& name) {
    const auto at = json.out.find("\"" + name + "\":");
    REQUIRE(at != std::string::npos);
    return std::stoll(json.out.substr(at + name.size() + 3));
  };
  // Those of the command itself are there.
  CHECK(number("connections") >= 1);
  CHECK(number("max_connections") == place.database_place().integer("SELECT current_setting('max_connections')"));
#else
  CHECK_FALSE(has(after.out, "connections"));
  CHECK_FALSE(has(json.out, "connections"));
#endif
}

TEST_CASE("what a tenant does not have is reported with the name of the tenant") {
  Place place;
  place.fill();
  const Output none = place.run({"sessions", "--user", "carol"});
  CHECK(none.code == 0);
  CHECK(none.out.empty());
  CHECK(has(none.err, "carol has no such sessions"));
  CHECK(has(place.run({"search", "refund", "--user", "carol"}).err, "carol"));
  CHECK(has(place.run({"export", "--user", "carol"}).err, "no data"));
#ifndef HEDDLE_CONFORMANCE_POSTGRES
  // No tenant was named: perhaps another one was meant.
  const std::vector<std::vector<std::string>> commands{{"sessions"}, {"search", "x"}, {"show", "s1"}};
  for (const auto& words : commands) {
    const Output output = place.run(words);
    CHECK(has(output.err, "default-user"));
    CHECK(has(output.err, "--user"));
  }
#endif
}

TEST_CASE("tenants, sessions and messages are listed") {
  Place place;
  place.fill();
  const Output tenants = place.run({"tenants", "--json"});
  INFO(tenants.err);
  CHECK(tenants.code == 0);
  CHECK(tenants.out == "{\"tenant\":\"alice\",\"sessions\":1}\n{\"tenant\":\"bob\",\"sessions\":1}\n");
  const Output sessions = place.as_alice({"sessions"});
  CHECK(sessions.code == 0);
  CHECK(has(sessions.out, "s1"));
  CHECK(has(sessions.out, "It is refunded."));
  CHECK_FALSE(has(sessions.out, "s2"));
}

TEST_CASE("a session is shown like a conversation, with folded tools") {
  Place place;
  place.fill();
  const Output folded = place.as_alice({"show", "s1"});
  INFO(folded.err);
  CHECK(folded.code == 0);
  CHECK(has(folded.out, "Refund\n"));
  CHECK(has(folded.out, "-> list_orders {\"customer\": \"alice\"}"));
  CHECK(has(folded.out, "<- done {\"orders\": 3}"));
  CHECK(has(folded.out, "  It is refunded.\n"));
  // What a terminal would obey is not printed.
  CHECK_FALSE(has(folded.out, "\x1B"));
  CHECK(has(place.as_alice({"show", "s1", "--tools"}).out, "-> list_orders\n     {\"customer\": \"alice\"}\n"));
  const Output last = place.as_alice({"show", "s1", "--last", "1", "--json"});
  CHECK(last.out.find("\"sequence\":4") < last.out.find('\n'));
  CHECK(last.out.find('\n') + 1 == last.out.size());

  const Output none = place.as_alice({"show", "s2"});
  CHECK(none.code == 3);
  CHECK(none.out.empty());
  CHECK(has(none.err, "s2"));
}

TEST_CASE("messages are searched") {
  Place place;
  place.fill();
  const Output found = place.as_alice({"search", "refund", "--json", "--role", "user"});
  INFO(found.err);
  CHECK(found.code == 0);
  CHECK(has(found.out, R"("sequence":1)"));
  CHECK_FALSE(has(found.out, R"("sequence":4)"));
  CHECK(has(place.as_alice({"search", "customer", "--where", "arguments"}).out, "s1"));
  CHECK(place.as_alice({"search", "customer", "--where", "text"}).out.empty());
  CHECK(place.as_alice({"search", "customer", "--where", "nowhere"}).code == 2);
}

TEST_CASE("all is read and found whole") {
  Place place;
  place.fill();
  const Output verified = place.run({"verify", "--json"});
  INFO(verified.err);
  CHECK(verified.code == 0);
  CHECK(verified.out == "{\"tenants\":2,\"sessions\":2,\"messages\":4,\"contents\":1,\"problems\":0}\n");
}

#ifndef HEDDLE_CONFORMANCE_POSTGRES
TEST_CASE("a damaged content of an artifact is found") {
  Place place;
  place.fill();
  int damaged = 0;
  for (const auto& each : std::filesystem::recursive_directory_iterator(place.database() + "-artifacts")) {
    if (!each.is_regular_file()) { continue; }
    std::filesystem::permissions(each.path(), std::filesystem::perms::owner_all);
    std::ofstream(each.path(), std::ios::binary) << "THE content of a report";
    ++damaged;
  }
  REQUIRE(damaged == 1);
  const Output verified = place.run({"verify"});
  CHECK(verified.code == 1);
  CHECK(has(verified.out, "artifact a1"));
  CHECK(has(verified.out, "damaged"));
}

TEST_CASE("commands that read do not change the file, and make none") {
  Place place;
  place.fill();
  const auto time = std::filesystem::last_write_time(place.database());
  for (const char* const command : {"status", "tenants", "sessions", "verify", "export"}) {
    const Output output = place.as_alice({command, "--immutable"});
    CHECK(output.code == 0);
  }
  CHECK_FALSE(std::filesystem::exists(place.database() + "-wal"));
  CHECK(std::filesystem::last_write_time(place.database()) == time);
  CHECK(place.program().run({"sessions", "--database", place.file("none.db")}).code == 3);
  CHECK_FALSE(std::filesystem::exists(place.file("none.db")));
}
#endif

TEST_CASE("commands that read open the database for reading only") {
  Place place;
  place.fill();
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  // Each new connection refuses writes; a pooler may have others.
  auto& server = place.database_place();
  server.execute("ALTER DATABASE " + server.database().name() + " SET default_transaction_read_only = on");
  server.execute(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
      "pid <> pg_backend_pid()");
  const std::string database = place.database();
#else
  // A program that opens it for writing gives it a write-ahead log again.
  const std::string database = place.database();
  CHECK(support::RawDatabase(database).text("PRAGMA journal_mode = DELETE") == "delete");
  const auto contents = [&] {
    std::ifstream file(database, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string before = contents();
#endif
  const auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--user", "alice", "--database", database});
    return place.program().run(words);
  };
  const std::vector<std::vector<std::string>> commands{
      {"status"}, {"tenants"}, {"sessions"}, {"show", "s1"},          {"search", "refund"},
      {"export"}, {"verify"},  {"erase"},    {"migrate", "--dry-run"}};
  for (const std::vector<std::string>& words : commands) {
    CAPTURE(words.front());
    const Output output = run(words);
    INFO(output.err);
    CHECK(output.code == 0);
    CHECK_FALSE(output.out.empty());
#ifndef HEDDLE_CONFORMANCE_POSTGRES
    // No CHECK of the texts: it would print them.
    const bool is_same = contents() == before;
    CHECK(is_same);
#endif
  }
  // One that writes is noticed here.
  const Output written = run({"erase", "--yes"});
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  CHECK(written.code == 4);
#else
  CHECK(written.code == 0);
  const bool is_same = contents() == before;
  CHECK_FALSE(is_same);
#endif
}

TEST_CASE("a configuration file names the database") {
  Place place;
  place.fill();
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  const std::string config =
      R"({"backend": "STORAGE_BACKEND_TYPE_POSTGRES", "postgres": {"dsn": ")" + place.database() + R"("}})";
#else
  const std::string config = R"({"sqlite": {"path": ")" + place.database() + R"("}})";
#endif
  std::ofstream(place.file("storage.json")) << config;
  const Output output =
      place.program().run({"sessions", "-d", place.file("storage.json"), "--user", "alice", "--json"});
  INFO(output.err);
  CHECK(output.code == 0);
  CHECK(has(output.out, R"("id":"s1")"));
}
