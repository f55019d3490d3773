// Compares what the library sends to SQLite, and what it stores there, with the files of this folder.
//
// sqlite.sql.txt, all SQL, is for changes to be seen; this renews it:
//   HEDDLE_RENEW_SNAPSHOTS=1 build/dev/tests/snapshots/snapshots
// All others, idempotency keys and rows, are in databases and must not change: nothing renews them.
#include "heddle/sqlite.hpp"
#include "heddle/detail/calls/key_scope.hpp"
#include "heddle/operation.hpp"
#include "heddle/sqlite/policy.ipp"
#include "snapshots/branches.hpp"
#include "snapshots/contents.hpp"
#include "snapshots/snapshot.hpp"
#include "snapshots/statements.hpp"
#include "snapshots/stored.hpp"
#include "snapshots/whole_messages.hpp"
#include "snapshots/writes.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

using namespace snapshots;

namespace {

using SqliteBackend = heddle::Backend<heddle::Sqlite>;

/// Records the SQL that all connections of the process run while it exists.
class Recorder {
 public:
  Recorder() {
    texts().clear();
    sqlite3_auto_extension(entry());
  }
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  Recorder(Recorder&&) = delete;
  Recorder& operator=(Recorder&&) = delete;
  ~Recorder() { sqlite3_cancel_auto_extension(entry()); }

  [[nodiscard]] static std::set<std::string>& texts() {
    static std::set<std::string> all;
    return all;
  }

 private:
  using Entry = void (*)();

  static Entry entry() { return reinterpret_cast<Entry>(&watch); }

  static int watch(sqlite3* connection, const char** /*error*/, const void* /*functions*/) {
    return sqlite3_trace_v2(connection, SQLITE_TRACE_STMT, &note, nullptr);
  }

  static int note(unsigned /*event*/, void* /*context*/, void* statement, void* text) {
    static std::mutex mutex;
    const std::string shown = static_cast<const char*>(text);
    if (shown.starts_with("--")) { return 0; }  // a trigger
    const std::lock_guard lock(mutex);
    texts().insert(sqlite3_sql(static_cast<sqlite3_stmt*>(statement)));
    return 0;
  }
};

/// Returns whether SQLite itself generated the SQL, for the tables of a full-text index.
bool is_internal(const std::string& text) {
  const auto has = [&text](const char* part) { return text.find(part) != std::string::npos; };
  return has("'main'") || has("\"main\"") || has("_search_");
}

/// Returns what a program sends to SQLite, without the statements of migrations.
std::set<std::string> sent() {
  const support::TemporaryFolder folder;
  const std::string foreign = (folder.path() / "foreign.db").string();
  SQLite::Database(foreign, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE).exec("CREATE TABLE sessions (id)");
  const Recorder recorder;
  CHECK_THROWS_AS(SqliteBackend({.path = foreign}), heddle::Error);
  {
    // Not behind the saves, when it may not come to it.
    SqliteBackend backend({.path = (folder.path() / "heddle.db").string(),
                           .indexing = heddle::sqlite::Indexing::immediate,
                           .administer_tenants = true,
                           .soft_delete = {.enabled = true}});
    backend.migrate();
    backend.ping();
    static_cast<void>(backend.details());
    write_everything(backend);
    write_hidden_sessions(backend);
    backend.session_storage().purge_deleted_sessions({}, std::chrono::seconds(0));
    static_cast<void>(backend.admin_storage().validate_permissions({}));
    write_whole_messages(backend);
    static_cast<void>(backend.session_storage().usage(inputs::tenant));
    static_cast<void>(backend.session_storage().load_session(inputs::tenant, "session"));
    static_cast<void>(backend.result_store().query(inputs::tenant, "result", "SELECT a FROM numbers"));
    CHECK_THROWS_AS(backend.session_storage().save_message(inputs::tenant, "absent", {}), heddle::Error);
    backend.back_up({}, folder.path() / "copy.db");
    backend.migrator().down({}, 1);
  }
  { const SqliteBackend in_memory({.path = ":memory:"}); }
  {
    const SqliteBackend journal({.path = (folder.path() / "journal.db").string(),
                                 .wal = false,
                                 .durability = heddle::sqlite::Durability::normal});
  }
  std::set<std::string> texts = Recorder::texts();
  std::erase_if(texts, is_internal);
  for (const std::string& migration : migration_files("sqlite")) {
    std::erase_if(texts, [&](const std::string& text) { return migration.find(text) != std::string::npos; });
  }
  return texts;
}

/// Returns the rows that SQL finds.
std::vector<Row> rows_in(const SQLite::Database& raw, const std::string& sql) {
  SQLite::Statement statement(raw, sql);
  std::vector<Row> rows;
  while (statement.executeStep()) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < statement.getColumnCount(); ++column) {
      const SQLite::Column value = statement.getColumn(column);
      row.emplace_back(value.getName(), value.isNull() ? std::nullopt : std::optional(value.getString()));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("the SQL for SQLite equals its snapshot") {
  using Dialect = heddle::Sqlite::Dialect;
  using heddle::sql::statements;
  SqlTexts all;
  const auto& sessions = statements<Dialect::Sessions>();
  all.add("Sessions", sessions, sessions_of(sessions));
  const auto& soft_deletion = statements<Dialect::SoftDeletion>();
  all.add("SoftDeletion", soft_deletion, soft_deletion_of(soft_deletion));
  const auto& messages = statements<AllMessages<Dialect::Messages>>();
  Texts message_texts = messages_of(messages);
  message_texts.emplace_back("queue", messages.queue.text());
  message_texts.emplace_back("many_queued", messages.many_queued.text());
  message_texts.emplace_back("unfolded_window", messages.unfolded_window.text());
  message_texts.emplace_back("unfolded_window_of_tokens", messages.unfolded_window_of_tokens.text());
  all.add("Messages", messages, message_texts);
  const auto& branches = statements<Dialect::Messages::Branches>();
  all.add("Messages::Branches", branches, branches_of(branches));
  const auto& session_lists = statements<Dialect::Sessions::Lists>();
  all.add("Sessions::Lists", session_lists, session_lists_of(session_lists));
  const auto& folds = statements<Dialect::Messages::Folds>();
  all.add("Messages::Folds", folds, folds_of(folds));
  const auto& tool_calls = statements<AllToolCalls<Dialect::Messages>>();
  Texts tool_call_texts = tool_calls_of(tool_calls);
  tool_call_texts.emplace_back("queue", tool_calls.queue.text());
  all.add("Messages::ToolCalls", tool_calls, tool_call_texts);
  const auto& streams = statements<Dialect::Streams>();
  all.add("Streams", streams, streams_of(streams));
  const auto& errors = statements<Dialect::Errors>();
  all.add("Errors", errors, errors_of(errors));
  const auto& artifacts = statements<Dialect::Artifacts>();
  all.add("Artifacts", artifacts, artifacts_of(artifacts));
  const auto& artifact_search = statements<Dialect::ArtifactSearch>();
  all.add("ArtifactSearch", artifact_search, {{"search", artifact_search.search.text()}});
  const auto& contents = statements<Dialect::Contents>();
  all.add("Contents", contents, contents_of(contents));
  const auto& results = statements<Dialect::Results>();
  all.add("Results", results, results_of(results));
  const auto& quota = statements<Dialect::Results::Quota>();
  all.add("Results::Quota", quota, {{"hold", quota.hold.text()}, {"keeps", quota.keeps.text()}});
  const auto& purge = statements<Dialect::Results::Purge>();
  all.add("Results::Purge", purge, {{"expired", purge.expired.text()}});
  const auto& requests = statements<Dialect::HumanRequests>();
  all.add("HumanRequests", requests, human_requests_of(requests));
  const auto& admin = statements<Dialect::Admin>();
  all.add("Admin", admin, admin_of(admin));
  const auto& retention = statements<Dialect::Retention>();
  Texts of_retention = retention_of(retention);
  of_retention.emplace_back("detach_children", retention.detach_children.text());
  all.add("Retention", retention, of_retention);
  const auto& idempotency = statements<heddle::sql::IdempotencyStatements>();
  all.add("Idempotency", idempotency, idempotency_of(idempotency));
  const auto& control = statements<heddle::sqlite::ControlStatements>();
  all.add("Control", control,
          {{"begin_read", control.begin_read.text()},
           {"begin_write", control.begin_write.text()},
           {"commit", control.commit.text()},
           {"rollback", control.rollback.text()},
           {"savepoint", control.savepoint.text()},
           {"release", control.release.text()},
           {"rollback_to", control.rollback_to.text()}});
  const auto& indexing = statements<heddle::sqlite::IndexingStatements>();
  all.add("Indexing", indexing,
          {{"state", indexing.state.text()},
           {"removals", indexing.removals.text()},
           {"removed_text", indexing.removed_text.text()},
           {"indexed", indexing.indexed.text()},
           {"remove", indexing.remove.text()},
           {"forget", indexing.forget.text()},
           {"forget_tenant", indexing.forget_tenant.text()},
           {"queued", indexing.queued.text()},
           {"queued_of_user", indexing.queued_of_user.text()},
           {"many_queued", indexing.many_queued.text()},
           {"text", indexing.text.text()},
           {"insert", indexing.insert.text()},
           {"dequeue", indexing.dequeue.text()}});
  const auto& erasure = statements<heddle::sqlite::ErasureStatements<>>();
  all.add("Erasure", erasure,
          {{"owe", erasure.owe.text()},
           {"set", erasure.set.text()},
           {"settle", erasure.settle.text()},
           {"merge_artifacts", erasure.merge_artifacts.text()},
           {"begin_merge", erasure.begin_merge.text()},
           {"merge", erasure.merge.text()},
           {"progress", erasure.progress.text()}});
  for (const std::string& text : sent()) { all.add_sent(text); }
  compare("sqlite.sql.txt", all.text(), Renewal::by_command);
}

TEST_CASE("every operation with an idempotency key is in a snapshot") {
  std::string all;
  for (const char* name :
       {"keys.txt", "keys_of_hidden_sessions.txt", "whole_messages.txt", "branches.txt", "contents.txt"}) {
    all += bytes_of(folder() / name).value_or("");
  }
  for (std::size_t number = 0; number < heddle::EnumNames<heddle::Operation>::values.size(); ++number) {
    const std::string name(heddle::detail::calls::key_scope(static_cast<heddle::Operation>(number)));
    CAPTURE(name);
    CHECK((name.empty() || all.find("operation=" + name + "\n") != std::string::npos));
  }
}

TEST_CASE("idempotency keys and rows in SQLite equal their snapshots") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  SqliteBackend backend({.path = path});
  backend.migrate();
  write_everything(backend);

  const SQLite::Database raw(path);
  const auto rows_of = [&raw](const std::string& sql) { return rows_in(raw, sql); };
  const std::string keys = stored_keys(rows_of);
  const std::string rows = stored_rows(rows_of);
  compare("keys.txt", keys, Renewal::never);
  compare("rows.txt", rows, Renewal::never);

  write_everything(backend);  // repeats only
  CHECK(stored_keys(rows_of) == keys);
  CHECK(stored_rows(rows_of) == rows);
}

TEST_CASE("idempotency keys of writes that hide sessions equal their snapshot") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  SqliteBackend backend({.path = path, .administer_tenants = true, .soft_delete = {.enabled = true}});
  backend.migrate();
  write_hidden_sessions(backend);
  const SQLite::Database raw(path);
  const std::string keys = stored_keys([&raw](const std::string& sql) { return rows_in(raw, sql); });
  compare("keys_of_hidden_sessions.txt", keys, Renewal::never);
  write_hidden_sessions(backend);  // repeats only
  CHECK(stored_keys([&raw](const std::string& sql) { return rows_in(raw, sql); }) == keys);
}

TEST_CASE("idempotency keys and rows of whole messages in SQLite equal their snapshot") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  SqliteBackend backend({.path = path});
  backend.migrate();
  write_whole_messages(backend);

  const SQLite::Database raw(path);
  const auto rows_of = [&raw](const std::string& sql) { return rows_in(raw, sql); };
  const std::string stored = stored_whole_messages(rows_of);
  compare("whole_messages.txt", stored, Renewal::never);
  write_whole_messages(backend);  // repeats only
  CHECK(stored_whole_messages(rows_of) == stored);
}

TEST_CASE("idempotency keys and rows of branches and streams in SQLite equal their snapshot") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  SqliteBackend backend({.path = path});
  backend.migrate();
  write_branches(backend);

  const SQLite::Database raw(path);
  const auto rows_of = [&raw](const std::string& sql) { return rows_in(raw, sql); };
  const std::string stored = stored_branches(rows_of);
  compare("branches.txt", stored, Renewal::never);
  write_branches(backend);  // repeats only
  CHECK(stored_branches(rows_of) == stored);
}

TEST_CASE("idempotency keys and rows of contents in SQLite equal their snapshot") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  SqliteBackend backend({.path = path, .artifact_content = heddle::ArtifactContent::database});
  backend.migrate();
  write_contents(backend);

  const SQLite::Database raw(path);
  const auto rows_of = [&raw](const std::string& sql) { return rows_in(raw, sql); };
  const std::string stored = stored_contents(rows_of);
  compare("contents.txt", stored, Renewal::never);
  write_contents(backend);  // repeats only
  CHECK(stored_contents(rows_of) == stored);
}
