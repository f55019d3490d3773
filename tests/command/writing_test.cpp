#include "command/place.hpp"
#ifndef HEDDLE_CONFORMANCE_POSTGRES
#include "support/raw_database.hpp"
#endif

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

using namespace command_test;

TEST_CASE("migrations run up, down and to a version, and a dry run prints their SQL only") {
  Place place;
  CHECK(place.run({"migrate", "--to", "1"}).code == 0);
  const Output dry = place.run({"migrate", "--dry-run"});
  INFO(dry.err);
  CHECK(dry.code == 0);
  CHECK(has(dry.out, "-- up 2 "));
  CHECK(has(dry.out, "CREATE TABLE"));
  const auto version = [&] { return Storage(place.database_place().config()).migrator().current_version(); };
  CHECK(version() == 1);
  // Others say what to do until then.
  const Output early = place.as_alice({"sessions"});
  CHECK(early.code == 4);
  CHECK(has(early.err, "heddle migrate"));

  const Output up = place.run({"migrate", "--json"});
  CHECK(up.code == 0);
  CHECK(has(up.out, R"({"version":2,)"));
  const int latest = version();
  CHECK(latest > 2);
  CHECK(place.run({"migrate", "--down", "1"}).code == 0);
  CHECK(version() == latest - 1);
  CHECK(has(place.run({"migrate", "--to", "2", "--dry-run"}).out, "-- down 3 "));
  CHECK(place.run({"migrate", "--up", "1", "--to", "1"}).code == 2);
  CHECK(place.run({"migrate", "--down", "2"}).code == 0);
  CHECK(place.run({"migrate", "--up", "1"}).code == 0);
  CHECK(version() == latest - 2);
  CHECK(place.run({"migrate", "--up", "1"}).code == 0);
  CHECK(place.run({"migrate", "--to", "1000"}).code == 2);
  CHECK(version() == latest - 1);
}

#ifndef HEDDLE_CONFORMANCE_POSTGRES
TEST_CASE("a dry run of migrations makes no database") {
  Place place;
  const std::string file = place.database();
  const Output output = place.run({"migrate", "--dry-run"});
  CHECK(output.code == 3);
  CHECK(output.out.empty());
  CHECK(has(output.err, "there is no database " + file + "; `heddle migrate` makes one"));
  CHECK(std::filesystem::is_empty(std::filesystem::path(file).parent_path()));
  const Output json = place.run({"migrate", "--dry-run", "--json"});
  CHECK(json.code == 3);
  CHECK(has(json.err, R"({"error":"not_found")"));
  CHECK(std::filesystem::is_empty(std::filesystem::path(file).parent_path()));
  CHECK(place.run({"migrate"}).code == 0);
  CHECK(std::filesystem::exists(file));
}
#endif

TEST_CASE("expired rows are swept, and a run of measurements leaves nothing") {
  Place place;
  place.fill();
  const Output swept = place.run({"sweep", "--json"});
  INFO(swept.err);
  CHECK(swept.code == 0);
  CHECK(has(swept.out, R"("tenants":2)"));
  const Output bench = place.run({"bench", "--messages", "20", "--threads", "2", "--json"});
  INFO(bench.err);
  CHECK(bench.code == 0);
  CHECK(has(bench.out, R"("per_second":)"));
  CHECK_FALSE(has(place.run({"tenants"}).out, "heddle-bench"));
  // Without a database on one of its own.
  const Output own = place.program().run({"bench", "--messages", "20", "--folder", place.file("").string()});
  INFO(own.err);
  CHECK(own.code == 0);
  CHECK(has(own.out, "save 100 words"));
  for (const auto& each : std::filesystem::directory_iterator(place.file(""))) {
    CHECK_FALSE(has(each.path().string(), "heddle-bench"));
  }
}

TEST_CASE("old records are removed by rules") {
  Place place;
  place.fill();
  {
    Storage storage(place.database_place().config());
    for (const char* const text : {"first", "second", "third"}) {
      storage.error_store().store(conformance::alice, {.session_id = "s1", .tool_name = "t", .raw_error = text});
    }
  }
  const Output swept = place.run({"sweep", "--keep", "errors=1", "--older", "sessions=90d", "--json"});
  INFO(swept.err);
  CHECK(swept.code == 0);
  CHECK(has(swept.out, R"("errors":2)"));
  CHECK(has(swept.out, R"("sessions":0)"));
  for (const char* const rule : {"errors", "errors=", "errors=x", "errors=0", "mistakes=1", "errors=1d"}) {
    CAPTURE(rule);
    CHECK(place.run({"sweep", "--keep", rule}).code == 2);
  }
  const Output no_unit = place.run({"sweep", "--older", "sessions=90"});
  CHECK(no_unit.code == 2);
  CHECK(has(no_unit.err, "hidden_branches"));
  CHECK(place.run({"sweep", "--rules"}).code == 2);
  CHECK(place.as_alice({"sweep", "--keep", "errors=1"}).code == 2);
}

TEST_CASE("a tenant is erased only if that is confirmed, and the receipt is printed again") {
  Place place;
  place.fill();
  CHECK(place.run({"erase", "--yes"}).code == 2);
  const Output dry = place.as_alice({"erase"});
  INFO(dry.err);
  CHECK(dry.code == 0);
  CHECK(has(dry.out, "4  message\n"));
  CHECK(has(dry.out, "--yes"));
  CHECK(place.as_alice({"show", "s1"}).code == 0);

  const Output erased = place.as_alice({"erase", "--yes", "--key", "request 1"});
  INFO(erased.err);
  CHECK(erased.code == 0);
  CHECK(has(erased.out, "SHA-256"));
  CHECK(place.as_alice({"show", "s1"}).code == 3);
  CHECK(place.run({"show", "s2", "--user", "bob"}).code == 0);
  const std::string digest = erased.out.substr(erased.out.find("SHA-256 ") + 8, 64);
  CHECK(has(place.as_alice({"erase", "--yes", "--key", "request 1", "--json"}).out, R"("digest":")" + digest));
  CHECK(has(place.as_alice({"erase", "--json"}).out, R"("counts":{})"));
}

TEST_CASE("unused space of SQLite is given back; PostgreSQL does it by itself") {
  Place place;
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  place.fill();
  CHECK(place.run({"compact"}).code == 4);
  CHECK_FALSE(has(place.run({"compact", "--full"}).err, "anew"));
#else
  {
    // As an earlier version makes a file.
    auto config = place.database_place().config();
    config.incremental_vacuum = false;
    Storage(config).migrate();
  }
  place.fill();
  {
    Storage storage(place.database_place().config());
    const heddle::Message message{.content = std::string(10'000, 'x')};
    storage.session_storage().save_messages(conformance::alice, "s1", std::vector<heddle::Message>(100, message));
  }
  CHECK(place.run({"erase", "--yes", "--no-rewrite", "--user", "alice"}).code == 0);
  const Output refused = place.run({"compact"});
  CHECK(refused.code == 4);
  CHECK(has(refused.err, "--full"));
  const Output full = place.run({"compact", "--full", "--json"});
  INFO(full.err);
  CHECK(full.code == 0);
  CHECK(has(full.out, R"("unused_bytes":0)"));
  // What it takes is said beforehand: also if it then fails.
  CHECK(has(full.err, R"({"notice":"writing the whole file anew)"));
  CHECK(has(full.err, R"("database_bytes":)"));
  {
    support::RawDatabase other(place.database());
    other.execute("BEGIN IMMEDIATE");
    const std::string config = place.file("storage.json");
    std::ofstream(config) << R"({"sqlite": {"path": ")" << place.database() << R"(", "busy_timeout_ms": 1}})";
    const Output locked = place.program().run({"compact", "--full", "-d", config});
    CHECK(locked.code == 6);
    CHECK(locked.out.empty());
    const auto said = locked.err.find("as much space again, and other writes wait");
    CHECK(said < locked.err.find("heddle: "));
    other.execute("ROLLBACK");
  }
  CHECK(place.run({"compact"}).code == 0);
#endif
}
