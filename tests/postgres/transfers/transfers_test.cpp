#include "conformance/transfers.hpp"
#include "conformance/same_tenant.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <future>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Tenants that go from one database to another.

namespace {

struct OnFile {
  explicit OnFile(ArtifactContent content = ArtifactContent::automatic)
      : backend({.path = (folder.path() / "heddle.db").string(),
                 .artifact_directory = folder.path() / "artifacts",
                 .artifact_content = content}) {
    backend.migrate();
  }

  support::TemporaryFolder folder;
  Backend<Sqlite> backend;
};

/// Returns whether a table stands in one of the lists; the tables of FTS5 are named after theirs.
bool is_known(const std::string& table) {
  const auto is_named = [&](std::string_view name) {
    return table == name || (table.starts_with(name) && table[name.size()] == '_' && name.ends_with("_words"));
  };
  return std::any_of(transfer::moved_tables.begin(), transfer::moved_tables.end(), is_named) ||
         std::any_of(transfer::other_tables.begin(), transfer::other_tables.end(), is_named);
}

template <class... Row>
std::set<std::string> names() {
  std::set<std::string> all;
  (all.insert(reflection::member_names<Row>.begin(), reflection::member_names<Row>.end()), ...);
  return all;
}

/// Returns the fields of the records that have the rows of a table.
std::map<std::string, std::set<std::string>> fields_of_tables() {
  using namespace heddle::transfer;
  // Keys of parents that a record has by its place.
  auto branches = names<BranchRow>();
  branches.erase("session_id");
  return {{"sessions", names<SessionRow>()},
          {"branches", branches},
          {"segments", names<SegmentRow>()},
          {"summaries", names<SummaryRow>()},
          {"folds", names<FoldRow>()},
          {"messages", names<MessageRow>()},
          {"tool_links", names<LinkRow>()},
          {"message_streams", names<StreamRow>()},
          {"message_chunks", names<ChunkRow>()},
          {"tool_executions", names<ExecutionRow>()},
          {"usage_by_day", names<UsageRow>()},
          {"memory_snapshots", names<SnapshotRow>()},
          {"agent_errors", names<ErrorRow>()},
          {"artifacts", names<ArtifactRow>()},
          {"contents", names<ContentRow>()},
          {"content_chunks", names<ContentChunkRow>()},
          {"artifact_versions", names<VersionRow>()},
          {"content_usage", names<QuotaRow>()},
          {"human_requests", names<RequestRow>()},
          {"idempotency_keys", names<transfer::KeyRow>()},
          {"sql_results", names<ResultRow>()},
          {"sql_result_images", names<ResultRow>()}};
}

}  // namespace

TEST_CASE("a tenant goes from SQLite to PostgreSQL and back, with the same digest") {
  OnFile source(ArtifactContent::files);
  auto& from = source.backend;
  OnServer server;
  OnFile last;
  fill(from, alice);
  const Exported stream = exported(from, alice);
  import_user(server.backend(), alice, stream.bytes, {.artifact_quota = true});
  check_sessions(from, server.backend(), alice);
  const Exported there = exported(server.backend(), alice);
  CHECK(there.bytes == stream.bytes);
  import_user(last.backend, alice, there.bytes, {.artifact_quota = true});
  check_sessions(from, last.backend, alice);
  CHECK(exported(last.backend, alice).bytes == stream.bytes);
  check_artifacts(from, last.backend, alice);
}

TEST_CASE("an import writes rows of its tenant only, and an export reads no others") {
  support::MigratedDatabase database;
  support::TemporaryFolder folder;
  Backend<Postgres> backend(database.config(folder.path()));
  support::RawPostgres superuser(database.database().superuser_dsn());
  fill(backend, bob);
  const Exported of_bob = exported(backend, bob);
  CHECK(exported(backend, alice).report.records == 0);
  OnFile source;
  fill(source.backend, alice);
  import_user(backend, alice, exported(source.backend, alice).bytes, {.artifact_quota = true});
  CHECK(exported(backend, bob).bytes == of_bob.bytes);
  for (const auto table : transfer::moved_tables) {
    CAPTURE(table);
    const std::string count = "SELECT count(*) FROM " + std::string(table) + " WHERE user_id = ";
    CHECK(superuser.integer(count + "'alice'") == superuser.integer(count + "'bob'"));
    CHECK(superuser.integer("SELECT count(*) FROM " + std::string(table) + " WHERE user_id NOT IN ('alice', 'bob')") ==
          0);
  }
  CHECK(superuser.integer("SELECT count(*) FROM import_numbers") == 0);
}

TEST_CASE("an import waits for a transaction that stores something new, and sees it") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  OnFile source;
  add_session(source.backend, alice, "s");
  const std::string stream = exported(source.backend, alice).bytes;
  support::RawPostgres writer(database.database().superuser_dsn());
  support::RawPostgres observer(database.database().superuser_dsn());
  writer.execute("BEGIN");
  writer.execute("INSERT INTO agent_errors VALUES ('alice', 'e', 1, NULL, 't', 'r', 's')");
  auto imported = std::async(std::launch::async, [&] { return code_of([&] { import_user(backend, alice, stream); }); });
  while (observer.integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND wait_event = "
                          "'advisory' AND datname = current_database()") == 0 &&
         imported.wait_for(std::chrono::milliseconds(10)) == std::future_status::timeout) {}
  writer.execute("COMMIT");
  CHECK(imported.get() == ErrorCode::already_exists);
  CHECK(backend.error_store().list(alice).items.size() == 1);
  CHECK(!abort_import(backend, alice));
}

TEST_CASE("every table of the schema is in a stream, or is listed as one that is not") {
  OnFile file;
  file.backend.migrate();
  file.backend.close();
  support::RawDatabase raw((file.folder.path() / "heddle.db").string());
  const std::string list = raw.text(
      "SELECT group_concat(name, ' ') || ' ' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
      "AND name <> 'heddle_migrations'");
  support::MigratedDatabase database;
  support::RawPostgres superuser(database.database().superuser_dsn());
  auto tables = superuser.texts(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'heddle_migrations'");
  CHECK(tables.size() > 20);
  for (std::size_t start = 0; start < list.size();) {
    const std::size_t end = list.find(' ', start);
    tables.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  for (const std::string& table : tables) {
    CAPTURE(table);
    CHECK(is_known(table));
  }
}

TEST_CASE("every column of a table is a field of its record, or is listed as one that is none") {
  // Numbers and keys, what refers to them, and what is computed.
  const std::set<std::string> others{
      "user_id",      "number",   "session_number", "branch_number", "source_number", "branch_first", "summary_number",
      "updated_slot", "sequence", "search",         "words",         "urgency",       "in_database",  "stored_bytes"};
  support::MigratedDatabase database;
  support::RawPostgres superuser(database.database().superuser_dsn());
  for (const auto& each : fields_of_tables()) {
    const std::string& table = each.first;
    const auto& fields = each.second;
    for (const std::string& column : superuser.texts("SELECT column_name FROM information_schema.columns WHERE "
                                                     "table_schema = 'public' AND table_name = '" +
                                                     table + "'")) {
      CAPTURE(table);
      CAPTURE(column);
      CHECK(fields.contains(column) != others.contains(column));
    }
  }
  CHECK(fields_of_tables().size() == transfer::moved_tables.size());
}
