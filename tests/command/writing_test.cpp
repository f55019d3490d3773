#include "command/place.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

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
  CHECK(place.run({"migrate", "--to", "1000"}).code == 2);
  CHECK(version() == latest - 1);
}

TEST_CASE("a tenant is exported and imported as another one") {
  Place place;
  place.fill();
  const std::string file = place.file("alice.jsonl");
  const Output out = place.as_alice({"export", file, "--json"});
  INFO(out.err);
  CHECK(out.code == 0);
  CHECK(out.out.empty());
  CHECK(has(out.err, R"("message":4)"));
  CHECK(place.as_alice({"export", file}).code == 4);
  CHECK(place.as_alice({"export", file, "--force"}).code == 0);

  CHECK(place.run({"import", file, "--user", "carol"}).code == 4);
  const Output in = place.run({"import", file, "--user", "carol", "--other-tenant"});
  INFO(in.err);
  CHECK(in.code == 0);
  CHECK(has(place.run({"show", "s1", "--user", "carol"}).out, "It is refunded."));
  CHECK(place.run({"import", file, "--user", "carol", "--other-tenant"}).code == 4);
  CHECK(has(place.run({"import", "--abort", "--user", "carol"}).out, "no import"));

  // Through pipes, and damaged.
  const std::string stream = place.as_alice({"export"}).out;
  CHECK(place.run({"import", "-", "--user", "dora", "--other-tenant"}, stream).code == 0);
  const Output damaged =
      place.run({"import", "-", "--user", "emil", "--other-tenant"}, stream.substr(0, stream.size() / 2));
  CHECK(damaged.code == 7);
  CHECK(has(damaged.err, "line"));
}

TEST_CASE("an interrupted import says how to go on") {
  Place place;
  place.fill();
  const Output output = place.program().run_interrupted(place.on_database({"import", "-", "--user", "carol"}),
                                                        std::string(std::size_t{1} << 20U, '\n'));
  CHECK(output.code == 130);
  CHECK(has(output.err, "interrupted"));
  CHECK(has(output.err, "--abort"));
}

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
}

TEST_CASE("a backup of SQLite is whole; PostgreSQL has its own tools") {
  Place place;
  place.fill();
  const std::string target = place.file("backup.db");
  const Output output = place.run({"backup", target});
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  CHECK(output.code == 4);
  CHECK(has(output.err, "pg_dump"));
#else
  INFO(output.err);
  CHECK(output.code == 0);
  CHECK(has(output.out, "-artifacts"));
  CHECK(has(place.program().run({"show", "s1", "-d", target, "--immutable", "-u", "alice"}).out, "It is refunded."));
  CHECK(place.run({"backup", target}).code == 4);
#endif
}

TEST_CASE("the command explains itself") {
  Place place;
  const Output help = place.program().run({"--help"});
  CHECK(help.code == 0);
  const Output manual = place.program().run({"documents", "manual"});
  const Output completion = place.program().run({"documents", "completion"});
  for (const char* const name : {"status", "migrate", "tenants", "sessions", "show", "search", "export", "import",
                                 "sweep", "backup", "verify", "roles", "bench"}) {
    INFO(name);
    CHECK(has(help.out, name));
    CHECK(has(manual.out, std::string(".SS ") + name));
    CHECK(has(completion.out, std::string("    ") + name + ")"));
    const Output own = place.program().run({name, "--help"});
    CHECK(own.code == 0);
    CHECK(has(own.out, "--help"));
  }
  CHECK(has(place.program().run({"roles"}).out, "CREATE ROLE"));
  CHECK(place.program().run({}).code == 2);
  CHECK(place.program().run({"no-command"}).code == 2);
  CHECK(place.program().run({"show"}).code == 2);
  const Output json = place.run({"sessions", "--json", "--user", std::string(10'000, 'u')});
  CHECK(json.code != 0);
  CHECK(has(json.err, R"({"error":)"));
}
