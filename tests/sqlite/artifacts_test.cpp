#include "conformance/sample.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace heddle;
using conformance::add_session;
using conformance::alice;
using conformance::bob;
using support::code_of;

TEST_CASE("without an artifact directory there is no folder, and no file is removed") {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  auto& store = backend.artifact_store();
  CHECK(code_of([&] { static_cast<void>(store.folder(alice, ArtifactFolder::user)); }) ==
        ErrorCode::failed_precondition);
  const support::TemporaryFolder folder;
  const auto path = folder.path() / "f";
  std::ofstream(path) << "content";
  store.index(alice, {.id = "f", .path = path.string()});
  CHECK(store.remove(alice, "f", DeleteMode::hard));
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("the search index stays consistent with the artifacts through every kind of change") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  auto& store = backend.artifact_store();
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  // The backend copies the log into the file behind the calls.
  sqlite3_busy_timeout(raw, 60'000);
  const auto read = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(raw, sql, -1, &statement, nullptr) == SQLITE_OK);
    REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
    const int number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return number;
  };
  // Each artifact has one end of its text in the index.
  REQUIRE(sqlite3_exec(raw, "CREATE VIRTUAL TABLE temp.terms USING fts5vocab (main, artifact_words, instance)", nullptr,
                       nullptr, nullptr) == SQLITE_OK);
  const auto consistent = [&] {
    return sqlite3_exec(raw, "INSERT INTO artifact_words (artifact_words) VALUES ('integrity-check')", nullptr, nullptr,
                        nullptr) == SQLITE_OK &&
           read(
               "SELECT NOT EXISTS (SELECT number FROM artifacts EXCEPT SELECT doc FROM temp.terms WHERE "
               "substr(hex(CAST(term AS BLOB)), -2) = 'FF') AND NOT EXISTS (SELECT doc FROM temp.terms EXCEPT SELECT "
               "number FROM artifacts)") == 1;
  };
  add_session(backend, alice, "s");
  add_session(backend, bob, "s");
  for (int i = 0; i < 40; ++i) {
    const Context& context = i % 2 == 0 ? alice : bob;
    Artifact artifact{.id = std::to_string(i), .name = "name " + std::to_string(i), .purpose = "purpose"};
    if (i % 3 != 0) { artifact.tags = {"tag", std::to_string(i), "quote\""}; }
    if (i % 4 < 2) { artifact.session_id = "s"; }
    store.index(context, artifact);
  }
  CHECK(consistent());
  // Longer than what is searched.
  std::string purpose = "long";
  while (purpose.size() < 1'200'000) { purpose += " filler"; }
  store.index(alice, {.id = "long", .purpose = purpose + " behind"});
  CHECK(consistent());
  CHECK(store.search(alice, {.query = "long filler"}).items.size() == 1);
  CHECK(store.search(alice, {.query = "long behind"}).items.empty());
  store.update(alice, {.id = "long", .purpose = purpose + " other", .revision = 1});
  CHECK(consistent());
  CHECK(store.get(alice, "long")->purpose == purpose + " other");
  store.update(alice, "long", {.purpose = purpose + " patched"});
  CHECK(consistent());
  CHECK(store.get(alice, "long")->purpose == purpose + " patched");
  store.remove(alice, "long", DeleteMode::hard);
  CHECK(consistent());
  CHECK(store.search(alice, {.query = "filler"}).items.empty());
  for (int i = 0; i < 40; i += 5) {
    const Context& context = i % 2 == 0 ? alice : bob;
    store.index(context, {.id = std::to_string(i), .name = "other", .tags = {"new"}, .session_id = "s", .revision = 1});
    store.update(context, {.id = std::to_string(i + 2), .name = "name", .purpose = "changed", .revision = 1});
    store.update(context, std::to_string(i + 2), {.name = "patched", .add_tags = {"more"}});
    store.record_access(context, std::to_string(i));
    store.remove(context, std::to_string(i + 2), DeleteMode::soft);
    store.remove(context, std::to_string(i + 4), DeleteMode::hard);
  }
  CHECK(consistent());
  REQUIRE(backend.session_storage().delete_session(alice, "s"));
  CHECK(consistent());
  REQUIRE(backend.session_storage().delete_session(bob, "s"));
  CHECK(consistent());
  // The check detects a difference: it fails after a row is removed without the triggers.
  REQUIRE(
      sqlite3_exec(
          raw,
          "DROP TRIGGER artifacts_deleted; DELETE FROM artifacts WHERE number = (SELECT max(number) FROM artifacts)",
          nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK_FALSE(consistent());
  sqlite3_close(raw);
}
