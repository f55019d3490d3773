#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>

using namespace heddle;

namespace {

const Context ada = Context::for_user("ada");
const Context bob = Context::for_user("bob");

/// Returns the rows of a tenant's session "s" in all tables, also those of later migrations.
std::int64_t rows_of(support::RawPostgres& raw, const std::string& user) {
  const std::string of_user = " WHERE user_id = '" + user + "' AND ";
  std::int64_t rows = raw.integer("SELECT count(*) FROM sessions" + of_user + "id = 's'");
  rows += raw.integer("SELECT count(*) FROM messages" + of_user + "true");
  const auto tables = raw.texts(
      "SELECT table_name FROM information_schema.columns WHERE column_name = 'session_id' AND table_schema = 'public'");
  CHECK(tables.size() >= 6);
  for (const auto& table : tables) {
    rows += raw.integer("SELECT count(*) FROM " + table + of_user + "session_id = 's'");
  }
  return rows;
}

}  // namespace

TEST_CASE("a hidden session has its rows in all tables until it is purged") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  auto& sessions = backend.session_storage();
  for (const auto& user : {ada, bob}) {
    sessions.save_session(user, {.id = "s"});
    sessions.save_message(user, "s", {.content = "needle", .model = "m"}, {.idempotency_key = "m"});
    sessions.save_tool_execution(user, "s", {.tool_name = "t"});
    sessions.save_snapshot(user, {.id = "snap", .session_id = "s", .snapshot_type = "summary"});
    backend.error_store().store(user, {.id = "e", .session_id = "s", .raw_error = "failed"});
    backend.artifact_store().index(user, {.id = "f", .name = "haystack", .session_id = "s"});
    backend.human_request_store().store(user, {.id = "q", .session_id = "s", .question = "?"});
  }
  support::RawPostgres raw(database.database().superuser_dsn());
  const std::int64_t all = rows_of(raw, "ada");
  CHECK(all >= 8);
  CHECK(sessions.soft_delete_session(ada, "s"));
  CHECK(rows_of(raw, "ada") == all);
  CHECK(sessions.purge_deleted_sessions({}, std::chrono::seconds(0)) == 1);
  CHECK(rows_of(raw, "ada") == 0);
  CHECK(rows_of(raw, "bob") == all);
}
