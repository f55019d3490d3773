#include "heddle/postgres.hpp"
#include "postgres/distribution/departures.hpp"
#include "postgres/distribution/divided_database.hpp"
#include "postgres/isolation/filled_tenants.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace distribution;
using isolation::known;
using isolation::OnServer;
using support::RawPostgres;

namespace {

const heddle::Context alice = heddle::Context::for_user("alice");

/// Returns the parameters of each function that can read tables, from the catalogue; `flag` is the value of all that
/// are true or false, `session` that of sessions.
std::vector<std::pair<std::string, std::string>> calls(RawPostgres& raw, const std::string& flag,
                                                       const std::string& session) {
  const std::string from =
      " FROM pg_proc p WHERE pronamespace = 'public'::regnamespace AND provolatile <> 'i' "
      "AND prorettype <> 'trigger'::regtype ORDER BY proname";
  const std::vector<std::string> names = raw.texts("SELECT proname" + from);
  const std::vector<std::string> texts = raw.texts(
      "SELECT 'SELECT * FROM ' || proname || '(' || (SELECT string_agg(CASE WHEN name = 'tenant' THEN '''alice''' WHEN "
      "name = 'query' THEN '''gold''' WHEN name = 'in_session' THEN $$" +
      session + "$$ WHEN type = 'boolean'::regtype THEN '" + flag +
      "' WHEN name IN ('max_rows', 'candidates') THEN '1000' WHEN name = 'roles' THEN '-1' WHEN name = 'skip' THEN '0' "
      "WHEN name IN ('at_or_after', 'before') THEN 'NULL' WHEN type = 'bigint'::regtype THEN '1' WHEN type = "
      "'bigint[]'::regtype THEN '''{1,2}''' ELSE 'NULL' END, ', ' ORDER BY place) FROM "
      "unnest(proargtypes::oid[], proargnames) WITH ORDINALITY u (type, name, place) WHERE type IS NOT NULL) || ')'" +
      from);
  std::vector<std::pair<std::string, std::string>> all;
  for (std::size_t i = 0; i < names.size(); ++i) { all.emplace_back(names[i], texts[i]); }
  return all;
}

/// Returns the functions that look into shards of other tenants, when they are called or where no plan can help it.
Departures across_shards(DividedDatabase& database) {
  RawPostgres& raw = database.raw();
  Departures found;
  Names& names = found["function across shards"];
  for (const std::string flag : {"true", "false"}) {
    for (const std::string session : {"NULL", "'known'"}) {
      for (const auto& call : calls(raw, flag, session)) {
        raw.execute("BEGIN; SELECT set_config('heddle.user_id', 'alice', true)");
        static_cast<void>(raw.texts(call.second));
        if (!database.tables_across_shards("alice").empty()) { names.insert(call.first); }
        raw.execute("ROLLBACK");
      }
    }
  }
  for (const std::string& name :
       raw.texts("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND "
                 "pg_get_functiondef(oid) ~ 'user_id IS (NOT )?DISTINCT FROM'")) {
    names.insert(name);
  }
  return found;
}

/// From now on the sequences give numbers of this node, as those of Citus do.
void give_numbers_of_node(RawPostgres& raw, std::int64_t node) {
  for (const std::string& sequence : raw.texts("SELECT seqrelid::regclass::text FROM pg_sequence")) {
    // No node gives a number twice.
    raw.execute("SELECT setval('" + sequence + "', (" + std::to_string(node) +
                "::bigint << 48) + (last_value & ((1::bigint << 48) - 1)) + 1) FROM " + sequence);
  }
}

std::vector<std::string> contents(OnServer& backend, const std::string& session) {
  std::vector<std::string> all;
  for (const auto& message : backend.session_storage().load_messages(alice, session).items) {
    all.push_back(message.content);
  }
  return all;
}

}  // namespace

TEST_CASE("distribution: functions look into the tenant's shards only, but for those that are listed") {
  const support::TemporaryFolder folder;
  DividedDatabase database;
  OnServer backend(database.config());
  isolation::fill(backend, "alice");
  isolation::fill(backend, "bob");
  check_listed({"function across shards"}, across_shards(database));

  database.raw().execute(
      "CREATE FUNCTION astray(query text) RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM sessions)");
  CHECK(across_shards(database)["function across shards"].count("astray") == 1);
}

TEST_CASE("distribution: the library works on divided tables, and triggers and keys stay in the tenant's shards") {
  DividedDatabase database;
  RawPostgres& raw = database.raw();
  OnServer backend(database.config());
  isolation::fill(backend, "alice");
  isolation::fill(backend, "bob");
  auto& sessions = backend.session_storage();
  CHECK(sessions.search_messages(alice, {.query = "gold"}).items.size() == 1);
  sessions.fork_session(alice, known, 1, {.id = "fork", .name = "fork"});
  sessions.rewind_session(alice, known, 1);
  sessions.save_message(alice, known, {.content = "again"});
  CHECK(contents(backend, known) == std::vector<std::string>{"gold of alice", "again"});
  CHECK(contents(backend, "fork") == std::vector<std::string>{"gold of alice"});

  // The fold before the first one has no summary. Its trigger asks for one that is equal to null: a plan without a
  // shard, though all are locked for it.
  raw.execute("DELETE FROM folds WHERE user_id = 'alice' AND summary_number IS NULL");

  // What fires when rows come and go, with the statements in it.
  for (const std::string change :
       {"INSERT INTO sessions (user_id, id, name, agent_id, context, created_at, updated_at, total_cost_usd, "
        "total_tokens) VALUES ('alice', 'new', '', '', '{}', 0, 0, 0, 0)",
        "INSERT INTO contents (user_id, checksum, size_bytes, number, in_database) VALUES ('alice', 'x', 0, 7, true)",
        "DELETE FROM artifacts WHERE user_id = 'alice'", "DELETE FROM folds WHERE user_id = 'alice'",
        "DELETE FROM sessions WHERE user_id = 'alice'"}) {
    raw.execute("BEGIN");
    CHECK_MESSAGE(raw.execute(change) > 0, change);
    raw.execute("SET CONSTRAINTS ALL IMMEDIATE");
    std::string across;
    for (const std::string& table : database.tables_across_shards("alice")) { across += table + " "; }
    CHECK_MESSAGE(across == "", change);
    raw.execute("ROLLBACK");
  }

  CHECK(sessions.delete_session(alice, known));
  CHECK(contents(backend, "fork") == std::vector<std::string>{"gold of alice"});
  CHECK(sessions.load_messages(heddle::Context::for_user("bob"), known).items.size() == 3);
}

TEST_CASE("distribution: sessions whose records have numbers of several nodes are read as they were written") {
  support::MigratedDatabase database;
  RawPostgres raw(database.database().superuser_dsn());
  OnServer backend(database.config());
  auto& sessions = backend.session_storage();
  // The later node gives the smaller numbers.
  give_numbers_of_node(raw, 2);
  isolation::fill(backend, "alice");
  give_numbers_of_node(raw, 1);
  isolation::fill(backend, "bob");
  sessions.fork_session(alice, known, 1, {.id = "fork", .name = "fork"});
  sessions.save_message(alice, "fork", {.content = "of the fork"});
  sessions.rewind_session(alice, known, 1);
  sessions.save_message(alice, known, {.content = "again"});
  give_numbers_of_node(raw, 2);
  sessions.rewind_session(alice, "fork", 1);
  sessions.save_message(alice, "fork", {.content = "once more"});
  sessions.fold_messages(alice, "fork", {1, 2}, {.id = "fold", .content = "both"});
  CHECK(contents(backend, known) == std::vector<std::string>{"gold of alice", "again"});
  CHECK(contents(backend, "fork") == std::vector<std::string>{"gold of alice", "once more"});
  sessions.restore_branch(alice, "fork", 1);
  CHECK(contents(backend, "fork") == std::vector<std::string>{"gold of alice", "of the fork"});
  CHECK(raw.integer("SELECT count(DISTINCT abs(number) >> 48) FROM branches WHERE user_id = 'alice'") == 2);
  // It was written in the one, and both have it.
  CHECK(sessions.search_messages(alice, {.query = "gold"}).items.size() == 1);
  CHECK(sessions.delete_session(alice, known));
  CHECK(sessions.delete_session(alice, "fork"));
  CHECK(raw.integer("SELECT count(*) FROM messages WHERE user_id = 'alice'") == 0);
}
