// Compares what the library sends to PostgreSQL, and what it stores there, with the files of this folder.
//
// postgres.sql.txt, all SQL, is for changes to be seen; this renews it:
//   HEDDLE_RENEW_SNAPSHOTS=1 tests/support/with_postgres build/dev/tests/snapshots/snapshots_postgres
// keys.txt, keys_of_hidden_sessions.txt and rows.txt, idempotency keys and rows, are in databases and must not change:
// nothing renews them. They are those of SQLite, too.
#include "heddle/postgres.hpp"
#include "heddle/postgres/policy.ipp"
#include "snapshots/branches.hpp"
#include "snapshots/contents.hpp"
#include "snapshots/snapshot.hpp"
#include "snapshots/statements.hpp"
#include "snapshots/stored.hpp"
#include "snapshots/whole_messages.hpp"
#include "snapshots/writes.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace snapshots;

namespace {

using PostgresBackend = heddle::Backend<heddle::Postgres>;

std::set<std::string> texts_through(support::ProtocolProxy& proxy) {
  std::set<std::string> texts;
  for (const support::Parsed& parsed : proxy.traffic().parsed) { texts.insert(parsed.text); }
  return texts;
}

/// Waits until the thread that listens for changes has sent LISTEN.
void await_listening(support::ProtocolProxy& proxy) {
  const auto listens = [](const std::string& text) { return text.starts_with("LISTEN "); };
  for (int attempt = 0; attempt < 3000; ++attempt) {
    const std::set<std::string> texts = texts_through(proxy);
    if (std::any_of(texts.begin(), texts.end(), listens)) { return; }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  FAIL("the backend does not listen");
}

/// Returns what a program that migrates, writes with and without keys, and administers sends to the server, without the
/// texts of migrations.
std::set<std::string> sent() {
  const support::TemporaryFolder folder;
  support::PostgresDatabase database(support::PostgresDatabase::Contents::roles_only);
  support::ProtocolProxy proxy(support::postgres_server());
  {
    heddle::postgres::Config config;
    config.dsn = proxy.dsn(database.app_dsn());
    config.admin_dsn = proxy.dsn(database.admin_dsn());
    config.pool.min_connections = 0;
    config.artifact_directory = folder.path();
    PostgresBackend backend(config);
    backend.migrate();
    backend.ping();
    static_cast<void>(backend.details());
    write_everything(backend);
    write_hidden_sessions(backend);
    write_whole_messages(backend);
    static_cast<void>(backend.session_storage().usage(inputs::tenant));
    auto& sessions = backend.session_storage();
    const heddle::Context brief = inputs::tenant.with_timeout(std::chrono::minutes(1));
    static_cast<void>(backend.human_request_store().wait(brief, "approved"));
    await_listening(proxy);
    sessions.save_message(inputs::tenant, "session", {});
    const std::string former =
        "UPDATE messages SET search = array_to_tsvector(ARRAY['~u' || user_id]); "
        "UPDATE artifacts SET search = array_to_tsvector(ARRAY['~u' || user_id])";
    support::RawPostgres(database.superuser_dsn()).execute(former);
    backend.reindex(inputs::tenant);
    support::RawPostgres(database.superuser_dsn()).execute(former);
    backend.reindex_all();
    sessions.delete_session(inputs::tenant, "session");
    sessions.purge_deleted_sessions({}, std::chrono::seconds(0));
    static_cast<void>(sessions.load_session(brief, "session"));
    static_cast<void>(backend.admin_storage().validate_permissions({}));
    backend.migrator().down({}, 1);
  }
  std::set<std::string> texts = texts_through(proxy);
  for (const std::string& migration : migration_files("postgres")) { texts.erase(migration); }
  return texts;
}

/// Returns the rows that SQL finds, as the superuser.
std::vector<Row> rows_in(const support::RawPostgres& server, const std::string& sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(server.handle(), sql.c_str()), &PQclear);
  REQUIRE_MESSAGE(PQresultStatus(result.get()) == PGRES_TUPLES_OK, PQerrorMessage(server.handle()));
  std::vector<Row> rows;
  for (int line = 0; line < PQntuples(result.get()); ++line) {
    Row& row = rows.emplace_back();
    for (int column = 0; column < PQnfields(result.get()); ++column) {
      const bool null = PQgetisnull(result.get(), line, column) != 0;
      row.emplace_back(PQfname(result.get(), column),
                       null ? std::nullopt : std::optional<std::string>(PQgetvalue(result.get(), line, column)));
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("the SQL for PostgreSQL equals its snapshot") {
  using Dialect = heddle::Postgres::Dialect;
  using heddle::sql::statements;
  SqlTexts all;
  const auto& sessions = statements<Dialect::Sessions>();
  Texts session_texts = sessions_of(sessions);
  session_texts.emplace_back("hold_parents", sessions.hold_parents.text());
  all.add("Sessions", sessions, session_texts);
  const auto& soft_deletion = statements<Dialect::SoftDeletion>();
  all.add("SoftDeletion", soft_deletion, soft_deletion_of(soft_deletion));
  const auto& messages = statements<AllMessages<Dialect::Messages>>();
  Texts message_texts = messages_of(messages);
  message_texts.emplace_back("append", messages.append.text());
  all.add("Messages", messages, message_texts);
  const auto& branches = statements<Dialect::Messages::Branches>();
  all.add("Messages::Branches", branches, branches_of(branches));
  const auto& session_lists = statements<Dialect::Sessions::Lists>();
  all.add("Sessions::Lists", session_lists, session_lists_of(session_lists));
  const auto& folds = statements<Dialect::Messages::Folds>();
  all.add("Messages::Folds", folds, folds_of(folds));
  const auto& tool_calls = statements<AllToolCalls<Dialect::Messages>>();
  all.add("Messages::ToolCalls", tool_calls, tool_calls_of(tool_calls));
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
  const auto& announcements = statements<Dialect::Announcements>();
  all.add("Announcements", announcements,
          {{"topic", announcements.topic.text()}, {"changed", announcements.changed.text()}});
  const auto& admin = statements<Dialect::Admin>();
  all.add("Admin", admin, admin_of(admin));
  const auto& retention = statements<Dialect::Retention>();
  Texts of_retention = retention_of(retention);
  of_retention.emplace_back("hold_sources", retention.hold_sources.text());
  all.add("Retention", retention, of_retention);
  const auto& reindexing = statements<Dialect::Reindexing>();
  all.add("Reindexing", reindexing,
          {{"messages", reindexing.messages.text()},
           {"artifacts", reindexing.artifacts.text()},
           {"all_messages", reindexing.all_messages.text()},
           {"all_artifacts", reindexing.all_artifacts.text()},
           {"renew_message", reindexing.renew_message.text()},
           {"renew_artifact", reindexing.renew_artifact.text()}});
  const auto& claims = statements<heddle::postgres::ClaimStatements>();
  all.add("Claim", claims,
          {{"claim", claims.claim.text()}, {"recall", claims.recall.text()}, {"remember", claims.remember.text()}});
  const auto& control = statements<heddle::postgres::ControlStatements>();
  all.add("Control", control,
          {{"begin_read", control.begin_read.text()},
           {"commit", control.commit.text()},
           {"rollback", control.rollback.text()},
           {"identify", control.identify.text()},
           {"identify_until", control.identify_until.text()},
           {"hear_warnings", control.hear_warnings.text()},
           {"ping", control.ping.text()},
           {"place", control.place.text()},
           {"schema_version", control.schema_version.text()}});
  const auto& role = statements<heddle::postgres::RoleStatements>();
  all.add("Role", role, {{"rights", role.rights.text()}});
  for (const std::string& text : sent()) { all.add_sent(text); }
  compare("postgres.sql.txt", all.text(), Renewal::by_command);
}

TEST_CASE("idempotency keys and rows in PostgreSQL equal their snapshots") {
  const support::TemporaryFolder folder;
  support::MigratedDatabase database;
  PostgresBackend backend(database.config(folder.path()));
  write_everything(backend);

  const support::RawPostgres server(database.database().superuser_dsn());
  const auto rows_of = [&server](const std::string& sql) { return rows_in(server, sql); };
  const std::string keys = stored_keys(rows_of);
  const std::string rows = stored_rows(rows_of);
  compare("keys.txt", keys, Renewal::never);
  compare("rows.txt", rows, Renewal::never);

  write_everything(backend);  // repeats only
  CHECK(stored_keys(rows_of) == keys);
  CHECK(stored_rows(rows_of) == rows);
}

TEST_CASE("idempotency keys of writes that hide sessions equal their snapshot") {
  support::MigratedDatabase database;
  PostgresBackend backend(database.config());
  write_hidden_sessions(backend);
  const support::RawPostgres server(database.database().superuser_dsn());
  compare("keys_of_hidden_sessions.txt",
          stored_keys([&server](const std::string& sql) { return rows_in(server, sql); }), Renewal::never);
}

TEST_CASE("idempotency keys and rows of whole messages in PostgreSQL equal their snapshot") {
  support::MigratedDatabase database;
  PostgresBackend backend(database.config());
  write_whole_messages(backend);
  const support::RawPostgres server(database.database().superuser_dsn());
  const auto rows_of = [&server](const std::string& sql) { return rows_in(server, sql); };
  const std::string stored = stored_whole_messages(rows_of);
  compare("whole_messages.txt", stored, Renewal::never);
  write_whole_messages(backend);  // repeats only
  CHECK(stored_whole_messages(rows_of) == stored);
}

TEST_CASE("idempotency keys and rows of branches and streams in PostgreSQL equal their snapshot") {
  support::MigratedDatabase database;
  PostgresBackend backend(database.config());
  write_branches(backend);
  const support::RawPostgres server(database.database().superuser_dsn());
  const auto rows_of = [&server](const std::string& sql) { return rows_in(server, sql); };
  const std::string stored = stored_branches(rows_of);
  compare("branches.txt", stored, Renewal::never);
  write_branches(backend);  // repeats only
  CHECK(stored_branches(rows_of) == stored);
}

TEST_CASE("idempotency keys and rows of contents in PostgreSQL equal their snapshot") {
  support::MigratedDatabase database;
  PostgresBackend backend(database.config());
  write_contents(backend);
  const support::RawPostgres server(database.database().superuser_dsn());
  const auto rows_of = [&server](const std::string& sql) { return rows_in(server, sql); };
  const std::string stored = stored_contents(rows_of);
  compare("contents.txt", stored, Renewal::never);
  write_contents(backend);  // repeats only
  CHECK(stored_contents(rows_of) == stored);
}
