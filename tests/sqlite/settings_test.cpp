#include "heddle/limits.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace heddle;
using support::code_of;
using support::RawDatabase;

namespace {

/// Returns a setting of the connection with which a backend of this configuration writes.
std::int64_t setting(heddle::sqlite::Config config, const std::string& pragma) {
  const support::TemporaryFolder folder;
  config.path = (folder.path() / "x.db").string();
  heddle::sqlite::Engine engine(std::move(config));
  const Context context;
  std::int64_t value = 0;
  engine.exclusively({context, {}, Operation::details}, [&](heddle::sqlite::connection::Connection& connection) {
    value = connection.read_integer("PRAGMA " + pragma);
  });
  return value;
}

}  // namespace

TEST_CASE("the settings are applied to the connection") {
  CHECK(setting({}, "synchronous") == 2);
  CHECK(setting({.durability = heddle::sqlite::Durability::normal}, "synchronous") == 1);
  CHECK(setting({}, "foreign_keys") == 1);
  CHECK(setting({.cache_kib = 1234}, "cache_size") == -1234);
  CHECK(setting({.mmap_bytes = 0}, "mmap_size") == 0);
  CHECK(setting({.mmap_bytes = 1 << 20}, "mmap_size") == 1 << 20);
}

TEST_CASE("the journal mode is the configured one") {
  const support::TemporaryFolder folder;
  for (const bool wal : {true, false, true}) {
    const std::string file = (folder.path() / "x.db").string();
    Backend<Sqlite> backend({.path = file, .wal = wal});
    backend.migrate();
    CHECK(RawDatabase(file).text("PRAGMA journal_mode") == (wal ? "wal" : "delete"));
    backend.session_storage().save_session({}, {.id = "s"});
    CHECK(backend.session_storage().load_session({}, "s").has_value());
  }
}

TEST_CASE("without a default user a call must name one") {
  Backend<Sqlite> backend({.path = ":memory:", .default_user_id = ""});
  backend.migrate();
  backend.ping();
  CHECK(code_of([&] { backend.session_storage().save_session({}, {.id = "s"}); }) == ErrorCode::invalid_argument);
  CHECK_NOTHROW(backend.session_storage().save_session(Context::for_user("a"), {.id = "s"}));
}

TEST_CASE("a default user that is no id of a user is refused when the database is opened") {
  for (const std::string& user : {std::string(limits::id + 1, 'u'), std::string("caf\xe9"), std::string("a\0b", 3)}) {
    const Error error =
        support::error_of([&] { const Backend<Sqlite> backend({.path = ":memory:", .default_user_id = user}); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).starts_with("sqlite: default_user_id"));
  }
}

TEST_CASE("a session that a wrong clock has put in front does not stay there") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  Backend<Sqlite> backend({.path = file});
  backend.migrate();
  auto& sessions = backend.session_storage();
  sessions.save_session({}, {.id = "leaped"});
  sessions.save_session({}, {.id = "other"});
  RawDatabase(file).execute("UPDATE sessions SET updated_at = updated_at + 315360000000000 WHERE id = 'leaped'");
  CHECK(sessions.list_sessions({}).items == std::vector<std::string>{"leaped", "other"});
  sessions.save_message({}, "leaped", {.content = "x"});
  sessions.save_message({}, "other", {.content = "x"});
  CHECK(sessions.list_sessions({}).items == std::vector<std::string>{"other", "leaped"});
}

TEST_CASE("fault 3: a backup never changes an existing file") {
  const support::TemporaryFolder folder;
  Backend<Sqlite> backend({.path = (folder.path() / "x.db").string()});
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "s"});
  const auto copy = folder.path() / "copy.db";
  backend.back_up({}, copy);
  const auto size = std::filesystem::file_size(copy);
  backend.session_storage().save_message({}, "s", {.content = "later"});
  CHECK(code_of([&] { backend.back_up({}, copy); }) == ErrorCode::already_exists);
  CHECK(std::filesystem::file_size(copy) == size);
  backend.back_up({}, folder.path() / "second.db");

  Backend<Sqlite> first({.path = copy.string()});
  CHECK(first.session_storage().load_session({}, "s")->last_sequence == 0);
  Backend<Sqlite> second({.path = (folder.path() / "second.db").string()});
  CHECK(second.session_storage().load_session({}, "s")->last_sequence == 1);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.path().string().find("partial") == std::string::npos);
  }
}

TEST_CASE("a backup is one state of the database, also while others write") {
  const support::TemporaryFolder folder;
  Backend<Sqlite> backend(
      {.path = (folder.path() / "x.db").string(), .durability = heddle::sqlite::Durability::normal});
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "s"});
  std::vector<std::thread> writers;
  for (int index = 0; index < 4; ++index) {
    writers.emplace_back([&] {
      for (int count = 0; count < 50; ++count) { backend.session_storage().save_message({}, "s", {.content = "text"}); }
    });
  }
  for (int index = 0; index < 3; ++index) { backend.back_up({}, folder.path() / (std::to_string(index) + ".db")); }
  for (auto& writer : writers) { writer.join(); }
  for (int index = 0; index < 3; ++index) {
    const std::string file = (folder.path() / (std::to_string(index) + ".db")).string();
    RawDatabase raw(file);
    CHECK(raw.text("PRAGMA integrity_check") == "ok");
    CHECK(raw.integer("SELECT count(*) FROM messages") == raw.integer("SELECT last_sequence FROM sessions"));
  }
}

TEST_CASE("in-memory databases can be backed up, and each is separate") {
  const support::TemporaryFolder folder;
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "s"});
  backend.back_up({}, folder.path() / "copy.db");
  Backend<Sqlite> copy({.path = (folder.path() / "copy.db").string()});
  CHECK(copy.session_storage().load_session({}, "s").has_value());
  Backend<Sqlite> other({.path = ":memory:"});
  other.migrate();
  CHECK_FALSE(other.session_storage().load_session({}, "s").has_value());
}

TEST_CASE("a session holds exactly the maximum number of messages") {
  const support::TemporaryFolder folder;
  const std::string file = (folder.path() / "x.db").string();
  Backend<Sqlite> backend({.path = file});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "s"});
  store.save_session({}, {.id = "calls"});
  store.save_session({}, {.id = "next"});
  store.save_message({}, "s", {.content = "first"});
  store.save_message({}, "calls", {.role = Role::assistant, .tool_calls = {{.id = "1"}, {.id = "2"}}});
  RawDatabase(file).execute("UPDATE sessions SET last_sequence = " + std::to_string(limits::sequence - 1) +
                            " WHERE id <> 'next'");
  CHECK(code_of([&] { store.close_tool_calls({}, "calls", {}); }) == ErrorCode::resource_exhausted);
  CHECK(store.open_tool_calls({}, "calls").items.size() == 2);
  CHECK(code_of([&] { store.save_messages({}, "s", std::vector<Message>(2)); }) == ErrorCode::resource_exhausted);
  CHECK(store.save_message({}, "s", {.content = "last"}) == limits::sequence);
  CHECK(code_of([&] { store.save_message({}, "s", {.content = "one more"}); }) == ErrorCode::resource_exhausted);
  CHECK(store.load_messages({}, "next").items.empty());
  const std::string cursor = support::with_position(store.load_messages({}, "s", {.limit = 1}).next,
                                                    std::to_string(limits::sequence - 1) + ".");
  CHECK(store.load_messages({}, "s", {.cursor = cursor}).items.size() == 1);
}

TEST_CASE("fault 19: deleting a session costs the same in a database of any size") {
  // Not timed: counts the virtual machine's steps of one deletion.
  const auto steps_of_deletion = [](int sessions) {
    const support::TemporaryFolder folder;
    heddle::sqlite::Engine engine(
        {.path = (folder.path() / "x.db").string(), .durability = heddle::sqlite::Durability::normal});
    const Context context;
    const Call call{context, "u", Operation::migrate_up};
    heddle::migrations::Migrator(engine.schema(call), engine.migrations()).up();
    const auto& sql = heddle::sql::statements<heddle::sqlite::SessionStatements>();
    std::int64_t steps = 0;
    engine.exclusively(call, [&](heddle::sqlite::connection::Connection& connection) {
      connection.execute(
          "BEGIN; WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(sessions) +
          ") INSERT INTO sessions (user_id, id, name, agent_id, context, created_at, updated_at, total_cost_usd, "
          "total_tokens, last_sequence) SELECT 'u', 's' || i, '', '', '{}', i, i, 0, 0, 20 FROM n; "
          "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO messages (key, role, "
          "content, tool_use_id, session_context, agent_id, timestamp, token_count, cost_usd) SELECT "
          "number * 16777216 + i, 'user', 'some words', '', 'direct', '', 0, 0, 0 FROM sessions, n; COMMIT");
      for (const auto* statement : {&sql.detach_children, &sql.remove}) {
        connection.execute("SELECT 1");
        sqlite3_stmt* raw = nullptr;
        sqlite3_prepare_v2(connection.handle(), statement->text().c_str(), -1, &raw, nullptr);
        sqlite3_bind_text(raw, 1, "u", -1, SQLITE_STATIC);
        sqlite3_bind_text(raw, 2, "s7", -1, SQLITE_STATIC);
        CHECK(sqlite3_step(raw) == SQLITE_DONE);
        steps += sqlite3_stmt_status(raw, SQLITE_STMTSTATUS_VM_STEP, 0);
        CHECK(sqlite3_stmt_status(raw, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) == 0);
        sqlite3_finalize(raw);
      }
      CHECK(connection.read_integer("SELECT count(*) FROM messages") == (sessions - 1) * 20);
    });
    return steps;
  };
  const auto small = steps_of_deletion(20);
  const auto large = steps_of_deletion(1000);
  CHECK(large <= small + small / 10);
}
