#include <heddle/adoption.hpp>
#include <heddle/heddle.hpp>
#include <heddle/postgres_adoption.hpp>

#include "adoption/read_back.hpp"
#include "conformance/postgres_subjects.hpp"
#include "support/expect_error.hpp"
#include "support/postgres_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace {

/// A database of a Go server on PostgreSQL, made of a fixture.
class LoomDatabase {
 public:
  explicit LoomDatabase(const std::string& fixture = "postgres_23") {
    execute("SET search_path = public; " + adoption::contents_of(adoption::fixtures() / (fixture + ".sql")));
  }

  [[nodiscard]] std::string dsn() const { return database_.superuser_dsn(); }
  [[nodiscard]] std::string tenant_dsn() const { return database_.app_dsn(); }
  void execute(const std::string& sql) const { support::RawPostgres(dsn()).execute(sql); }

 private:
  support::PostgresDatabase database_{support::PostgresDatabase::Contents::roles_only};
};

heddle::AdoptionOptions with_files() {
  heddle::AdoptionOptions options;
  options.artifact_directory = adoption::fixtures() / "artifacts";
  return options;
}

std::int64_t rows_of(const std::vector<heddle::AdoptionNote>& notes, std::string_view table, std::string_view what) {
  std::int64_t rows = 0;
  for (const auto& note : notes) {
    if (note.table == table && note.what.find(what) != std::string::npos) { rows += note.rows; }
  }
  return rows;
}

template <class Backend>
void check_adopted(Backend& backend, const heddle::AdoptionReport& report, const std::string& fixture) {
  CHECK(report.tenants == std::vector<std::string>{"alice", "default-user"});
  CHECK(report.files == 4);
  const auto go = adoption::parsed(adoption::contents_of(adoption::fixtures() / (fixture + ".json")));
  for (const auto& tenant : go["tenants"].GetArray()) {
    adoption::check_tenant(backend, tenant);
    const auto context = heddle::Context::for_user(adoption::text(tenant["tenant"]));
    adoption::check_artifacts(backend, context, tenant);
  }
}

/// Adopts a fixture into both backends, and again.
template <class Check>
void adopt_into_both(const std::string& fixture, Check&& check) {
  const LoomDatabase loom(fixture);
  const auto into = [&](auto& backend) {
    const auto report = heddle::adopt_loom_schema(backend, {}, loom.dsn(), with_files());
    // Before the results are queried, which changes when they were used last.
    CHECK(heddle::adopt_loom_schema(backend, {}, loom.dsn(), with_files()).tenants_before == 2);
    check_adopted(backend, report, fixture);
    check(report);
  };
  support::TemporaryFolder folder;
  heddle::Backend<heddle::Sqlite> file(heddle::sqlite::Config{.path = (folder.path() / "heddle.db").string()});
  file.migrate();
  into(file);
  conformance::OnServer server;
  into(server.backend());
}

}  // namespace

TEST_CASE("the schema of 1.4.0 is adopted into SQLite and PostgreSQL, tenant by tenant") {
  adopt_into_both("postgres_23", [](const heddle::AdoptionReport& report) {
    CHECK(report.schema == 23);
    CHECK(rows_of(report.left_out, "graph_entities", "") == 4);
    CHECK(rows_of(report.left_out, "graph_edges", "") == 2);
    CHECK(rows_of(report.left_out, "tasks", "") == 6);
    CHECK(report.changed.empty());
  });
}

TEST_CASE("the schema of 1.2.0 is adopted, and no row of another tenant with it") {
  adopt_into_both("postgres_9", [](const heddle::AdoptionReport& report) {
    CHECK(report.schema == 9);
    CHECK(rows_of(report.left_out, "sql_result_metadata", "no table of its own") == 1);
    CHECK(rows_of(report.left_out, "messages", "their session does not exist for this tenant") == 1);
    CHECK(rows_of(report.left_out, "messages", "soft-deleted without their session") == 1);
  });
}

TEST_CASE("what was soft-deleted in the source can be restored with its messages") {
  const LoomDatabase loom;
  conformance::OnServer server;
  auto& backend = server.backend();
  heddle::adopt_loom_schema(backend, {}, loom.dsn());
  const auto context = heddle::Context::for_user("alice");
  heddle::soft_deletion(backend)->restore_session(context, "alice-s4");
  const auto window = backend.session_storage().load_messages(context, "alice-s4");
  REQUIRE(window.items.size() == 1);
  CHECK(window.items.front().content == "hidden");
}

TEST_CASE("a summary that was soft-deleted in the source is not shown again") {
  const LoomDatabase loom;
  loom.execute("UPDATE memory_snapshots SET deleted_at = now() WHERE content LIKE '%Asked for report.csv.%'");
  conformance::OnServer server;
  heddle::adopt_loom_schema(server.backend(), {}, loom.dsn());
  const auto alice = heddle::Context::for_user("alice");
  const auto window = server.backend().session_storage().load_messages(alice, "alice-s1", heddle::MessageWindow{});
  const auto summary = std::find_if(window.messages.begin(), window.messages.end(),
                                    [](const heddle::Message& message) { return message.folded_last != 0; });
  REQUIRE(summary != window.messages.end());
  CHECK(summary->content == "old");
}

TEST_CASE("times that never come and costs that are no number become the nearest ones") {
  const LoomDatabase loom("postgres_9");
  loom.execute(
      "UPDATE messages SET timestamp = 'infinity', cost_usd = 'NaN' WHERE content = 'Thanks.';"
      "UPDATE sessions SET created_at = '-infinity' WHERE id = 's3'");
  conformance::OnServer server;
  const auto report = heddle::adopt_loom_schema(server.backend(), {}, loom.dsn());
  std::map<std::string, std::int64_t> changed;
  for (const auto& note : report.changed) { changed[note.table + "." + note.column] += note.rows; }
  CHECK(changed == std::map<std::string, std::int64_t>{
                       {"messages.cost_usd", 2}, {"messages.timestamp", 2}, {"sessions.created_at", 1}});
  const auto session = server.backend().session_storage().load_session(heddle::Context::for_user("default-user"), "s3");
  CHECK(session->created_at == heddle::validation::first_time);
}

TEST_CASE("a role that row security hides tenants from, and other schemas, are refused") {
  const LoomDatabase loom;
  loom.execute("GRANT USAGE ON SCHEMA public TO heddle_app; GRANT SELECT ON ALL TABLES IN SCHEMA public TO heddle_app");
  conformance::OnServer server;
  auto& backend = server.backend();
  CHECK(support::code_of([&] { heddle::adopt_loom_schema(backend, {}, loom.tenant_dsn()); }) ==
        heddle::ErrorCode::permission_denied);
  heddle::AdoptionOptions elsewhere;
  elsewhere.schema = "elsewhere";
  CHECK(support::code_of([&] { heddle::adopt_loom_schema(backend, {}, loom.dsn(), elsewhere); }) ==
        heddle::ErrorCode::failed_precondition);
  loom.execute("INSERT INTO schema_migrations (version) VALUES (24)");
  CHECK(support::code_of([&] { heddle::adopt_loom_schema(backend, {}, loom.dsn()); }) ==
        heddle::ErrorCode::failed_precondition);
  loom.execute("DELETE FROM schema_migrations WHERE version > 8");
  CHECK(support::code_of([&] { heddle::adopt_loom_schema(backend, {}, loom.dsn()); }) ==
        heddle::ErrorCode::failed_precondition);
  CHECK(backend.session_storage().list_sessions(heddle::Context::for_user("alice")).items.empty());
}

TEST_CASE("an adoption from a server that does not answer ends with its context") {
  const LoomDatabase loom;
  support::RawPostgres holder(loom.dsn());
  holder.execute("BEGIN; LOCK TABLE public.sessions IN ACCESS EXCLUSIVE MODE");
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  const heddle::Context brief = heddle::Context{}.with_timeout(std::chrono::milliseconds(300));
  CHECK(support::code_of([&] { heddle::adopt_loom_schema(backend, brief, loom.dsn(), with_files()); }) ==
        heddle::ErrorCode::deadline_exceeded);
}
