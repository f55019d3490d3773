#include "heddle/postgres.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "postgres/isolation/attacker.hpp"
#include "postgres/isolation/filled_tenants.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

using namespace heddle;
using namespace isolation;
using support::RawPostgres;

namespace {

/// Returns what the server sends for COPY of a table.
std::string copied(RawPostgres& raw, const std::string& sql) {
  using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;
  const Result start(PQexec(raw.handle(), sql.c_str()), &PQclear);
  if (PQresultStatus(start.get()) != PGRES_COPY_OUT) { return PQresultErrorMessage(start.get()); }
  std::string all;
  char* line = nullptr;
  while (const int size = PQgetCopyData(raw.handle(), &line, 0)) {
    if (size < 0) { break; }
    all.append(line, static_cast<std::size_t>(size));
    PQfreemem(line);
  }
  while (PGresult* rest = PQgetResult(raw.handle())) { PQclear(rest); }
  return all;
}

}  // namespace

TEST_CASE("attack: the application's role cannot switch off the isolation of tenants") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  const auto before = digest_of_all(superuser);
  auto app = tenants.app();
  for (const std::string sql : {"SET ROLE heddle_owner",
                                "SET ROLE heddle_admin",
                                "SET SESSION AUTHORIZATION postgres",
                                "SET SESSION AUTHORIZATION heddle_owner",
                                "GRANT heddle_owner TO heddle_app",
                                "ALTER ROLE heddle_app BYPASSRLS",
                                "ALTER ROLE heddle_app SUPERUSER",
                                "CREATE ROLE heddle_test_intruder",
                                "CREATE TABLE public.intruder (a int)",
                                "CREATE VIEW public.intruder AS SELECT * FROM sessions",
                                "CREATE FUNCTION public.intruder() RETURNS int LANGUAGE sql RETURN 1",
                                "CREATE SCHEMA intruder",
                                "ALTER FUNCTION heddle_search_messages SECURITY INVOKER",
                                "DROP FUNCTION heddle_search_artifacts",
                                "ALTER FUNCTION heddle_search_messages RESET ALL",
                                "CREATE EXTENSION dblink",
                                "SELECT * FROM pg_authid",
                                "SELECT * FROM pg_statistic",
                                "SELECT pg_read_file('PG_VERSION')",
                                "COPY sessions TO PROGRAM 'cat'",
                                "COPY sessions TO '/tmp/intruder'"}) {
    CAPTURE(sql);
    CHECK(app.failure_of(sql) == "42501");
  }
  for (const auto& table : tables_of_tenants(superuser)) {
    for (const std::string sql :
         {"TRUNCATE #", "TRUNCATE # CASCADE", "DROP TABLE # CASCADE", "ALTER TABLE # DISABLE ROW LEVEL SECURITY",
          "ALTER TABLE # NO FORCE ROW LEVEL SECURITY", "DROP POLICY tenant ON #",
          "CREATE POLICY intruder ON # USING (true)", "ALTER TABLE # OWNER TO heddle_app",
          "ALTER TABLE # ADD COLUMN intruder int", "CREATE INDEX ON # (user_id)",
          "CREATE TRIGGER t BEFORE INSERT ON # EXECUTE FUNCTION suppress_redundant_updates_trigger()",
          "CREATE RULE r AS ON SELECT TO # DO INSTEAD SELECT 1", "CREATE TEMP TABLE child () INHERITS (#)"}) {
      std::string on_table = sql;
      on_table.replace(on_table.find('#'), 1, table);
      CAPTURE(on_table);
      CHECK(app.failure_of(on_table) == "42501");
    }
    // A foreign key of the attacker would see every row.
    CHECK(app.failure_of("CREATE TEMP TABLE probe (u text, i text, FOREIGN KEY (u, i) REFERENCES " + table +
                         " (user_id, id))") != "");
    // With row security off the server returns an error and no row.
    CHECK(app.failure_of("SET row_security = off; SELECT * FROM " + table) == "42501");
    app.execute("RESET row_security");
  }
  CHECK(digest_of_all(superuser) == before);
}

TEST_CASE("attack: copies, views, temporary functions and statistics reveal nothing of another tenant") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  superuser.execute("ANALYZE");
  const auto before = digest_of_all(superuser);
  auto app = tenants.app();
  // A function with almost no cost would run before the policy if the policy were not applied first.
  app.execute(
      "CREATE FUNCTION pg_temp.spy(content text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS "
      "$$ BEGIN RAISE EXCEPTION 'saw %', content; END $$");
  for (const auto& table : tables_of_tenants(superuser)) {
    CAPTURE(table);
    CHECK(copied(app, "COPY " + table + " TO STDOUT").empty());
    CHECK(app.failure_of("COPY " + table + " FROM STDIN") == "0A000");
    CHECK(app.failure_of("SELECT * FROM " + table + " t WHERE pg_temp.spy(t::text)").empty());
    CHECK(app.failure_of("DELETE FROM " + table + " t WHERE pg_temp.spy(t::text)").empty());
    CHECK(app.execute("CREATE TEMP VIEW view_of_" + table + " AS SELECT * FROM " + table) == 0);
    CHECK(app.integer("SELECT count(*) FROM view_of_" + table) == 0);
    CHECK(app.execute("CREATE TEMP TABLE copy_of_" + table + " AS SELECT * FROM " + table) == 0);
    CHECK(app.integer("SELECT count(*) FROM pg_stats WHERE tablename = '" + table + "'") == 0);
  }
  CHECK(app.integer("SELECT count(*) FROM pg_stats_ext") == 0);
  CHECK(app.execute("SELECT * FROM heddle_migrations") == superuser.integer("SELECT count(*) FROM heddle_migrations"));
  CHECK(superuser.integer("SELECT count(*) FROM pg_largeobject_metadata") == 0);
  CHECK(superuser.integer("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                          "AND relkind IN ('v', 'm', 'f')") == 0);
  CHECK(digest_of_all(superuser) == before);
}

TEST_CASE("attack: the record of migrations cannot be changed by the application's role") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  const auto before = digest(superuser, "heddle_migrations");
  auto app = tenants.app();
  CHECK(app.failure_of("INSERT INTO heddle_migrations VALUES (99, 'x', 'x', 0)") == "42501");
  for (const std::string sql : {"UPDATE heddle_migrations SET version = 99", "DELETE FROM heddle_migrations",
                                "UPDATE heddle_migrations SET checksum = ''", "TRUNCATE heddle_migrations"}) {
    static_cast<void>(app.failure_of(sql));
  }
  CHECK(digest(superuser, "heddle_migrations") == before);
}

TEST_CASE("attack: functions with their owner's privileges read only the schema's tables and one tenant's rows") {
  FilledTenants tenants;
  auto app = tenants.app();
  Attacker attacker(app);
  attacker.become("mallory");
  const std::vector<std::string> calls{"SELECT * FROM heddle_search_messages(#, NULL, NULL, NULL, NULL)",
                                       "SELECT * FROM heddle_search_messages(#, NULL, NULL, 9223372036854775807, 0)",
                                       "SELECT * FROM heddle_search_messages(#, 'known', NULL, 10, 0)",
                                       "SELECT * FROM heddle_search_messages(#, NULL, 'known', 10, 0)",
                                       "SELECT * FROM heddle_search_messages(#, 'known', 'known', 10, 0)",
                                       "SELECT * FROM heddle_find_messages(#, NULL, NULL, -1, NULL, NULL, false, "
                                       "false, 10, 10, 0)",
                                       "SELECT * FROM heddle_find_messages(#, NULL, NULL, -1, NULL, NULL, false, "
                                       "true, 9223372036854775807, 9223372036854775807, 0)",
                                       "SELECT * FROM heddle_find_messages(#, NULL, NULL, 31, 0, 9223372036854775807, "
                                       "true, true, NULL, NULL, NULL)",
                                       "SELECT * FROM heddle_find_messages(#, 'known', 'known', -1, NULL, NULL, true, "
                                       "false, NULL, 9223372036854775807, 0)",
                                       "SELECT * FROM heddle_search_artifacts(#, NULL, NULL)",
                                       "SELECT * FROM heddle_search_artifacts(#, 9223372036854775807, 0)",
                                       "SELECT * FROM heddle_find_artifacts(#, NULL, NULL, NULL, NULL, NULL, NULL, "
                                       "false, false, 10, 10, 0)",
                                       "SELECT * FROM heddle_find_artifacts(#, NULL, NULL, NULL, NULL, NULL, NULL, "
                                       "false, true, 9223372036854775807, 9223372036854775807, 0)",
                                       "SELECT * FROM heddle_find_artifacts(#, NULL, NULL, NULL, NULL, 0, "
                                       "9223372036854775807, true, true, NULL, NULL, NULL)",
                                       "SELECT * FROM heddle_find_artifacts(#, 'known', NULL, NULL, NULL, NULL, NULL, "
                                       "true, false, NULL, 9223372036854775807, 0)"};
  const std::vector<std::string> queries{"NULL",
                                         "''",
                                         "'gold'",
                                         "'gold | of'",
                                         "'!gold'",
                                         "'gold:*'",
                                         "'go:*'",
                                         "'%'",
                                         "'gold %'",
                                         "'% %'",
                                         "'_ _'",
                                         "E'gold\\n!x'",
                                         "E'\\\\'",
                                         "E'\\'gold\\' | \\'x\\''",
                                         "E'gold\\\\'",
                                         "'(gold'",
                                         "'gold)'",
                                         "'gold <-> of'",
                                         "'~ualice'",
                                         "E'~u\\' | \\'gold'",
                                         "'~1ualice'",
                                         "'~*'",
                                         "'*'",
                                         "'g* gold*'",
                                         "'gold|~ualice'",
                                         "'go*|=go*'",
                                         "'|'",
                                         "E'gold\\n~1ualice|gold'",
                                         "E'\\fgold'",
                                         "E'gold\\fgold\\fgold'",
                                         "E'x\\f~ualice'",
                                         "E'\\f\\' | \\'gold*'",
                                         "repeat('gold ', 5000)",
                                         "repeat(E'gold\\n', 5000)",
                                         "repeat('x', 3000)",
                                         "E'\\n\\n \\n'",
                                         "E'\\001'"};
  const auto found = [&](const std::string& query) {
    std::int64_t rows = 0;
    for (auto call : calls) {
      call.replace(call.find('#'), 1, query);
      const auto attempt = attacker(call);
      rows += attempt.rows;
      // A word that is too long or a query that is too large; the error quotes only the query.
      CAPTURE(attempt.error);
      CHECK((attempt.sqlstate.empty() || attempt.sqlstate.starts_with("54") || attempt.sqlstate.starts_with("42") ||
             attempt.sqlstate.starts_with("22")));
      CHECK(attempt.error.find("alice") == std::string::npos);
    }
    return rows;
  };
  for (const auto& query : queries) {
    CAPTURE(query);
    CHECK(found(query) == 0);
  }
  CHECK(attacker("SELECT * FROM heddle_search_messages('gold', NULL, NULL, -1, 0)").sqlstate == "2201W");
  CHECK(attacker("SELECT * FROM heddle_search_messages('gold', NULL, NULL, 1, -1)").sqlstate == "2201X");
  const std::string newest = "SELECT * FROM heddle_find_messages('gold', NULL, NULL, -1, NULL, NULL, true, false, 1, ";
  CHECK(attacker(newest + "-1, 0)").sqlstate == "2201W");
  CHECK(attacker(newest + "1, -1)").sqlstate == "2201X");
  CHECK(attacker("SELECT * FROM heddle_search_artifacts('gold', -1, 0)").sqlstate == "2201W");
  const std::string artifacts =
      "SELECT * FROM heddle_find_artifacts('gold', NULL, NULL, NULL, NULL, NULL, NULL, true, false, 1, ";
  CHECK(attacker(artifacts + "-1, 0)").sqlstate == "2201W");
  CHECK(attacker(artifacts + "1, -1)").sqlstate == "2201X");

  // Tables, types, functions and operators of the caller, before all others in the search path.
  app.execute(
      "CREATE TEMP TABLE messages (user_id text, branch_number bigint, sequence bigint, search tsvector, words text);"
      "CREATE TEMP TABLE sessions (user_id text, number bigint, id text, agent_id text, deleted_at bigint);"
      "CREATE TEMP TABLE segments (user_id text, branch_number bigint, source_number bigint);"
      "CREATE TEMP TABLE artifacts (user_id text, number bigint, id text, session_id text, deleted_at bigint, "
      "search tsvector, words text);"
      "INSERT INTO messages VALUES ('mallory', 1, 1, 'gold ~1umallory ~umallory', NULL);"
      "INSERT INTO artifacts VALUES ('mallory', 1, 'x', NULL, NULL, 'gold ~1umallory ~umallory', NULL);"
      "CREATE FUNCTION pg_temp.spy(a text, b text) RETURNS boolean LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'saw % as %', b, current_user; END $$;"
      "CREATE OPERATOR pg_temp.= (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_temp.spy);"
      "CREATE FUNCTION pg_temp.heddle_search_tenant(tenant text) RETURNS tsquery LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$;"
      "CREATE FUNCTION pg_temp.heddle_search_query(query text, OUT all_words tsquery, OUT any_word tsquery, "
      "OUT phrases tsquery, OUT patterns text[]) LANGUAGE plpgsql AS "
      "$$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$;"
      "CREATE FUNCTION pg_temp.heddle_search_rows(tenant text, present tsquery, former tsquery) RETURNS tsquery "
      "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$;"
      "CREATE FUNCTION pg_temp.heddle_search_wanted(terms text[], any_word boolean) RETURNS tsquery "
      "LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as %', current_user; END $$;"
      "SET search_path = pg_temp, pg_catalog, public");
  CHECK(found("'gold'") == 0);
  attacker.become("alice");
  for (auto call : calls) {
    call.replace(call.find('#'), 1, "'gold'");
    const auto attempt = attacker(call);
    CAPTURE(call);
    CHECK(attempt.error == "");
    CHECK(attempt.rows == 1);
  }
}

TEST_CASE("attack: a role without privileges on the tables has none on the functions either") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  const std::string role = tenants.database().name() + "_stranger";
  superuser.execute("CREATE ROLE " + role);
  superuser.execute("SET ROLE " + role);
  superuser.execute("SELECT set_config('heddle.user_id', 'alice', false)");
  CHECK(superuser.failure_of("SELECT * FROM heddle_search_messages('gold', NULL, NULL, 10, 0)") == "42501");
  CHECK(superuser.failure_of("SELECT * FROM heddle_search_artifacts('gold', 10, 0)") == "42501");
  CHECK(
      superuser.failure_of("SELECT * FROM heddle_artifacts_with_terms('alice', true, false, 'gold', NULL, NULL, NULL, "
                           "NULL, NULL, NULL)") == "42501");
  superuser.execute("RESET ROLE");
  CHECK(superuser
            .texts("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
                   "AND has_function_privilege('" +
                   role + "', oid, 'EXECUTE')")
            .empty());
  // Each function sets a search path in which the caller's temporary objects come last.
  CHECK(superuser.integer("SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef "
                          "AND NOT 'search_path=public, pg_temp' = ANY (coalesce(proconfig, '{}'))") == 0);
  superuser.execute("DROP ROLE " + role);
}

TEST_CASE("attack: content and ids are in no statement text that others can see") {
  FilledTenants tenants;
  auto& backend = tenants.backend();
  const std::string nonce = "n0nce5ecret";
  const auto user = Context::for_user(nonce);
  auto& sessions = backend.session_storage();
  sessions.save_session(user, {.id = nonce, .name = nonce}, {.idempotency_key = nonce});
  sessions.save_message(user, nonce, {.content = nonce}, {.idempotency_key = nonce + "2"});
  static_cast<void>(sessions.search_messages(user, {.query = nonce}));
  static_cast<void>(sessions.load_session(user, nonce));
  backend.artifact_store().index(user, {.id = nonce, .name = nonce, .session_id = nonce});
  static_cast<void>(backend.artifact_store().search(user, {.query = nonce}));
  backend.human_request_store().store(user, {.id = nonce, .question = nonce});
  backend.human_request_store().respond(user, nonce, {.response = nonce});
  auto superuser = tenants.superuser();
  CHECK(superuser.integer("SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = "
                          "current_database() AND usename = 'heddle_app'") > 0);
  CHECK(superuser.integer("SELECT count(*) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
                          "(query LIKE '%n0nce%' OR application_name LIKE '%n0nce%')") == 0);
}

TEST_CASE("attack: an error of the server that can quote content is not in the message") {
  // PostgreSQL reports a malformed tsvector as a syntax error, and quotes it.
  for (const char* state : {"42601", "23505", "23514", "22P02", "22021", "23503", "P0001", "XX000"}) {
    const auto error = heddle::postgres::libpq::make_error(state, "saving", "syntax error in tsvector: \"s3cret\"");
    CHECK(std::string(error.what()).find("s3cret") == std::string::npos);
  }
  CHECK(std::string(heddle::postgres::libpq::make_error("42P01", "saving", "relation \"x\" does not exist").what())
            .find("\"x\"") != std::string::npos);
}
