#include "heddle/postgres.hpp"
#include "heddle/postgres/embedded_migrations.hpp"
#include "support/error_text.hpp"
#include "support/expect_error.hpp"
#include "support/migration_steps.hpp"
#include "support/raw_postgres.hpp"
#include "support/unmigrated_database.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// Migrations on PostgreSQL, beyond the conformance suite.
namespace {

using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using support::code_of;
using support::error_of;
using support::RawPostgres;
using support::says;
using Steps = support::MigrationSteps;
using Place = support::UnmigratedDatabase;
using Storage = Place::Storage;
using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string the_lock = "hashtextextended('heddle_migrations public', 0)";

/// A quick first step and a slow second one, up and down.
void add_slow(const Steps& steps) {
  steps.add(1, "quick", "CREATE TABLE a (x integer);", "SELECT pg_sleep(60); DROP TABLE a;");
  steps.add(2, "slow", "CREATE TABLE b (x integer); SELECT pg_sleep(60);", "DROP TABLE b;");
}

/// Waits until a statement of the migrator that contains this text runs.
void wait_until_running(Place& place, const std::string& text) {
  while (place.integer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'heddle_admin' AND state = 'active' AND "
                       "datname = current_database() AND query LIKE '%" +
                       text + "%'") == 0) {
    std::this_thread::sleep_for(milliseconds(2));
  }
}

/// Returns true if no session holds the migrators' lock or waits for it.
bool lock_is_free(Place& place) {
  return place.integer(
             "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM "
             "pg_database WHERE datname = current_database())") == 0;
}

/// A schema as the script for roles creates it.
void make_schema(Place& place, const std::string& quoted) {
  place.execute("CREATE SCHEMA " + quoted + " AUTHORIZATION heddle_owner; GRANT USAGE ON SCHEMA " + quoted +
                " TO heddle_app; ALTER DEFAULT PRIVILEGES FOR ROLE heddle_owner IN SCHEMA " + quoted +
                " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO heddle_app; "
                "ALTER DEFAULT PRIVILEGES FOR ROLE heddle_owner IN SCHEMA " +
                quoted +
                " GRANT USAGE ON SEQUENCES TO heddle_app; "
                "ALTER DEFAULT PRIVILEGES FOR ROLE heddle_owner IN SCHEMA " +
                quoted + " GRANT EXECUTE ON FUNCTIONS TO heddle_app");
}

void save_words(Storage& backend, const std::string& words) {
  backend.session_storage().save_session({}, {.id = "s"});
  backend.session_storage().save_message({}, "s", {.content = words});
}
std::size_t found(Storage& backend, const std::string& words) {
  return backend.session_storage().search_messages({}, {.query = words}).items.size();
}

}  // namespace

TEST_CASE("fault 24: the lock and the work use one connection, up and down") {
  Place place;
  const Steps steps;
  const std::string wait = "SELECT pg_advisory_xact_lock(20);";
  steps.add(1, "slow", "CREATE TABLE a (x integer); " + wait, wait + " DROP TABLE a;");
  Storage backend(place.config(steps.folder()));
  const auto watch = [&](auto migrate) {
    // The holder is destroyed first, which ends the step.
    std::jthread migrator;
    RawPostgres holder(place.database().superuser_dsn());
    static_cast<void>(holder.text("SELECT pg_advisory_lock(20)"));
    migrator = std::jthread(migrate);
    wait_until_running(place, "pg_advisory_xact_lock(20)");
    CHECK(place.integer("SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' "
                        "AND granted AND datname = current_database() AND query LIKE '%pg_advisory_xact_lock(20)%' "
                        "AND pid <> pg_backend_pid()") == 1);
    CHECK(place.integer("SELECT count(*) FROM pg_stat_activity WHERE usename = 'heddle_admin' AND datname = "
                        "current_database()") == 1);
    CHECK(place.raw().text("SELECT pg_try_advisory_xact_lock(" + the_lock + ")") == "f");
  };
  watch([&] { backend.migrate(); });
  CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 1);
  CHECK(lock_is_free(place));
  watch([&] { backend.migrator().down({}, 1); });
  CHECK(place.integer("SELECT count(*) FROM heddle_migrations") == 0);
  CHECK(lock_is_free(place));
}

TEST_CASE("fault 24: a role that may not write can list the pending migrations of an empty database") {
  Place place;
  auto config = place.config();
  config.migration_dsn.clear();
  Storage backend(config);
  place.execute("REVOKE TEMPORARY ON DATABASE " + place.database().name() + " FROM PUBLIC");
  CHECK_FALSE(backend.pending_migrations().empty());
  CHECK(place.contents().empty());
}

TEST_CASE("waiting for another migrator ends at the deadline with an error that says so") {
  Place place;
  const Steps steps;
  steps.add_three();
  Storage backend(place.config(steps.folder()));
  backend.migrator().up({}, 1);
  RawPostgres other(place.database().superuser_dsn());
  other.execute("SET application_name = 'nightly job'");
  static_cast<void>(other.text("SELECT pg_advisory_lock(" + the_lock + ")"));
  const std::string process = other.text("SELECT pg_backend_pid()");
  const auto refused = [&](auto migrate) {
    const auto start = Context::Clock::now();
    const Error error = error_of([&] { migrate(Context{}.with_timeout(seconds(5))); });
    CHECK(error.code() == ErrorCode::deadline_exceeded);
    CHECK(says(error, "another migrator"));
    CHECK(says(error, "process " + process + " (nightly job)"));
    CHECK_FALSE(error.in_doubt());
    CHECK(Context::Clock::now() - start < seconds(35));
  };
  refused([&](const Context& context) { backend.migrate(context); });
  refused([&](const Context& context) { backend.migrator().down(context, 1); });
  CHECK(backend.details().migration_version == 1);
  CHECK(backend.pending_migrations().size() == 2);  // listing needs no lock
  // A requested stop ends the wait as well.
  std::stop_source stop;
  std::jthread stopper([&] {
    wait_until_running(place, "pg_advisory_xact_lock");
    stop.request_stop();
  });
  CHECK(code_of([&] { backend.migrate(Context{}.with_stop(stop.get_token())); }) == ErrorCode::cancelled);
  static_cast<void>(other.text("SELECT pg_advisory_unlock_all()"));
  backend.migrate();
  CHECK(backend.details().migration_version == 3);
}

TEST_CASE("the error of a locked table does not blame another migrator") {
  Place place;
  const Steps steps;
  steps.add(1, "first", "CREATE TABLE a (x integer);", "DROP TABLE a;");
  Storage(place.config(steps.folder())).migrate();
  steps.add(2, "second", "SET LOCAL lock_timeout = 100; ALTER TABLE a ADD y integer;", "ALTER TABLE a DROP y;");
  RawPostgres reader(place.database().superuser_dsn());
  reader.execute("BEGIN");
  static_cast<void>(reader.text("SELECT count(*) FROM a"));
  const Error error = error_of([&] { Storage(place.config(steps.folder())).migrate(); });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(says(error, "migration 2"));
  CHECK(says(error, "process " + reader.text("SELECT pg_backend_pid()")));
  CHECK(says(error, " a"));
  CHECK_FALSE(says(error, "another migrator"));
  // At the deadline of the call it is the same, but for the code.
  steps.add(2, "second", "ALTER TABLE a ADD y integer;", "ALTER TABLE a DROP y;");
  const Error late =
      error_of([&] { Storage(place.config(steps.folder())).migrate(Context{}.with_timeout(seconds(5))); });
  CHECK(late.code() == ErrorCode::deadline_exceeded);
  CHECK(says(late, "process " + reader.text("SELECT pg_backend_pid()")));
}

TEST_CASE("the deadline and a stop end a step, which is rolled back; earlier steps stay") {
  Place place;
  const Steps steps;
  add_slow(steps);
  Storage backend(place.config(steps.folder()));
  const auto ends = [&](ErrorCode code, const Context& context, auto migrate) {
    const auto start = Context::Clock::now();
    CHECK(code_of([&] { migrate(context); }) == code);
    CHECK(Context::Clock::now() - start < seconds(40));
    place.wait_for_migrators();
    CHECK(lock_is_free(place));
    CHECK(backend.details().migration_version == 1);
    CHECK(place.integer("SELECT count(*) FROM pg_class WHERE relname = 'b'") == 0);
  };
  const auto up = [&](const Context& context) { backend.migrate(context); };
  const auto down = [&](const Context& context) { backend.migrator().down(context, 1); };
  backend.migrator().up({}, 1);
  ends(ErrorCode::deadline_exceeded, Context{}.with_timeout(milliseconds(500)), up);
  ends(ErrorCode::deadline_exceeded, Context{}.with_timeout(milliseconds(500)), down);
  for (int way = 0; way < 2; ++way) {
    std::stop_source stop;
    std::jthread stopper([&] {
      wait_until_running(place, "pg_sleep");
      stop.request_stop();
    });
    const Context context = Context{}.with_stop(stop.get_token());
    if (way == 0) { ends(ErrorCode::cancelled, context, up); }
    if (way == 1) { ends(ErrorCode::cancelled, context, down); }
  }
  // The role's own timeout does not apply to migrations.
  place.execute("ALTER DATABASE " + place.database().name() + " SET statement_timeout = 2000");
  steps.add(2, "slow", "CREATE TABLE b (x integer); SELECT pg_sleep(3);", "DROP TABLE b;");
  backend.migrate();
  CHECK(backend.details().migration_version == 2);
}

TEST_CASE("the role of a server cannot migrate, and the error says what is missing") {
  Place place;
  const Steps steps;
  const int latest = steps.add_embedded(heddle::postgres::embedded_migrations);
  auto config = place.config(steps.folder());
  config.migration_dsn.clear();
  const auto refused = [&] {
    const std::string before = place.contents();
    const Error error = error_of([&] { Storage(config).migrate(); });
    CHECK(error.code() == ErrorCode::permission_denied);
    CHECK(says(error, "migration_dsn"));
    CHECK(says(error, "admin_dsn"));
    CHECK(place.contents() == before);
  };
  refused();
  Storage(place.config(steps.folder())).migrate();
  Storage(config).migrate();  // no migration is missing
  steps.add(latest + 1, "more", "ALTER TABLE sessions ADD extra text;", "ALTER TABLE sessions DROP extra;");
  CHECK(Storage(config).pending_migrations().size() == 1);
  refused();
  config.admin_dsn = place.database().admin_dsn();
  Storage(config).migrate();
  CHECK(Storage(config).pending_migrations().empty());
  const Error error = error_of([&] {
    config.admin_dsn.clear();
    Storage(config).migrator().down({}, 1);
  });
  CHECK(error.code() == ErrorCode::permission_denied);
}

TEST_CASE("a schema that is missing or that the role may not use is refused, and nothing is created") {
  Place place;
  auto config = place.config();
  config.schema = "elsewhere";
  {
    Storage backend(config);
    for (int attempt = 0; attempt < 2; ++attempt) {
      const Error error = error_of([&] { backend.migrate(); });
      CHECK(error.code() == ErrorCode::failed_precondition);
      CHECK(says(error, "schema"));
      CHECK(code_of([&] { (void)backend.pending_migrations(); }) == ErrorCode::failed_precondition);
    }
  }
  CHECK(place.integer("SELECT count(*) FROM pg_class WHERE relname = 'sessions'") == 0);
  place.execute("CREATE SCHEMA elsewhere");
  const Error error = error_of([&] { Storage(config).migrate(); });
  CHECK(error.code() == ErrorCode::permission_denied);
}

TEST_CASE("every schema name that the configuration accepts works everywhere") {
  for (const std::string name :
       {"Heddle_1", "select", "_", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789"}) {
    CAPTURE(name);
    Place place;
    auto config = place.config();
    config.schema = name;
    make_schema(place, '"' + name + '"');
    Storage backend(config);
    backend.migrate();
    save_words(backend, "the quick fox");
    CHECK(found(backend, "quick fox") == 1);
    backend.migrator().to({}, 0);
    backend.migrate();
    CHECK(place.contents().empty());
  }
  const Place place;
  for (const std::string name : {"two words", "a\"b", "a'b", "a;b", "pg-x", ""}) {
    CAPTURE(name);
    auto config = place.config();
    config.schema = name;
    CHECK(code_of([&] { const Storage backend(config); }) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("two schemas of one database are independent") {
  Place place;
  make_schema(place, "other");
  auto config = place.config();
  Storage first(config);
  config.schema = "other";
  Storage second(config);
  first.migrate();
  CHECK_FALSE(second.pending_migrations().empty());
  // Their migrators do not wait for each other either.
  RawPostgres holder(place.database().superuser_dsn());
  static_cast<void>(holder.text("SELECT pg_advisory_lock(" + the_lock + ")"));
  second.migrate(Context{}.with_timeout(std::chrono::minutes(5)));
  static_cast<void>(holder.text("SELECT pg_advisory_unlock_all()"));
  save_words(first, "apples");
  save_words(second, "pears");
  for (Storage* each : {&first, &second}) {
    CHECK(found(*each, "apples") == (each == &first ? 1U : 0U));
    CHECK(found(*each, "pears") == (each == &first ? 0U : 1U));
  }
  const std::string before = place.contents("other");
  first.migrator().to({}, 0);
  CHECK(place.contents("other") == before);
  CHECK(found(second, "pears") == 1);
}

TEST_CASE("a database of another application is refused and not changed") {
  Place place;
  SUBCASE("the Go server's") {
    place.execute("CREATE TABLE schema_migrations (version integer PRIMARY KEY, applied_at bigint, description text)");
    place.execute("INSERT INTO schema_migrations SELECT v, 0, '' FROM generate_series(1, 9) v");
    for (const std::string table : {"sessions", "messages", "tool_executions", "memory_snapshots", "artifacts",
                                    "agent_errors", "sql_result_metadata", "human_requests"}) {
      place.execute("CREATE TABLE " + table + " (id text PRIMARY KEY, user_id text NOT NULL); ALTER TABLE " + table +
                    " ENABLE ROW LEVEL SECURITY; CREATE POLICY " + table + "_user_isolation ON " + table +
                    " USING (user_id = current_setting('app.current_user_id', true)); ALTER TABLE " + table +
                    " OWNER TO heddle_owner; INSERT INTO " + table + " VALUES ('1', 'u')");
    }
  }
  SUBCASE("one with a table of the same name") { place.execute("CREATE TABLE artifacts (id text)"); }
  SUBCASE("one that was created after Heddle's tables were removed") {
    Storage backend(place.config());
    backend.migrate();
    backend.migrator().to({}, 0);
    place.execute("CREATE TABLE artifacts (id text)");
  }
  const std::string before = place.contents();
  auto config = place.config();
  config.allow_role_without_row_security = true;
  Storage backend(config);
  const auto refused = [](auto migrate) {
    const Error error = error_of(migrate);
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(says(error, "another application"));
  };
  refused([&] { backend.migrate(); });
  refused([&] { (void)backend.pending_migrations(); });
  refused([&] { backend.migrator().to({}, 0); });
  CHECK(code_of([&] { backend.migrator().down({}, 1); }) == ErrorCode::failed_precondition);
  CHECK_THROWS_AS(backend.session_storage().save_session({}, {.id = "s"}), Error);
  CHECK(place.contents() == before);
}

TEST_CASE("a data migration and the check of a new foreign key see the rows of all tenants") {
  Place place;
  const Steps steps;
  const int latest = steps.add_embedded(heddle::postgres::embedded_migrations);
  {
    Storage backend(place.config(steps.folder()));
    backend.migrate();
    for (const std::string user : {"ada", "bob", "cyd"}) {
      backend.session_storage().save_session(Context::for_user(user), {.id = "s", .name = "old"});
      backend.session_storage().save_message(Context::for_user(user), "s", {.content = "text"});
    }
  }
  steps.add(latest + 1, "data",
            "UPDATE sessions SET name = 'new'; CREATE TABLE owners (user_id text COLLATE \"C\" PRIMARY KEY); "
            "INSERT INTO owners SELECT DISTINCT user_id FROM messages; "
            "ALTER TABLE sessions ADD CONSTRAINT sessions_owner FOREIGN KEY (user_id) REFERENCES owners;",
            "ALTER TABLE sessions DROP CONSTRAINT sessions_owner; DROP TABLE owners;");
  Storage(place.config(steps.folder())).migrate();
  CHECK(place.integer("SELECT count(*) FROM owners") == 3);
  CHECK(place.integer("SELECT count(*) FROM sessions WHERE name = 'new'") == 3);
  // fault 24: an orphan is detected although row security would hide it
  steps.add(
      latest + 2, "orphans",
      "DELETE FROM messages WHERE user_id = 'bob'; CREATE TABLE writers (user_id text COLLATE \"C\" PRIMARY KEY); "
      "INSERT INTO writers SELECT DISTINCT user_id FROM messages; "
      "ALTER TABLE sessions ADD CONSTRAINT sessions_writer FOREIGN KEY (user_id) REFERENCES writers;",
      "SELECT 1;");
  const Error error = error_of([&] { Storage(place.config(steps.folder())).migrate(); });
  CHECK(error.native_code() == "23503");
  CHECK_FALSE(says(error, "bob"));
  CHECK(place.integer("SELECT count(*) FROM messages") == 3);
}

TEST_CASE("no error of a migration contains stored data") {
  Place place;
  for (const std::string up :
       {"INSERT INTO a VALUES ('SECRET')", "SELECT x::integer FROM a", "ALTER TABLE a ADD CHECK (x <> 'SECRET-1')",
        "CREATE UNIQUE INDEX ON a ((left(x, 6)))"}) {
    CAPTURE(up);
    const Steps steps;
    steps.add(1, "first", "CREATE TABLE a (x text PRIMARY KEY);", "DROP TABLE a;");
    Storage(place.config(steps.folder())).migrate();
    place.execute("INSERT INTO a VALUES ('SECRET'), ('SECRET-1')");
    steps.add(2, "second", up + ";", "SELECT 1;");
    const Error error = error_of([&] { Storage(place.config(steps.folder())).migrate(); });
    CHECK(error.code() == ErrorCode::internal);
    CHECK(says(error, "migration 2"));
    CHECK_FALSE(error.native_code().empty());
    const bool told = says(error, "SECRET");
    CHECK_FALSE(told);
    Storage(place.config(steps.folder())).migrator().to({}, 0);
  }
}
