#include "heddle/open.hpp"

#include "heddle/capabilities.hpp"
#include "heddle/config/health.hpp"
#include "heddle/config/parse.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

using heddle::Environment;
using heddle::ErrorCode;
using heddle::OpenOptions;
using support::code_of;
using support::error_of;

namespace {

namespace fs = std::filesystem;
namespace v1 = heddle::v1;

const heddle::Context ada = heddle::Context::for_user("ada");
constexpr const char* secret = "S3CRET";

/// Opens a configuration in JSON, with `@` for the folder of the test.
v1::StorageConfig config_of(std::string json, const fs::path& folder = {}) {
  for (std::size_t at = json.find('@'); at != std::string::npos; at = json.find('@')) {
    json.replace(at, 1, folder.string());
  }
  return heddle::parse_config_json(json);
}

/// Returns options with this data folder.
OpenOptions at(const fs::path& folder) {
  return {.environment = Environment::of({{"LOOM_DATA_DIR", folder.string()}})};
}

/// Returns every file below a folder with its content.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) { continue; }
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

/// A connection of another program.
using Raw = std::unique_ptr<sqlite3, decltype(&sqlite3_close)>;

Raw raw(const fs::path& file) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
  return {handle, &sqlite3_close};
}

void execute(const Raw& database, const char* sql) {
  CHECK_MESSAGE(sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK,
                sqlite3_errmsg(database.get()));
}

/// The schema in the file of the Go server.
void make_loom(const Raw& database) {
  execute(database, R"sql(
    CREATE TABLE sessions (id TEXT PRIMARY KEY, agent_id TEXT, updated_at INTEGER);
    CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, session_id TEXT, content TEXT, timestamp INTEGER);
    CREATE TABLE tool_executions (id INTEGER PRIMARY KEY, session_id TEXT);
    CREATE TABLE memory_snapshots (id TEXT PRIMARY KEY, session_id TEXT);
    CREATE TABLE artifacts (id TEXT PRIMARY KEY, name TEXT);
    CREATE TABLE agent_errors (id TEXT PRIMARY KEY);
    CREATE TABLE sql_result_metadata (id TEXT PRIMARY KEY);
    CREATE TABLE human_requests (id TEXT PRIMARY KEY);
    CREATE VIRTUAL TABLE messages_fts5 USING fts5(message_id UNINDEXED, content, tokenize = 'porter unicode61');
    CREATE VIRTUAL TABLE artifacts_fts5 USING fts5(artifact_id UNINDEXED, name);
    INSERT INTO sessions VALUES ('s', 'a', 1);
    INSERT INTO messages (session_id, content, timestamp) VALUES ('s', 'of the Go server', 1);
  )sql");
}

}  // namespace

TEST_CASE("the empty configuration opens SQLite in the data folder") {
  const support::TemporaryFolder folder;
  const auto data = folder.path() / "deep" / "data";
  {
    auto storage = heddle::open({}, at(data));
    CHECK(storage.name() == "sqlite");
    CHECK(heddle::health_status(storage).migration_version() >= 1);
    storage.session_storage().save_session(ada, {.id = "s"});
  }
  CHECK(fs::exists(data / "loom.db"));
  CHECK(fs::status(data).permissions() == fs::perms::owner_all);

  auto again = heddle::open(config_of(R"({"backend": "STORAGE_BACKEND_TYPE_SQLITE"})"), at(data));
  CHECK(again.session_storage().load_session(ada, "s"));
}

TEST_CASE("a configuration as text and in a file") {
  const support::TemporaryFolder folder;
  auto in_memory = heddle::open_json(R"({"sqlite": {"path": ":memory:"}})");
  in_memory.session_storage().save_session(ada, {.id = "s"});
  CHECK(in_memory.session_storage().load_session(ada, "s"));

  const auto file = folder.path() / "storage.json";
  std::ofstream(file) << R"({"sqlite": {"path": ")" << (folder.path() / "own.db").string() << R"("}})";
  CHECK(heddle::open_file(file).name() == "sqlite");
  CHECK(fs::exists(folder.path() / "own.db"));

  // The options apply to these as well.
  CHECK(heddle::open_json("{}", at(folder.path() / "first")).name() == "sqlite");
  CHECK(fs::exists(folder.path() / "first" / "loom.db"));
  std::ofstream(file) << "{}";
  CHECK(heddle::open_file(file, at(folder.path() / "second")).name() == "sqlite");
  CHECK(fs::exists(folder.path() / "second" / "loom.db"));
  CHECK(heddle::open(at(folder.path() / "third")).name() == "sqlite");
  CHECK(fs::exists(folder.path() / "third" / "loom.db"));

  CHECK(code_of([] { static_cast<void>(heddle::open_json("{")); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(heddle::open_file(folder.path() / "none")); }) == ErrorCode::not_found);
}

TEST_CASE("a section for PostgreSQL without a chosen backend is an error and does not open SQLite") {
  const support::TemporaryFolder folder;
  const auto error = error_of([&] {
    static_cast<void>(heddle::open(config_of(R"({"postgres": {"dsn": "host=db"}})"), at(folder.path() / "data")));
  });
  CHECK(error.code() == ErrorCode::invalid_argument);
  CHECK(std::string(error.what()).find("backend") != std::string::npos);
  CHECK_FALSE(fs::exists(folder.path() / "data"));
  // A configuration may have both sections.
  static_cast<void>(heddle::open(
      config_of(R"({"backend": "STORAGE_BACKEND_TYPE_SQLITE", "postgres": {"dsn": "host=db"}})"), at(folder.path())));
}

TEST_CASE("an existing data folder keeps its permissions") {
  const support::TemporaryFolder folder;
  const auto before = fs::status(folder.path()).permissions();
  static_cast<void>(heddle::open({}, at(folder.path() / "")));
  CHECK(fs::exists(folder.path() / "loom.db"));
  CHECK(fs::status(folder.path()).permissions() == before);
}

TEST_CASE("the configuration says where the database is") {
  const support::TemporaryFolder folder;
  SUBCASE("in a file") {
    auto storage = heddle::open(config_of(R"({"sqlite": {"path": "@/own.db"}})", folder.path()),
                                {.environment = Environment::of({})});
    CHECK(fs::exists(folder.path() / "own.db"));
    CHECK(fs::exists(folder.path() / "own.db-wal"));
  }
  SUBCASE("without a write-ahead log") {
    auto storage = heddle::open(config_of(R"({"sqlite": {"path": "@/own.db", "wal_mode": false}})", folder.path()));
    CHECK(!fs::exists(folder.path() / "own.db-wal"));
  }
  SUBCASE("in memory") {
    auto storage = heddle::open(config_of(R"({"sqlite": {"path": ":memory:"}})"), at(folder.path() / "data"));
    storage.session_storage().save_session({}, {.id = "of the default user"});
    CHECK(storage.session_storage().load_session(heddle::Context::for_user("default-user"), "of the default user"));
    CHECK(fs::is_empty(folder.path()));
  }
  SUBCASE("a named folder is not created") {
    const auto missing = config_of(R"({"sqlite": {"path": "@/none/own.db"}})", folder.path());
    CHECK(code_of([&] { static_cast<void>(heddle::open(missing)); }) == ErrorCode::failed_precondition);
    CHECK(fs::is_empty(folder.path()));
  }
  SUBCASE("a folder that cannot be created") {
    std::ofstream(folder.path() / "file") << "in the way";
    CHECK(code_of([&] { static_cast<void>(heddle::open({}, at(folder.path() / "file"))); }) ==
          ErrorCode::permission_denied);
  }
}

TEST_CASE("opening migrates as the configuration says") {
  const support::TemporaryFolder folder;
  const auto version_of = [](heddle::AnyBackend storage) {
    return heddle::detail_report(storage)->details().migration_version;
  };
  const auto open_with = [&](const char* migration) {
    return heddle::open(config_of(std::string(R"({"migration": )") + migration + "}", folder.path()),
                        at(folder.path()));
  };
  SUBCASE("off") {
    CHECK(version_of(open_with(R"({"auto_migrate": false})")) == 0);
    CHECK(version_of(open_with(R"({"auto_migrate": true})")) >= 1);
  }
  SUBCASE("unset is on") { CHECK(version_of(open_with("{}")) >= 1); }
  SUBCASE("to a version, from a folder") {
    const auto sql = folder.path() / "sql";
    fs::create_directory(sql);
    for (const char* each : {"000001_a", "000002_b", "000003_c"}) {
      std::ofstream(sql / (std::string(each) + ".up.sql")) << "CREATE TABLE " << each + 7 << "(x);";
      std::ofstream(sql / (std::string(each) + ".down.sql")) << "DROP TABLE " << each + 7 << ";";
    }
    CHECK(version_of(open_with(R"({"migration_dir": "@/sql", "target_version": 2})")) == 2);
    CHECK(version_of(open_with(R"({"migration_dir": "@/sql", "target_version": 1})")) == 2);
    CHECK(version_of(open_with(R"({"migration_dir": "@/sql"})")) == 3);
  }
  SUBCASE("to a version that does not exist") {
    for (const char* migration :
         {R"({"target_version": 999})", R"({"target_version": -1})", R"({"migration_dir": "@/none"})"}) {
      CAPTURE(migration);
      CHECK(code_of([&] { static_cast<void>(open_with(migration)); }) == ErrorCode::invalid_argument);
    }
  }
  SUBCASE("within the deadline") {
    auto options = at(folder.path());
    options.context = heddle::Context{}.with_timeout(std::chrono::seconds(-1));
    CHECK(code_of([&] { static_cast<void>(heddle::open({}, options)); }) == ErrorCode::deadline_exceeded);
  }
}

// A SQLite that can encrypt refuses nothing.
#ifndef SQLITE_HAS_CODEC
TEST_CASE("encryption is never replaced by a plain file") {
  const support::TemporaryFolder folder;
  const auto data = folder.path() / "data";
  auto options = at(data);
  SUBCASE("in the default file, with the key of the configuration") {
    const auto config = config_of(R"({"sqlite": {"encrypt": true, "encryption_key": "S3CRET"}})");
    const auto error = error_of([&] { static_cast<void>(heddle::open(config, options)); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find(secret) == std::string::npos);
  }
  SUBCASE("in a named file, with the key of the environment") {
    const auto config = config_of(R"({"sqlite": {"encrypt": true, "path": "@/own.db"}})", folder.path());
    options.environment = Environment::of({{"LOOM_DB_KEY", secret}});
    const auto error = error_of([&] { static_cast<void>(heddle::open(config, options)); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find(secret) == std::string::npos);
  }
  SUBCASE("without a key") {
    const auto config = config_of(R"({"sqlite": {"encrypt": true}})");
    CHECK(code_of([&] { static_cast<void>(heddle::open(config, options)); }) == ErrorCode::invalid_argument);
  }
  CHECK(fs::is_empty(folder.path()));
}
#endif

TEST_CASE("a loom.db of the Go server is refused and not changed") {
  const support::TemporaryFolder folder;
  const auto file = folder.path() / "loom.db";
  const auto refuse = [&](bool named) {
    const auto before = files_of(folder.path());
    const auto written = fs::last_write_time(file);
    const auto error = error_of([&] { static_cast<void>(heddle::open({}, at(folder.path()))); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find("nothing was changed") != std::string::npos);
    if (named) { CHECK(std::string(error.what()).find("loom.db of the Go server") != std::string::npos); }
    CHECK(files_of(folder.path()) == before);
    CHECK(fs::last_write_time(file) == written);
  };
  SUBCASE("at rest") {
    make_loom(raw(file));
    refuse(true);
  }
  SUBCASE("at rest, with the write-ahead log on") {
    {
      const Raw database = raw(file);
      execute(database, "PRAGMA journal_mode = WAL");
      make_loom(database);
    }
    refuse(true);
  }
  SUBCASE("in use, with all data still in the log") {
    const Raw database = raw(file);
    execute(database, "PRAGMA journal_mode = WAL");
    execute(database, "PRAGMA wal_autocheckpoint = 0");
    make_loom(database);
    REQUIRE(fs::file_size(file.string() + "-wal") > 0);
    refuse(false);
    // The other program was not disturbed either.
    execute(database, "INSERT INTO sessions VALUES ('t', 'a', 2)");
  }
  SUBCASE("left behind by a crash: a log that was not read back") {
    const support::TemporaryFolder elsewhere;
    const auto live = elsewhere.path() / "loom.db";
    const Raw database = raw(live);
    execute(database, "PRAGMA journal_mode = WAL");
    make_loom(database);
    execute(database, "PRAGMA wal_checkpoint");
    execute(database, "INSERT INTO sessions VALUES ('t', 'a', 2)");
    fs::copy_file(live, file);
    fs::copy_file(live.string() + "-wal", file.string() + "-wal");
    refuse(true);
  }
}

TEST_CASE("PostgreSQL") {
  const support::TemporaryFolder folder;
  const auto open_with = [&](const char* json) {
    return error_of([&] { static_cast<void>(heddle::open(config_of(json), at(folder.path() / "data"))); });
  };
  const auto without = open_with(R"({"backend": "STORAGE_BACKEND_TYPE_POSTGRES"})");
  CHECK(without.code() == ErrorCode::invalid_argument);
  CHECK(std::string(without.what()).find("postgres") != std::string::npos);

  // Validated before connecting, in every build.
  const auto impossible = open_with(R"({"backend": 2, "postgres": {"dsn": "postgres://u:S3CRET@h/d",
      "pool": {"max_connections": 0}}})");
  CHECK(impossible.code() == ErrorCode::invalid_argument);
  CHECK(std::string(impossible.what()).find(secret) == std::string::npos);

  const auto supabase =
      open_with(R"({"backend": 2, "postgres": {"supabase": {"enabled": true, "anon_key": "S3CRET"}}})");
  CHECK(supabase.code() == ErrorCode::failed_precondition);
  CHECK(std::string(supabase.what()).find("Supabase") != std::string::npos);
  CHECK(std::string(supabase.what()).find(secret) == std::string::npos);

  // A socket that does not exist.
  const auto absent =
      open_with(R"({"backend": 2, "postgres": {"dsn": "host=/nonexistent dbname=d user=u password=S3CRET"}})");
#if HEDDLE_WITH_POSTGRES
  CHECK(absent.code() == ErrorCode::unavailable);
#else
  CHECK(absent.code() == ErrorCode::failed_precondition);
  CHECK(std::string(absent.what()).find("this build of Heddle has no PostgreSQL backend") != std::string::npos);
#endif
  CHECK(std::string(absent.what()).find(secret) == std::string::npos);

  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("an unknown backend is refused") {
  v1::StorageConfig config;
  config.set_backend(static_cast<v1::StorageBackendType>(7));
  CHECK(code_of([&] { static_cast<void>(heddle::open(config)); }) == ErrorCode::invalid_argument);
}
