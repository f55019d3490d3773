#include "command/place.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace command_test;

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
  const Output in = place.run({"import", file, "--user", "carol", "--into-other-tenant"});
  INFO(in.err);
  CHECK(in.code == 0);
  CHECK(has(place.run({"show", "s1", "--user", "carol"}).out, "It is refunded."));
  CHECK(place.run({"import", file, "--user", "carol", "--into-other-tenant"}).code == 4);
  CHECK(has(place.run({"import", "--abort", "--user", "carol"}).out, "no import"));

  // Through pipes, and damaged.
  const std::string stream = place.as_alice({"export"}).out;
  CHECK(place.run({"import", "-", "--user", "dora", "--into-other-tenant"}, stream).code == 0);
  const Output damaged =
      place.run({"import", "-", "--user", "emil", "--into-other-tenant"}, stream.substr(0, stream.size() / 2));
  CHECK(damaged.code == 7);
  CHECK(has(damaged.err, "line"));
}

TEST_CASE("an interrupted import says how to go on") {
  Place place;
  place.fill();
  const std::string stream = place.as_alice({"export"}).out;
  const std::string header = stream.substr(0, stream.find('\n') + 1);
  // A line that does not end.
  const Output output =
      place.program().run_interrupted(place.on_database({"import", "-", "--user", "carol", "--into-other-tenant"}),
                                      header + std::string(std::size_t{1} << 20U, ' '));
  CHECK(output.code == 130);
  CHECK(has(output.err, "interrupted"));
  CHECK(has(output.err, "--abort"));
}

TEST_CASE("all tenants are copied to another database and back, and compared if they are there") {
  Place place;
  place.fill();
  const std::string other = place.file("other.db");
  const Output there = place.run({"copy", other, "--json"});
  INFO(there.err);
  CHECK(there.code == 0);
  CHECK(has(there.out, R"("copied":2)"));
  CHECK(has(there.out, R"("message":4)"));
  CHECK(has(place.program().run({"show", "s1", "-d", other, "-u", "alice"}).out, "It is refunded."));
  const Output back = place.program().run({"copy", place.database(), "-d", other});
  INFO(back.err);
  CHECK(back.code == 0);
  CHECK(has(back.out, "2 were there already"));

  CHECK(place.program().run({"import", "--abort", "-d", other, "-u", "alice"}).code == 0);
  CHECK(place.program().run({"erase", "--yes", "-d", other, "-u", "bob"}).code == 0);
  const Output again = place.run({"copy", other});
  CHECK(has(again.out, "copied 1 of 2 tenants"));
}

TEST_CASE("a loom.db is adopted into a new database, and named what adopts it") {
  Place place;
  const std::string loom = place.file("loom.db");
  std::filesystem::copy_file(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_4_0.db", loom);
  const Output wrong = place.program().run({"sessions", "-d", loom});
  CHECK(wrong.code == 4);
  CHECK(has(wrong.err, "heddle adopt"));
  CHECK(place.program().run({"adopt", loom}).code == 2);

  const Output adopted = place.run({"adopt", loom, "--artifacts", HEDDLE_TEST_ADOPTION "/artifacts"});
  INFO(adopted.err);
  CHECK(adopted.code == 0);
  CHECK(has(adopted.out, "14  message\n"));
  CHECK(has(adopted.out, "left out:"));
  CHECK(has(place.run({"tenants"}).out, "default-user"));
  const Output again = place.run({"adopt", loom, "--artifacts", HEDDLE_TEST_ADOPTION "/artifacts", "--json"});
  INFO(again.err);
  CHECK(again.code == 0);
  CHECK(has(again.out, R"("tenants_before":1)"));
  CHECK(place.run({"adopt", place.file("none.db")}).code == 3);
}

#ifdef HEDDLE_CONFORMANCE_POSTGRES
TEST_CASE("PostgreSQL has its own tools for backups") {
  Place place;
  place.fill();
  const Output output = place.run({"backup", place.file("backup")});
  CHECK(output.code == 4);
  CHECK(has(output.err, "pg_dump"));
  CHECK(place.run({"restore", place.file("backup")}).code == 4);
}
#else
TEST_CASE("a backup is made, verified and restored to a new place") {
  Place place;
  place.fill();
  const std::string folder = place.file("backup");
  const Output made = place.run({"backup", folder});
  INFO(made.err);
  CHECK(made.code == 0);
  CHECK(has(made.out, "1 file of artifacts"));
  CHECK(has(place.run({"backup", folder, "--json"}).out, R"("copied_files":0)"));
  CHECK(place.program().run({"backup", "--verify", folder}).code == 0);

  const std::string restored = place.file("restored.db");
  const Output back = place.program().run({"restore", folder, "-d", restored});
  INFO(back.err);
  CHECK(back.code == 0);
  CHECK(has(place.program().run({"show", "s1", "-d", restored, "-u", "alice"}).out, "It is refunded."));
  CHECK(place.program().run({"verify", "-d", restored}).code == 0);
  // Nothing is replaced.
  CHECK(place.program().run({"restore", folder, "-d", restored}).code == 4);
  CHECK(place.run({"restore", folder}).code == 4);

  for (const auto& each : std::filesystem::recursive_directory_iterator(folder)) {
    if (!has(each.path().string(), "objects") || !each.is_regular_file()) { continue; }
    std::filesystem::permissions(each.path(), std::filesystem::perms::owner_all);
    std::ofstream(each.path(), std::ios::binary) << "another content";
  }
  CHECK(place.program().run({"backup", "--verify", folder}).code == 7);
}
#endif
