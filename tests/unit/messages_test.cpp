// The exact text of the errors that users meet most: it says what happened, to what, and what to do, and never quotes
// content. Other programs may search logs for these texts, so a change of one is a change of the interface.
#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/describe_file.hpp"
#include "heddle/limits.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;

namespace {

using OnSqlite = Backend<Sqlite>;

const Context ada = Context::for_user("ada");

/// Checks that `action` throws an Error with this code and exactly this message.
template <class Action>
void says(ErrorCode code, std::string_view message, Action&& action) {
  const Error error = support::error_of(action);
  CHECK(error.code() == code);
  CHECK(std::string_view(error.what()) == message);
}

/// A migrated database in memory without a default user, with a session "s" of ada that has one message.
struct Fixture {
  Fixture() {
    backend.migrate();
    sessions.save_session(ada, {.id = "s"});
    sessions.save_message(ada, "s", {.content = "hello"}, {.idempotency_key = "k"});
  }

  OnSqlite backend{sqlite::Config{.path = ":memory:", .default_user_id = ""}};
  SessionStore<Sqlite, NoTracing>& sessions = backend.session_storage();
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "messages: what is missing") {
  says(ErrorCode::not_found, "the session \"none\" does not exist",
       [&] { sessions.save_message(ada, "none", {.content = "x"}); });
  says(ErrorCode::not_found, "the session \"none\" does not exist",
       [&] { sessions.update_session(ada, "none", {.name = "x"}); });
  says(ErrorCode::not_found, "the parent session \"none\" does not exist",
       [&] { sessions.save_session(ada, {.id = "child", .parent_session_id = "none"}); });
  says(ErrorCode::not_found, "the result \"none\" does not exist or has expired",
       [&] { static_cast<void>(backend.result_store().query(ada, "none", "SELECT 1")); });
  says(ErrorCode::not_found, "the human request \"none\" does not exist",
       [&] { backend.human_request_store().respond(ada, "none", {.status = RequestStatus::approved}); });
  says(ErrorCode::not_found, "the file does not exist",
       [&] { static_cast<void>(describe_file("/nowhere/report.csv")); });
}

TEST_CASE_FIXTURE(Fixture, "messages: an id that is in use") {
  backend.error_store().store(ada, {.id = "e", .raw_error = "x"});
  says(ErrorCode::already_exists, "the error \"e\" exists already: use another id",
       [&] { backend.error_store().store(ada, {.id = "e", .raw_error = "y"}); });
  backend.human_request_store().store(ada, {.id = "h", .question = "?"});
  says(ErrorCode::already_exists, "the human request \"h\" exists already: use another id",
       [&] { backend.human_request_store().store(ada, {.id = "h", .question = "?"}); });
  sessions.save_snapshot(ada, {.id = "n", .session_id = "s"});
  says(ErrorCode::already_exists, "the snapshot \"n\" exists already: use another id",
       [&] { sessions.save_snapshot(ada, {.id = "n", .session_id = "s"}); });
}

TEST_CASE_FIXTURE(Fixture, "messages: a write that would overwrite what its caller has not read") {
  says(ErrorCode::conflict,
       "the session \"s\" exists already and is another one: ensure_session keeps it as it is, update_session changes "
       "what you name, and a save replaces it with the revision at which it was loaded",
       [&] { sessions.save_session(ada, {.id = "s", .name = "other"}); });
  const char* const stale =
      "the session \"s\" has another revision than the given one: load it again and decide, or name the changes to "
      "update_session";
  says(ErrorCode::conflict, stale, [&] { sessions.save_session(ada, {.id = "s", .revision = 2}); });
  says(ErrorCode::conflict, stale, [&] { sessions.update_session(ada, "s", {.name = "x", .revision = 2}); });
  auto& artifacts = backend.artifact_store();
  artifacts.index(ada, {.id = "a"});
  says(ErrorCode::conflict,
       "the artifact \"a\" exists already and is another one: a patch changes what you name, and a write replaces it "
       "with the revision at which it was loaded",
       [&] { artifacts.index(ada, {.id = "a", .name = "other"}); });
  says(ErrorCode::conflict,
       "the artifact \"a\" has another revision than the given one: load it again and decide, or name the changes in a "
       "patch",
       [&] { artifacts.update(ada, {.id = "a", .name = "other", .revision = 2}); });
  says(ErrorCode::not_found, "the artifact \"none\" does not exist",
       [&] { artifacts.index(ada, {.id = "none", .revision = 2}); });
  artifacts.remove(ada, "a", DeleteMode::soft);
  says(ErrorCode::failed_precondition, "the artifact \"a\" is soft-deleted, or its session is: use another id",
       [&] { artifacts.index(ada, {.id = "a"}); });
}

TEST_CASE_FIXTURE(Fixture, "messages: invalid arguments name the field and not its content") {
  says(ErrorCode::invalid_argument, "the context names no user and no default user is configured: set Context::user_id",
       [&] { static_cast<void>(sessions.load_session({}, "s")); });
  says(ErrorCode::invalid_argument, "session.id must not be empty", [&] { sessions.save_session(ada, {}); });
  says(ErrorCode::invalid_argument, "session.id is longer than 255 bytes",
       [&] { sessions.save_session(ada, {.id = std::string(limits::id + 1, 'x')}); });
  says(ErrorCode::invalid_argument,
       "messages[1].tool_calls[0].name is not UTF-8 without NUL at byte 7: heddle::repair_text makes it so", [&] {
         const std::vector<Message> messages{{.content = "x"}, {.tool_calls = {{.id = "c", .name = "secret \xff"}}}};
         sessions.save_messages(ada, "s", messages);
       });
  says(ErrorCode::invalid_argument, "session.context is not a JSON object",
       [&] { sessions.save_session(ada, {.id = "s", .context = {"secret"}}); });
  says(ErrorCode::invalid_argument, "session.parent_session_id must not be the id of the session itself",
       [&] { sessions.save_session(ada, {.id = "s", .parent_session_id = "s"}); });
  sessions.save_session(ada, {.id = "child", .parent_session_id = "s"});
  says(ErrorCode::invalid_argument,
       "session.parent_session_id \"child\" must not be the session itself or one of its descendants",
       [&] { sessions.update_session(ada, "s", {.parent_session_id = "child"}); });
  says(ErrorCode::invalid_argument, "session.revision is negative",
       [&] { sessions.save_session(ada, {.id = "s", .revision = -1}); });
  says(ErrorCode::invalid_argument, "page.limit is not between 0 and 10000",
       [&] { static_cast<void>(sessions.list_sessions(ada, {.limit = limits::page + 1})); });
  says(ErrorCode::invalid_argument, "page.cursor does not belong to this list",
       [&] { static_cast<void>(sessions.list_sessions(ada, {.cursor = "secret"})); });
  says(ErrorCode::invalid_argument, "the idempotency key was used for another request",
       [&] { sessions.save_message(ada, "s", {.content = "secret"}, {.idempotency_key = "k"}); });
}

TEST_CASE_FIXTURE(Fixture, "messages: the state forbids the call") {
  says(ErrorCode::conflict,
       "the session \"s\" has another last sequence number than the expected one: load the newer messages and decide "
       "again",
       [&] { sessions.save_message(ada, "s", {.content = "x"}, {.expected_sequence = 0}); });
  auto& requests = backend.human_request_store();
  requests.store(ada, {.id = "h", .question = "?"});
  requests.respond(ada, "h", {.status = RequestStatus::approved});
  says(ErrorCode::failed_precondition, "the human request \"h\" is not open: it is settled or has timed out",
       [&] { requests.respond(ada, "h", {.status = RequestStatus::rejected}); });
  says(ErrorCode::failed_precondition,
       "the backend has no artifact directory: set artifact_directory in its configuration",
       [&] { static_cast<void>(backend.artifact_store().folder(ada, ArtifactFolder::user)); });
  backend.close();
  says(ErrorCode::failed_precondition, "the backend is closed", [&] { backend.ping(); });
}

TEST_CASE_FIXTURE(Fixture, "messages: the call is over") {
  says(ErrorCode::deadline_exceeded, "the deadline of the call has passed",
       [&] { backend.ping(ada.with_timeout(std::chrono::seconds(-1))); });
  std::stop_source stop;
  stop.request_stop();
  says(ErrorCode::cancelled, "the caller asked to stop", [&] { backend.ping(ada.with_stop(stop.get_token())); });
}

TEST_CASE_FIXTURE(Fixture, "messages: the sealed query") {
  auto& results = backend.result_store();
  const Table table{{"n", "text"}, {{std::int64_t{1}, "secret"}, {std::int64_t{2}, "secret"}}};
  results.store(ada, {.id = "r", .table_name = "numbers", .table = table});
  const auto refuses = [&](ErrorCode code, const char* sql, const char* message, const QueryLimits& limits = {}) {
    says(code, message, [&] { static_cast<void>(results.query(ada, "r", sql, limits)); });
  };
  refuses(ErrorCode::invalid_argument, "ATTACH 'other.db' AS other",
          "SQL error (only reading the result is allowed): not authorized");
  refuses(ErrorCode::invalid_argument, "DELETE FROM numbers",
          "SQL error (only reading the result is allowed): not authorized");
  refuses(ErrorCode::invalid_argument, "SELECT * FROM sessions",
          "SQL error (only reading the result is allowed): no such table: sessions");
  refuses(ErrorCode::invalid_argument, "SELECT load_extension('x')",
          "SQL error (only reading the result is allowed): not authorized to use function: load_extension");
  refuses(ErrorCode::invalid_argument, "SELECT n FROM numbers; SELECT 1", "SQL contains more than one statement");
  refuses(ErrorCode::invalid_argument, "", "SQL contains no statement");
  refuses(ErrorCode::resource_exhausted, "SELECT n FROM numbers",
          "the query exceeds its limit on rows of the answer (1); add a LIMIT", {.rows = 1});
  refuses(ErrorCode::resource_exhausted,
          "WITH RECURSIVE t (n) AS (SELECT 1 UNION SELECT n + 1 FROM t) SELECT group_concat(n) FROM t",
          "the query exceeds its limit on memory (1048576 bytes)",
          {.time = std::chrono::minutes(10), .memory_bytes = std::size_t{1} << 20U});
  refuses(ErrorCode::deadline_exceeded,
          "WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT 1 FROM t) SELECT count(*) FROM t",
          "the query ran longer than its time limit of 10 ms", {.time = std::chrono::milliseconds(10)});
}

TEST_CASE("messages: a file that is not a database of Heddle") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "agents.db").string();
  const auto open = [&] { const OnSqlite backend({.path = path}); };
  SUBCASE("of the Go server") {
    support::RawDatabase(path).execute(
        "CREATE TABLE sessions (id); CREATE TABLE messages (id); CREATE TABLE tool_executions (id);"
        "CREATE TABLE memory_snapshots (id); CREATE VIRTUAL TABLE messages_fts5 USING fts5 (content)");
    says(ErrorCode::failed_precondition,
         "this is a loom.db of the Go server, not a database of Heddle: give Heddle a file of its own, and adopt this "
         "one into it by `heddle adopt` or heddle::adopt_loom_file; nothing was changed",
         open);
  }
  SUBCASE("of another application") {
    support::RawDatabase(path).execute("CREATE TABLE t (x)");
    says(ErrorCode::failed_precondition,
         "this SQLite database is not Heddle's, it belongs to another application: give Heddle a file of its own, and "
         "if "
         "this one is a loom.db of the Go server, adopt it into that by `heddle adopt`; nothing was changed",
         open);
  }
  SUBCASE("not a database") {
    std::ofstream(path) << std::string(4096, 'x');
    says(ErrorCode::failed_precondition, "the file is not a SQLite database, or it is encrypted", open);
  }
  SUBCASE("a folder") {
    std::filesystem::create_directory(path);
    says(ErrorCode::failed_precondition, "the database path is a folder: " + path, open);
  }
  SUBCASE("in a folder that does not exist") {
    const std::string missing = (folder.path() / "none").string();
    says(ErrorCode::failed_precondition, "the folder of the database does not exist: " + missing,
         [&] { const OnSqlite backend({.path = missing + "/agents.db"}); });
  }
}

TEST_CASE("messages: encryption") {
  says(ErrorCode::failed_precondition,
       "encryption was asked for, but this build of Heddle cannot encrypt: turn `encrypt` off and encrypt the disk "
       "instead",
       [] { const OnSqlite backend({.path = ":memory:", .encryption_key = "secret", .encrypt = true}); });
  says(ErrorCode::invalid_argument, "encryption is on but no encryption key is configured",
       [] { const OnSqlite backend({.path = ":memory:", .encrypt = true}); });
  says(ErrorCode::invalid_argument, "an encryption key is configured but encryption is off",
       [] { const OnSqlite backend({.path = ":memory:", .encryption_key = "secret"}); });
}

TEST_CASE("messages: migrations") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "agents.db").string();
  OnSqlite backend({.path = path});
  says(ErrorCode::failed_precondition, "the database lacks what this version needs: call migrate() first",
       [&] { static_cast<void>(backend.session_storage().list_sessions(ada)); });
  backend.migrate();
  const std::string latest = std::to_string(backend.migrator().latest_version());
  says(ErrorCode::invalid_argument, "there is no migration 999: the latest is " + latest,
       [&] { backend.migrator().to({}, 999); });
  support::RawDatabase raw(path);
  SUBCASE("newer than the program") {
    raw.execute("INSERT INTO heddle_migrations VALUES (" + latest + " + 1, 'next', 'x', 0)");
    says(ErrorCode::failed_precondition,
         "the database has schema version " + std::to_string(backend.migrator().latest_version() + 1) +
             ", and this program knows no version after " + latest +
             ": update the program, or restore a backup from before the migration",
         [&] { backend.migrate(); });
  }
  SUBCASE("edited") {
    raw.execute("UPDATE heddle_migrations SET checksum = 'x' WHERE version = 1");
    says(ErrorCode::failed_precondition,
         "migration 1 was edited after it was applied to the database: restore its text and write a new migration",
         [&] { backend.migrate(); });
  }
}

TEST_CASE("messages: a backup and a handle") {
  const support::TemporaryFolder folder;
  OnSqlite backend({.path = ":memory:"});
  const auto target = folder.path() / "backup.db";
  std::ofstream(target) << "kept";
  says(ErrorCode::already_exists, "the backup's file exists already: " + target.string(),
       [&] { backend.back_up({}, target); });
  says(ErrorCode::failed_precondition, "this backend cannot administer across tenants",
       [&] { static_cast<void>(administration(backend)->statistics({})); });
  says(ErrorCode::invalid_argument, "AnyBackend was given a null pointer: pass a backend",
       [] { const AnyBackend handle{std::unique_ptr<OnSqlite>()}; });
  auto moved = AnyBackend::make<OnSqlite>(sqlite::Config{.path = ":memory:"});
  const AnyBackend other = std::move(moved);
  says(ErrorCode::failed_precondition, "the AnyBackend is empty: its backend was moved to another handle",
       [&] { moved.ping(); });  // NOLINT(bugprone-use-after-move)
}
