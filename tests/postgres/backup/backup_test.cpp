#include "heddle/backup.hpp"
#include "heddle/postgres.hpp"
#include "heddle/transfer.hpp"
#include "support/document.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <libpq-fe.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

// Runs the commands of production.md on the test's own server, where database and roles have the names of that
// document.
namespace {

using namespace heddle;
using support::commands_of;
using support::digest_of;

const Context alice = Context::for_user("alice");
const Context bob = Context::for_user("bob");

/// The folder and the environment for the commands.
class Operator {
 public:
  Operator() {
    std::filesystem::create_directory_symlink(support::project_folder() / "migrations", folder_.path() / "migrations");
    const std::unique_ptr<PQconninfoOption, decltype(&::PQconninfoFree)> server(
        ::PQconninfoParse(support::postgres_server().c_str(), nullptr), &::PQconninfoFree);
    for (const PQconninfoOption* each = server.get(); each->keyword != nullptr; ++each) {
      if (each->val != nullptr && std::string(each->keyword) != "dbname") { ::setenv(each->envvar, each->val, 1); }
    }
    ::setenv("APP_PASSWORD", "of the app", 1);
    ::setenv("ADMIN_PASSWORD", "of the admin", 1);
    ::setenv("PGOPTIONS", "-c client_min_messages=warning", 1);
  }

  [[nodiscard]] bool succeeds(const std::string& commands) const { return support::succeeds(commands, folder_.path()); }
  [[nodiscard]] bool follows(const std::string& name) const { return succeeds(commands_of("production.md", name)); }

  [[nodiscard]] postgres::Config config() const {
    return {.dsn = dsn_of("heddle_app"),
            .admin_dsn = dsn_of("heddle_admin"),
            .artifact_directory = folder_.path() / "artifacts"};
  }

 private:
  static std::string dsn_of(const std::string& role) {
    return support::with_settings(support::postgres_server(), {{"dbname", "agents"}, {"user", role}});
  }

  support::TemporaryFolder folder_;
};

/// Stores rows of a tenant in every table.
void fill(Backend<Postgres>& storage, const Context& context) {
  auto& sessions = storage.session_storage();
  sessions.save_session(context, {.id = "s", .name = context.user_id});
  sessions.save_message(context, "s", {.content = "gold of " + context.user_id}, {.idempotency_key = "m"});
  sessions.save_tool_execution(context, "s", {.tool_name = "dig"});
  sessions.save_snapshot(context, {.id = "n", .session_id = "s", .snapshot_type = "l2"});
  storage.error_store().store(context, {.id = "e", .session_id = "s", .tool_name = "dig", .raw_error = "broke"});
  storage.artifact_store().index(context, {.id = "a", .name = "map", .session_id = "s"});
  storage.result_store().store(context, {.id = "r", .table_name = "t", .table = {{"n"}, {{std::int64_t{7}}}}});
  storage.human_request_store().store(context, {.id = "q", .session_id = "s", .question = "Dig?"});
  storage.artifact_store().put(context, {.id = "c", .name = "content"}, std::string(3'000'000, 'g') + context.user_id);
}

/// Checks that exactly what `fill` has stored can be read.
void check_contents(Backend<Postgres>& storage, const Context& context) {
  auto& sessions = storage.session_storage();
  const auto session = sessions.load_session(context, "s");
  REQUIRE(session.has_value());
  CHECK(session->name == context.user_id);
  REQUIRE(session->messages.items.size() == 1);
  CHECK(session->messages.items.front().content == "gold of " + context.user_id);
  CHECK(sessions.search_messages(context, {.query = "gold"}).items.size() == 1);
  CHECK(sessions.list_tool_executions(context, "s").items.size() == 1);
  CHECK(sessions.load_snapshots(context, "s", "l2").items.size() == 1);
  CHECK(storage.error_store().get(context, "e")->tool_name == "dig");
  CHECK(storage.artifact_store().search(context, {.query = "map"}).items.size() == 1);
  CHECK(storage.result_store().query(context, "r", "SELECT n FROM t").rows == Table{{"n"}, {{std::int64_t{7}}}}.rows);
  CHECK(storage.human_request_store().list_pending(context).items.size() == 1);
}

}  // namespace

static_assert(!decltype(heddle::backups(std::declval<Backend<Postgres>&>()))::possible);

TEST_CASE("the commands of the document make and restore a backup, with a role that row security does not apply to") {
  const Operator reader;
  std::map<std::string, std::string> digests;
  REQUIRE(reader.follows("set up PostgreSQL"));
  {
    // Only the roles of Heddle may connect.
    support::RawPostgres agents(support::with_settings(support::postgres_server(), {{"dbname", "agents"}}));
    for (const std::string right : {"CONNECT", "TEMPORARY"}) {
      const auto has = [&](const std::string& role) {
        return agents.text("SELECT has_database_privilege('" + role + "', 'agents', '" + right + "')") == "t";
      };
      CHECK_FALSE(has("public"));
      CHECK(has("heddle_app") == (right == "CONNECT"));
      CHECK(has("heddle_admin") == (right == "CONNECT"));
    }
  }
  {
    Backend<Postgres> storage(reader.config());
    storage.migrate();
    for (const auto& tenant : {alice, bob}) { fill(storage, tenant); }
    REQUIRE(storage.session_storage().soft_delete_session(bob, "s"));
    for (const auto& tenant : {alice, bob}) { digests[tenant.user_id] = digest_of(storage, tenant); }

    // The document warns about this.
    CHECK_FALSE(reader.succeeds("pg_dump -U heddle_admin -d agents --file=/dev/null 2>/dev/null"));
    REQUIRE(reader.follows("create the role for backups"));
    REQUIRE(reader.follows("back PostgreSQL up"));
    storage.session_storage().save_message(alice, "s", {.content = "later gold"});
  }
  // The server has neither the database nor the roles any more.
  REQUIRE(reader.succeeds("dropdb agents; for role in app admin owner backup; do dropuser heddle_$role; done"));
  REQUIRE(reader.follows("restore PostgreSQL"));

  // Opening checks that row security applies to the role.
  Backend<Postgres> storage(reader.config());
  CHECK(storage.pending_migrations().empty());
  // Every record of every tenant, the bytes of contents among them.
  for (const auto& tenant : {alice, bob}) { CHECK(digest_of(storage, tenant) == digests[tenant.user_id]); }
  CHECK(storage.artifact_store().verify(alice, "c") == ContentState::intact);
  check_contents(storage, alice);
  CHECK(storage.session_storage().list_sessions(bob).items.empty());
  REQUIRE(storage.session_storage().restore_session(bob, "s"));
  check_contents(storage, bob);
  CHECK(storage.admin_storage().validate_permissions({}).problems.empty());
  CHECK(storage.admin_storage().statistics({}).users == 2);

  // It continues from the backup: keys, sequence numbers and row numbers.
  auto& sessions = storage.session_storage();
  CHECK(sessions.save_message(alice, "s", {.content = "gold of alice"}, {.idempotency_key = "m"}) == 1);
  CHECK(sessions.save_message(alice, "s", {.content = "more"}) == 2);
  sessions.save_session(alice, {.id = "another"});
  CHECK(sessions.save_message(alice, "another", {.content = "first"}) == 1);
  sessions.save_tool_execution(alice, "s", {.tool_name = "dig again"});
  CHECK(sessions.list_tool_executions(alice, "s").items.back().tool_name == "dig again");
}
