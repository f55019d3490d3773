#include "command/place.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

  const Output of_another = place.run({"import", file, "--user", "carol"});
  CHECK(of_another.code == 4);
  CHECK(has(of_another.err, "--into-other-tenant"));
  const Output in = place.run({"import", file, "--user", "carol", "--into-other-tenant"});
  INFO(in.err);
  CHECK(in.code == 0);
  CHECK(has(place.run({"show", "s1", "--user", "carol"}).out, "It is refunded."));
  const Output twice = place.run({"import", file, "--user", "carol", "--into-other-tenant"});
  CHECK(twice.code == 4);
  CHECK(has(twice.err, "--skip"));
  CHECK(has(place.run({"import", "--abort", "--user", "carol"}).out, "no import"));

  // Through pipes, and damaged.
  const std::string stream = place.as_alice({"export"}).out;
  CHECK(place.run({"import", "-", "--user", "dora", "--into-other-tenant"}, stream).code == 0);
  const Output damaged =
      place.run({"import", "-", "--user", "emil", "--into-other-tenant"}, stream.substr(0, stream.size() / 2));
  CHECK(damaged.code == 7);
  CHECK(has(damaged.err, "line"));
}

TEST_CASE("the quota of artifacts is imported if that is said; else the report says that it was left out") {
  Place place;
  place.fill();
  Storage storage(place.database_place().config());
  storage.artifact_store().set_quota(conformance::alice, 1'000'000);
  const auto quota_of = [&](const char* tenant) {
    return storage.artifact_store().content_usage(heddle::Context::for_user(tenant)).quota_bytes;
  };
  const std::string stream = place.as_alice({"export"}).out;
  const auto import = [&](std::vector<std::string> options) {
    options.insert(options.begin(), {"import", "-", "--into-other-tenant"});
    Output output = place.run(std::move(options), stream);
    INFO(output.err);
    CHECK(output.code == 0);
    return output;
  };
  const std::string words = "quota of artifacts was left out";
  CHECK(has(import({"--user", "carol"}).out, words));
  CHECK_FALSE(quota_of("carol").has_value());
  CHECK(has(import({"--user", "dora", "--json"}).out, R"("quota_left_out":true)"));
  CHECK_FALSE(quota_of("dora").has_value());

  CHECK_FALSE(has(import({"--user", "emil", "--quota"}).out, words));
  CHECK(quota_of("emil") == 1'000'000);
  CHECK(has(import({"--user", "fred", "--quota", "--json"}).out, R"("quota_left_out":false)"));
  CHECK(quota_of("fred") == 1'000'000);

  // As the report says.
  import({"--user", "carol", "--skip", "--quota"});
  CHECK(quota_of("carol") == 1'000'000);
  CHECK(place.run({"show", "s1", "--user", "carol"}).code == 0);
}

TEST_CASE("a stream without a quota of artifacts has none to leave out") {
  Place place;
  place.fill();
  const std::string stream = place.as_alice({"export"}).out;
  const Output plain = place.run({"import", "-", "--into-other-tenant", "--user", "carol"}, stream);
  CHECK(plain.code == 0);
  CHECK_FALSE(has(plain.out, "quota"));
  const Output json = place.run({"import", "-", "--into-other-tenant", "--user", "dora", "--json"}, stream);
  CHECK(has(json.out, R"("quota_left_out":false)"));
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
  CHECK(place.program().run({"copy", other, "-d", other}).code == 2);
}

TEST_CASE("a loom.db is adopted into a new database, and named what adopts it") {
  Place place;
  const std::string loom = place.file("loom.db");
  std::filesystem::copy_file(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_4_0.db", loom);
  const Output wrong = place.program().run({"sessions", "-d", loom});
  CHECK(wrong.code == 4);
  CHECK(has(wrong.err, "heddle adopt"));
  CHECK(place.program().run({"adopt", loom}).code == 2);

  const std::string artifacts = HEDDLE_TEST_ADOPTION "/artifacts";
  const Output adopted = place.run({"adopt", loom, "--artifacts", artifacts});
  INFO(adopted.err);
  CHECK(adopted.code == 0);
  CHECK(has(adopted.out, "14  message\n"));
  CHECK(has(adopted.out, "left out:"));
  CHECK(has(place.run({"tenants"}).out, "default-user"));
  const Output again = place.run({"adopt", loom, "--artifacts", artifacts, "--json"});
  INFO(again.err);
  CHECK(again.code == 0);
  CHECK(has(again.out, R"("tenants_before":1)"));
  CHECK(has(place.run({"adopt", loom, "--artifacts", HEDDLE_TEST_ADOPTION "/artifacts"}).out, "1 tenant was there"));
}

TEST_CASE("a source that cannot be adopted makes no target") {
  Place place;
  const std::string missing = place.file("none.db");
  const std::string encrypted = place.file("encrypted.db");
  std::ofstream(encrypted, std::ios::binary) << std::string(8192, '\x5a');
  const std::string other = place.file("other.db");
  support::RawDatabase(other).execute("CREATE TABLE t (a)");
  const std::string newer = place.file("newer.db");
  std::filesystem::copy_file(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_4_0.db", newer);
  support::RawDatabase(newer).execute("INSERT INTO schema_migrations (version, applied_at) VALUES (9, 0)");
  const std::string target = place.file("new.db");
  const auto refuse = [&](const std::string& source, int code, std::string_view words) {
    const Output output = place.program().run({"adopt", source, "-d", target});
    INFO(output.err);
    CHECK(output.code == code);
    CHECK(has(output.err, words));
    for (const auto& each : std::filesystem::directory_iterator(place.file(""))) {
      CHECK_FALSE(each.path().string().starts_with(target));
    }
  };
  refuse(missing, 3, "none.db");
  refuse(encrypted, 4, "sqlcipher");
  refuse(other, 4, "not the tables of the Go server");
  refuse(newer, 4, "newer Heddle");
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  // The server is there, the schema of the Go server is not.
  refuse(place.database(), 4, "not the tables of the Go server");
#endif
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
