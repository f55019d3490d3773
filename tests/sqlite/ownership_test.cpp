#include "heddle/sqlite/file/ownership.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>

using namespace heddle;
using support::RawDatabase;

namespace {

/// Returns every file of a folder with its bytes.
std::map<std::string, std::string> contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {std::istreambuf_iterator<char>(stream),
                                               std::istreambuf_iterator<char>()};
  }
  return files;
}

/// Returns the message of the refusal to open this file, which must not change the folder.
std::string refusal(const support::TemporaryFolder& folder, const std::string& file) {
  const auto before = contents(folder.path());
  const Error error = support::error_of([&] { const Backend<Sqlite> backend({.path = file}); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(contents(folder.path()) == before);
  return error.what();
}

const char* const loom_schema =
    "CREATE TABLE sessions (id TEXT PRIMARY KEY); CREATE TABLE messages (id INTEGER PRIMARY KEY, content TEXT);"
    "CREATE TABLE tool_executions (id INTEGER); CREATE TABLE memory_snapshots (id INTEGER);"
    "CREATE VIRTUAL TABLE messages_fts5 USING fts5 (content); INSERT INTO sessions VALUES ('s');";

}  // namespace

TEST_CASE("a database of the Go server is refused and not changed by one byte") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "loom.db").string();
  SUBCASE("with a rollback journal") { RawDatabase(file).execute(loom_schema); }
  SUBCASE("with a write-ahead log") {
    RawDatabase raw(file);
    raw.execute("PRAGMA journal_mode = WAL");
    raw.execute(loom_schema);
  }
  SUBCASE("with a write-ahead log, in use") {
    RawDatabase raw(file);
    raw.execute("PRAGMA journal_mode = WAL");
    raw.execute(loom_schema);
    raw.execute("PRAGMA wal_checkpoint");
    raw.execute("INSERT INTO sessions VALUES ('t')");
    CHECK(refusal(folder, file).find("loom.db") != std::string::npos);
    return;
  }
  CHECK(refusal(folder, file).find("loom.db") != std::string::npos);
}

TEST_CASE("a database of another application is refused and not changed") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  RawDatabase(file).execute("CREATE TABLE notes (x)");
  CHECK(refusal(folder, file).find("another application") != std::string::npos);
}

TEST_CASE("a file that is not a database is refused and not changed") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  std::ofstream(file) << "Dear diary,\n";
  CHECK(refusal(folder, file).find("not a SQLite database") != std::string::npos);
}

TEST_CASE("a path with the special characters of URIs works") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "50% off? #1 & more.db").string();
  { Backend<Sqlite>({.path = file}).migrate(); }
  CHECK(Backend<Sqlite>({.path = file}).details().migration_version > 0);
  const std::string foreign = (folder.path() / "a?b#c%d.db").string();
  RawDatabase(foreign).execute(loom_schema);
  CHECK(refusal(folder, foreign).find("loom.db") != std::string::npos);
}

TEST_CASE("an empty file becomes a database") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  std::ofstream(file).close();
  Backend<Sqlite> backend({.path = file});
  backend.migrate();
  CHECK(RawDatabase(file).integer("PRAGMA application_id") == heddle::sqlite::file::application_id);
}

TEST_CASE("the error for a path that cannot be opened names the path") {
  const support::TemporaryFolder folder;
  const Error error =
      support::error_of([&] { const Backend<Sqlite> backend({.path = (folder.path() / "no" / "x.db").string()}); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK_FALSE(error.retryable());
  CHECK(std::string(error.what()).find((folder.path() / "no").string()) != std::string::npos);
  CHECK(support::code_of([&] { const Backend<Sqlite> backend({.path = ""}); }) == ErrorCode::invalid_argument);
  CHECK(support::code_of([&] { const Backend<Sqlite> backend({.path = folder.path().string()}); }) ==
        ErrorCode::failed_precondition);
}

TEST_CASE("fault 21: encryption that the library lacks is an error, and no file is created") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  const auto open = [&](const std::string& key) {
    return support::error_of(
        [&] { const Backend<Sqlite> backend({.path = file, .encryption_key = key, .encrypt = true}); });
  };
  const Error error = open("it's \"secret\"");
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("secret") == std::string::npos);
  CHECK(open("").code() == ErrorCode::invalid_argument);
  CHECK(support::code_of([&] { const Backend<Sqlite> backend({.path = file, .encryption_key = "key"}); }) ==
        ErrorCode::invalid_argument);
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("fault 21: foreign keys are enforced on every connection") {
  using heddle::sqlite::connection::Access;
  using heddle::sqlite::connection::Connection;
  const support::TemporaryFolder folder;
  const heddle::sqlite::Config config{.path = (folder.path() / "x.db").string()};
  Backend<Sqlite> backend(config);
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "parent"});
  store.save_session({}, {.id = "child", .parent_session_id = "parent"});

  // Past the stores, which look themselves whether a record is referred to.
  const auto expect_enforcement = [&](Connection& connection) {
    store.save_session({}, {.id = "removed"});
    store.save_tool_execution({}, "removed", {.tool_name = "t"});
    const Error error = support::error_of([&] { connection.execute("DELETE FROM sessions WHERE id = 'parent'"); });
    CHECK(error.native_code() == std::to_string(SQLITE_CONSTRAINT_FOREIGNKEY));
    connection.execute("DELETE FROM sessions WHERE id = 'removed'");
    CHECK(connection.read_integer("SELECT count(*) FROM tool_executions") == 0);
  };
  heddle::sqlite::Engine engine(config);
  const Context context;
  const Call call{context, {}, Operation::details};
  engine.exclusively(call, expect_enforcement);
  const heddle::sqlite::connection::FilePresence files;
  Connection writer(config, Access::read_write, files);
  expect_enforcement(writer);
  Connection reader(config, Access::read_only, files);
  CHECK(reader.read_integer("PRAGMA foreign_keys") == 1);
  CHECK(store.load_session({}, "parent").has_value());
}

TEST_CASE("a path that begins like a URI is a plain path and cannot bypass the check of the owner") {
  const support::TemporaryFolder folder;
  const std::string foreign = (folder.path() / "x.db").string();
  RawDatabase(foreign).execute("PRAGMA application_id = 1234");
  CHECK(support::code_of([&] { const Backend<Sqlite> backend({.path = "file:" + foreign}); }) ==
        ErrorCode::failed_precondition);
  CHECK(RawDatabase(foreign).integer("PRAGMA application_id") == 1234);
}

TEST_CASE("a relative path keeps its meaning when the process changes its folder") {
  const support::TemporaryFolder first;
  const support::TemporaryFolder second;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(first.path());
  Backend<Sqlite> backend({.path = "x.db"});
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "s"});
  std::filesystem::current_path(second.path());
  CHECK(backend.session_storage().load_session({}, "s").has_value());
  CHECK(backend.artifact_store().folder({}, ArtifactFolder::temp).string().starts_with(first.path().string()));
  std::filesystem::current_path(before);
  CHECK(std::filesystem::is_empty(second.path()));
}
