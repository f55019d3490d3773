#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::code_of;
using support::RawDatabase;

namespace {

/// A database file and a folder of migrations for it.
class Steps {
 public:
  Steps() { std::filesystem::create_directories(folder()); }

  void add(int version, const std::string& name, const std::string& up, const std::string& down) const {
    const std::string stem = "00000" + std::to_string(version) + "_" + name;
    std::ofstream(folder() / (stem + ".up.sql")) << up;
    std::ofstream(folder() / (stem + ".down.sql")) << down;
  }
  void add_three() const {
    add(1, "first", "CREATE TABLE a (x);", "DROP TABLE a;");
    add(2, "second", "CREATE TABLE b (x); INSERT INTO b VALUES (1);", "DROP TABLE b;");
    add(3, "third", "CREATE TABLE c (x);", "DROP TABLE c;");
  }

  [[nodiscard]] std::filesystem::path folder() const { return files_.path() / "migrations"; }
  [[nodiscard]] std::string file() const { return (files_.path() / "x.db").string(); }
  [[nodiscard]] sqlite::Config config() const { return {.path = file(), .migration_directory = folder()}; }

 private:
  support::TemporaryFolder files_;
};

}  // namespace

TEST_CASE("fault 20: a new database gets every step with its record") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  Backend<Sqlite> backend({.path = file});
  CHECK(backend.storage_details().migration_version == 0);
  const auto pending = backend.pending_migrations();
  REQUIRE_FALSE(pending.empty());
  CHECK(pending.front().version == 1);
  CHECK(pending.front().description == "initial");
  CHECK(pending.front().sql.find("CREATE TABLE sessions") != std::string::npos);
  backend.migrate();
  CHECK(backend.pending_migrations().empty());
  CHECK(backend.migrator().applied().size() == pending.size());
  RawDatabase raw(file);
  CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'sessions_by_update'") == 1);
}

TEST_CASE("a database that was never migrated says what to do") {
  Backend<Sqlite> backend({.path = ":memory:"});
  const Error error = support::error_of([&] { backend.session_storage().save_session({}, {.id = "s"}); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("migrate()") != std::string::npos);
}

TEST_CASE("the embedded steps go all the way down and up again, with data in them") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  Backend<Sqlite> backend({.path = file});
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "s"});
  backend.session_storage().save_message({}, "s", {.content = "text"});
  backend.migrator().to({}, 0);
  CHECK(backend.storage_details().migration_version == 0);
  CHECK(RawDatabase(file).integer("SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' "
                                  "AND name <> 'heddle_migrations'") == 0);
  backend.migrate();
  CHECK_FALSE(backend.session_storage().load_session({}, "s").has_value());
}

TEST_CASE("up, down and to a target, step by step") {
  const Steps steps;
  steps.add_three();
  Backend<Sqlite> backend(steps.config());
  auto migrator = backend.migrator();
  CHECK(migrator.latest_version() == 3);
  CHECK(migrator.pending({}, 2).size() == 2);
  migrator.up({}, 2);
  CHECK(migrator.current_version() == 2);
  CHECK(migrator.pending().size() == 1);
  migrator.up({}, 1);
  CHECK(migrator.current_version() == 2);
  migrator.to({}, 1);
  CHECK(migrator.current_version() == 1);
  RawDatabase raw(steps.file());
  CHECK(raw.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')") == 1);
  backend.migrate();
  CHECK(migrator.current_version() == 3);
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

TEST_CASE("a step that fails leaves neither itself nor its record") {
  const Steps steps;
  steps.add(1, "good", "CREATE TABLE a (x);", "DROP TABLE a;");
  steps.add(2, "bad", "CREATE TABLE b (x); CREATE TABLE a (x);", "DROP TABLE b;");
  Backend<Sqlite> backend(steps.config());
  CHECK_THROWS_AS(backend.migrate(), Error);
  CHECK(backend.storage_details().migration_version == 1);
  CHECK(RawDatabase(steps.file()).integer("SELECT count(*) FROM sqlite_schema WHERE name = 'b'") == 0);
}

TEST_CASE("an edited, missing or newer version is refused, and nothing runs") {
  const Steps steps;
  steps.add_three();
  { Backend<Sqlite>(steps.config()).migrator().up({}, 2); }
  const auto refused = [&] {
    Backend<Sqlite> backend(steps.config());
    CHECK(code_of([&] { backend.migrate(); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { (void)backend.pending_migrations(); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { backend.migrator().down({}, 1); }) == ErrorCode::failed_precondition);
    CHECK(RawDatabase(steps.file()).integer("SELECT count(*) FROM sqlite_schema WHERE name = 'c'") == 0);
  };
  SUBCASE("edited") {
    steps.add(2, "second", "CREATE TABLE b (x, y);", "DROP TABLE b;");
    refused();
  }
  SUBCASE("renamed") {
    std::filesystem::rename(steps.folder() / "000002_second.up.sql", steps.folder() / "000002_other.up.sql");
    std::filesystem::rename(steps.folder() / "000002_second.down.sql", steps.folder() / "000002_other.down.sql");
    refused();
  }
  SUBCASE("missing") {
    RawDatabase(steps.file()).execute("DELETE FROM heddle_migrations WHERE version = 1");
    refused();
  }
  SUBCASE("newer") {
    RawDatabase(steps.file())
        .execute("INSERT INTO heddle_migrations VALUES (3, 'third', 'x', 0), (4, 'fourth', 'x', 0)");
    refused();
  }
}

TEST_CASE("a folder of migrations must be whole") {
  const auto refused = [](const Steps& steps) {
    CHECK(code_of([&] { Backend<Sqlite>(steps.config()).migrate(); }) == ErrorCode::invalid_argument);
  };
  {
    const Steps empty;
    refused(empty);
  }
  {
    const Steps gap;
    gap.add(1, "first", "CREATE TABLE a (x);", "DROP TABLE a;");
    gap.add(3, "third", "CREATE TABLE c (x);", "DROP TABLE c;");
    refused(gap);
  }
  {
    const Steps half;
    half.add_three();
    std::filesystem::remove(half.folder() / "000002_second.down.sql");
    refused(half);
  }
}

TEST_CASE("many migrators on one new file: every step once") {
  const Steps steps;
  steps.add_three();
  std::vector<std::thread> threads;
  for (int index = 0; index < 8; ++index) {
    threads.emplace_back([&] { Backend<Sqlite>(steps.config()).migrate(); });
  }
  for (auto& thread : threads) { thread.join(); }
  RawDatabase raw(steps.file());
  CHECK(raw.integer("SELECT count(*) FROM heddle_migrations") == 3);
  CHECK(raw.integer("SELECT count(*) FROM b") == 1);
}
