#include "support/postgres_database.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

namespace {

using support::PostgresDatabase;
using support::RawPostgres;

TEST_CASE("postgres support: a new database, dropped afterwards") {
  std::string name;
  {
    PostgresDatabase first;
    PostgresDatabase second;
    CHECK(first.name() != second.name());
    name = first.name();
    CHECK(RawPostgres(first.app_dsn()).text("SELECT current_user || current_database()") == "heddle_app" + name);
    CHECK(RawPostgres(first.admin_dsn()).text("SELECT session_user") == "heddle_admin");
    CHECK(RawPostgres(first.superuser_dsn()).integer("SELECT count(*) FROM sessions") == 0);
    CHECK(RawPostgres(first.app_dsn()).failure_of("CREATE TABLE t (a int)") == "42501");
  }
  RawPostgres server(support::postgres_server());
  CHECK(server.integer("SELECT count(*) FROM pg_database WHERE datname = '" + name + "'") == 0);
}

TEST_CASE("postgres support: a database without migrations") {
  PostgresDatabase database(PostgresDatabase::Contents::roles_only);
  RawPostgres connection(database.superuser_dsn());
  CHECK(connection.text("SELECT to_regclass('sessions')").empty());
  CHECK(connection.text("SELECT rolname FROM pg_roles WHERE rolname = 'heddle_owner'") == "heddle_owner");
}

TEST_CASE("postgres support: databases are created concurrently, also from a template that does not exist yet") {
  {
    RawPostgres server(support::postgres_server());
    for (const auto& name : server.texts("SELECT datname FROM pg_database WHERE datname LIKE 'heddle_template_%'")) {
      server.execute("ALTER DATABASE " + name + " WITH IS_TEMPLATE false");
    }
  }
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] { CHECK_NOTHROW(PostgresDatabase()); });
  }
  for (auto& thread : threads) { thread.join(); }
}

TEST_CASE("postgres support: connection strings are parsed and changed") {
  CHECK(support::with_settings("host=/a user=x", {{"user", "o'b\\c d"}}) == "host='/a' user='o\\'b\\\\c d'");
  CHECK(support::with_settings("postgresql://h:5/d", {{"user", "u"}}) == "dbname='d' host='h' port='5' user='u'");
}

}  // namespace
