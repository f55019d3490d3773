#include "command/place.hpp"
#ifndef HEDDLE_CONFORMANCE_POSTGRES
#include "support/raw_database.hpp"
#endif

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

using namespace command_test;

// The other codes are seen where what causes them is tested.

TEST_CASE("a place that the system permits no file at is exit code 5") {
  Place place;
  place.fill();
  const std::string file = place.file("file");
  std::ofstream(file) << "a file, not a folder";
  const Output output = place.as_alice({"export", file + "/alice.jsonl"});
  CHECK(output.code == 5);
  CHECK(has(output.err, file + "/alice.jsonl"));
  const Output json = place.as_alice({"export", file + "/alice.jsonl", "--json"});
  CHECK(json.code == 5);
  CHECK(has(json.err, R"({"error":"permission_denied")"));
}

TEST_CASE("an output without room is exit code 6") {
  Place place;
  place.fill();
  const support::Program shell("/bin/sh", {});
  std::vector<std::string> words{"-c", R"("$@" > /dev/full)", "sh", HEDDLE_TEST_COMMAND, "export", "--user", "alice"};
  const Output output = shell.run(place.on_database(std::move(words)));
  CHECK(output.code == 6);
  CHECK(has(output.err, "the output cannot be written"));
}

TEST_CASE("a database that behaves as no version of Heddle expects is exit code 70") {
  Place source;
  source.fill();
  const std::string stream = source.as_alice({"export"}).out;
  Place place;
  REQUIRE(place.run({"migrate"}).code == 0);
  place.database_place().execute("ALTER TABLE sessions ADD COLUMN added_by_hand integer NOT NULL");
  const Output output = place.run({"import", "-", "--user", "alice"}, stream);
  CHECK(output.code == 70);
  CHECK(has(output.err, "the database rejected a statement"));
  const Output json = place.run({"import", "-", "--user", "alice", "--json"}, stream);
  CHECK(json.code == 70);
  CHECK(has(json.err, R"({"error":"internal")"));
}

#ifdef HEDDLE_CONFORMANCE_POSTGRES
TEST_CASE("a server that does not answer is exit code 6") {
  Place place;
  const std::string nowhere = "postgres://me@127.0.0.1:1/agents";
  const std::vector<std::vector<std::string>> commands{
      {"sessions", "--user", "alice"}, {"verify", "--user", "alice"}, {"sweep", "--user", "alice"}, {"migrate"}};
  for (std::vector<std::string> words : commands) {
    CAPTURE(words.front());
    words.insert(words.end(), {"--json", "--database", nowhere, "--admin", nowhere});
    const Output output = place.program().run(words);
    INFO(output.err);
    CHECK(output.code == 6);
    CHECK(has(output.err, R"({"error":"unavailable")"));
  }
}
#else
TEST_CASE("a file that another program keeps locked is exit code 6") {
  Place place;
  place.fill();
  const std::string config = place.file("storage.json");
  std::ofstream(config) << R"({"sqlite": {"path": ")" << place.database() << R"(", "busy_timeout_ms": 1}})";
  support::RawDatabase other(place.database());
  other.execute("BEGIN IMMEDIATE");
  const Output output = place.program().run({"erase", "--yes", "--json", "--user", "alice", "--database", config});
  CHECK(output.code == 6);
  CHECK(has(output.err, R"({"error":"unavailable")"));
  other.execute("ROLLBACK");
  CHECK(place.as_alice({"erase", "--yes"}).code == 0);
}
#endif
