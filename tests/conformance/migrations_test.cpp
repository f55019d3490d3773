#include "conformance/migration_places.hpp"
#include "support/expect_error.hpp"
#include "support/migration_steps.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using conformance::EmptyPlace;
using support::code_of;
using Steps = support::MigrationSteps;
using Storage = EmptyPlace::Storage;

TEST_CASE("fault 20: a new database gets every step with its record") {
  EmptyPlace place;
  Storage backend(place.config());
  const std::string before = place.contents();
  CHECK(backend.details().migration_version == 0);
  const auto pending = backend.pending_migrations();
  REQUIRE_FALSE(pending.empty());
  CHECK(pending.front().version == 1);
  CHECK(pending.front().description == "initial");
  CHECK(pending.front().sql.find("CREATE TABLE sessions") != std::string::npos);
  CHECK(place.contents() == before);
  backend.migrate();
  CHECK(backend.pending_migrations().empty());
  const auto records = backend.migrator().applied();
  REQUIRE(records.size() == pending.size());
  CHECK(records.front().version == 1);
  CHECK(records.front().name == "initial");
  CHECK(records.front().checksum.size() == 64);
  CHECK(records.front().applied_at > Timestamp{});
  CHECK(place.contents().find("sessions_by_update") != std::string::npos);
}

TEST_CASE("the error for a database without migrations says what to do") {
  EmptyPlace place;
  Storage backend(place.config());
  const Error error = support::error_of([&] { backend.session_storage().save_session({}, {.id = "s"}); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("migrate()") != std::string::npos);
}

TEST_CASE("the embedded steps run all the way down and up again on a database with data") {
  EmptyPlace place;
  Storage backend(place.config());
  // At the end only the table of records is left, empty.
  const Steps steps;
  steps.add(1, "none", "SELECT 1;", "SELECT 1;");
  std::string emptied;
  {
    Storage other(place.config(steps.folder()));
    other.migrate();
    other.migrator().to({}, 0);
    emptied = place.contents();
  }
  backend.migrate();
  const std::string migrated = place.contents();
  backend.session_storage().save_session({}, {.id = "s"});
  backend.session_storage().save_message({}, "s", {.content = "text"});
  backend.migrator().to({}, 0);
  CHECK(backend.details().migration_version == 0);
  CHECK(place.contents() == emptied);
  CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 0);
  backend.migrate();
  CHECK(place.contents() == migrated);
  CHECK_FALSE(backend.session_storage().load_session({}, "s").has_value());
  backend.session_storage().save_session({}, {.id = "s"});
}

TEST_CASE("a database of the first version keeps its records, and each begins at revision 1") {
  EmptyPlace place;
  Storage backend(place.config());
  backend.migrate();
  auto& sessions = backend.session_storage();
  auto& artifacts = backend.artifact_store();
  const Session trip{.id = "s", .name = "Trip", .agent_id = "p", .context = {R"({"step":3})"}};
  const WriteOptions once{.idempotency_key = "k"};
  sessions.save_session({}, trip, once);
  sessions.save_session({}, {.id = "child", .parent_session_id = "s"});
  CHECK(sessions.update_session({}, "child", {.name = "younger"}) == 2);
  sessions.save_message({}, "s", {.content = "a rare word"});
  const Artifact map{.id = "a", .name = "map", .tags = {"t"}, .metadata = {{"k", "v"}}, .session_id = "s"};
  artifacts.index({}, map);
  CHECK(artifacts.update({}, "a", {.purpose = "of gold"}));
  const Artifact before = artifacts.get({}, "a").value();

  backend.migrator().to({}, 1);
  CHECK(code_of([&] { sessions.save_session({}, {.id = "early"}); }) == ErrorCode::failed_precondition);
  // What the program of the first version stores: a session, and the key of a save.
  place.execute(
      "INSERT INTO sessions (user_id, id, name, agent_id, context, created_at, updated_at, total_cost_usd, "
      "total_tokens) VALUES ('default-user', 'old', 'Old', '', '{}', 7, 8, 0.5, 9); "
      "UPDATE idempotency_keys SET session_id = NULL, answer_number = 0 WHERE key = 'k'");
  backend.migrate();

  for (const std::string id : {"s", "child", "old"}) { CHECK(sessions.load_session({}, id)->revision == 1); }
  CHECK(sessions.load_session({}, "child")->name == "younger");
  CHECK(sessions.load_session({}, "child")->parent_session_id == "s");
  CHECK(sessions.load_session({}, "s")->messages.items.front().content == "a rare word");
  CHECK(sessions.search_messages({}, {.query = "rare"}).items.size() == 1);
  const Session old = sessions.load_session({}, "old").value();
  CHECK(old.created_at == Timestamp{std::chrono::microseconds{7}});
  CHECK(old.total_cost_usd == 0.5);
  CHECK(sessions.save_session({}, trip) == 1);
  CHECK(sessions.save_session({}, trip, once) == 0);
  CHECK(code_of([&] { sessions.save_session({}, {.id = "s"}, once); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { sessions.save_session({}, {.id = "old"}); }) == ErrorCode::conflict);
  CHECK(sessions.update_session({}, "old", {.name = "new"}) == 2);

  Artifact expected = before;
  expected.revision = 1;
  CHECK(artifacts.get({}, "a").value() == expected);
  CHECK(artifacts.search({}, {.query = "gold"}).items.size() == 1);
  CHECK(artifacts.update({}, expected));
  CHECK(artifacts.update({}, "a", {.name = "chart"}));
  CHECK(artifacts.get({}, "a")->revision == 2);
}

TEST_CASE("up, down and to a target, step by step") {
  EmptyPlace place;
  const Steps steps;
  steps.add_three();
  Storage backend(place.config(steps.folder()));
  auto& migrator = backend.migrator();
  CHECK(migrator.latest_version() == 3);
  CHECK(migrator.pending({}, 2).size() == 2);
  migrator.up({}, 2);
  CHECK(migrator.current_version() == 2);
  CHECK(migrator.pending().size() == 1);
  migrator.up({}, 1);
  CHECK(migrator.current_version() == 2);
  migrator.to({}, 1);
  CHECK(migrator.current_version() == 1);
  CHECK(place.integer("SELECT count(*) FROM a") == 0);
  CHECK_THROWS(place.execute("SELECT count(*) FROM b"));
  backend.migrate();
  CHECK(migrator.current_version() == 3);
  CHECK(place.integer("SELECT count(*) FROM b") == 1);
  migrator.down({}, 2);
  CHECK(migrator.current_version() == 1);
  for (const std::int32_t wrong : {-1, 4}) {
    CHECK(code_of([&] { migrator.to({}, wrong); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { migrator.up({}, wrong); }) == ErrorCode::invalid_argument);
  }
  for (const std::int32_t wrong : {-1, 0, 2}) {
    CHECK(code_of([&] { migrator.down({}, wrong); }) == ErrorCode::invalid_argument);
  }
  CHECK(migrator.current_version() == 1);
}

TEST_CASE("a failed step leaves neither its changes nor its record, and the error names it") {
  EmptyPlace place;
  const Steps steps;
  steps.add(1, "good", "CREATE TABLE a (x integer);", "DROP TABLE a;");
  steps.add(2, "bad", "CREATE TABLE b (x integer); INSERT INTO a VALUES (7); CREATE TABLE a (x integer);",
            "DROP TABLE b;");
  Storage backend(place.config(steps.folder()));
  const Error error = support::error_of([&] { backend.migrate(); });
  CHECK(std::string(error.what()).find("migration 2") != std::string::npos);
  CHECK_FALSE(error.native_code().empty());
  CHECK_FALSE(error.retryable());
  CHECK(backend.details().migration_version == 1);
  CHECK(place.integer("SELECT count(*) FROM a") == 0);
  CHECK_THROWS(place.execute("SELECT count(*) FROM b"));
  // The same for reverting.
  steps.add(1, "good", "CREATE TABLE a (x integer);", "CREATE TABLE d (x integer); DROP TABLE none;");
  CHECK_THROWS_AS(backend.migrator().down({}, 1), Error);
  CHECK(backend.details().migration_version == 1);
  CHECK_THROWS(place.execute("SELECT count(*) FROM d"));
  // The next migrator continues where it stopped.
  steps.add(2, "bad", "CREATE TABLE b (x integer);", "DROP TABLE b;");
  backend.migrate();
  CHECK(backend.details().migration_version == 2);
}

TEST_CASE("an edited, missing or newer version is refused, and nothing runs") {
  EmptyPlace place;
  const Steps steps;
  steps.add_three();
  { Storage(place.config(steps.folder())).migrator().up({}, 2); }
  const auto refused = [&] {
    const std::string before = place.contents();
    Storage backend(place.config(steps.folder()));
    CHECK(code_of([&] { backend.migrate(); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { (void)backend.pending_migrations(); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { (void)backend.migrator().applied(); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { backend.migrator().down({}, 1); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { backend.migrator().to({}, 0); }) == ErrorCode::failed_precondition);
    CHECK(place.contents() == before);
    CHECK(place.integer("SELECT count(*) FROM b") == 1);
  };
  SUBCASE("edited") {
    steps.add(2, "second", "CREATE TABLE b (x integer, y integer);", "DROP TABLE b;");
    refused();
  }
  SUBCASE("renamed") {
    std::filesystem::rename(steps.folder() / "000002_second.up.sql", steps.folder() / "000002_other.up.sql");
    std::filesystem::rename(steps.folder() / "000002_second.down.sql", steps.folder() / "000002_other.down.sql");
    refused();
  }
  SUBCASE("missing") {
    place.execute("DELETE FROM heddle_migrations WHERE version = 1");
    refused();
  }
  SUBCASE("newer") {
    place.execute("INSERT INTO heddle_migrations VALUES (3, 'third', 'x', 0), (4, 'fourth', 'x', 0)");
    refused();
  }
  SUBCASE("newer than a program that knows fewer steps") {
    Storage(place.config(steps.folder())).migrate();
    const Steps fewer;
    fewer.add(1, "first", "CREATE TABLE a (x integer);", "DROP TABLE a;");
    Storage backend(place.config(fewer.folder()));
    CHECK(code_of([&] { backend.migrate(); }) == ErrorCode::failed_precondition);
    CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 3);
  }
}

TEST_CASE("a folder of migrations must be complete") {
  EmptyPlace place;
  const auto refused = [&](const Steps& steps) {
    CHECK(code_of([&] { Storage(place.config(steps.folder())).migrate(); }) == ErrorCode::invalid_argument);
  };
  {
    const Steps empty;
    refused(empty);
  }
  {
    const Steps gap;
    gap.add(1, "first", "CREATE TABLE a (x integer);", "DROP TABLE a;");
    gap.add(3, "third", "CREATE TABLE c (x integer);", "DROP TABLE c;");
    refused(gap);
  }
  {
    const Steps half;
    half.add_three();
    std::filesystem::remove(half.folder() / "000002_second.down.sql");
    refused(half);
  }
}

TEST_CASE("many migrators on one new database: every step once") {
  EmptyPlace place;
  const Steps steps;
  steps.add_three();
  std::vector<std::thread> threads;
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&] { Storage(place.config(steps.folder())).migrate(); });
  }
  for (auto& thread : threads) { thread.join(); }
  CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 3);
  CHECK(place.integer("SELECT count(*) FROM b") == 1);
}

TEST_CASE("the tables of erasures go only while no erasure is under way") {
  EmptyPlace place;
  Storage backend(place.config());
  backend.migrate();
  const std::int32_t before = conformance::version_of(backend, "erasures") - 1;
  place.execute("INSERT INTO erasures (user_id, key, batch, started_at) VALUES ('alice', 'k', 1, 1)");
  const Error error = support::error_of([&] { backend.migrator().to({}, before); });
  CHECK(std::string(error.what()).find("erasures") != std::string::npos);
  CHECK(backend.migrator().current_version() > before);
  place.execute("DELETE FROM erasures");
  backend.migrator().to({}, before);
  CHECK(place.contents().find("erasure_") == std::string::npos);
  backend.migrate();
  CHECK(place.integer("SELECT count(*) FROM erasure_receipts") == 0);
}
