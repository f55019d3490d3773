#include "support/pgbouncer.hpp"
#include "support/postgres_database.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using support::PgBouncer;
using support::PostgresDatabase;
using support::RawPostgres;

TEST_CASE("postgres pgbouncer: clients share the connections of a pool, transaction by transaction") {
  for (const int size : {1, 4}) {
    PostgresDatabase database;
    PgBouncer pooler(size);
    std::vector<std::unique_ptr<RawPostgres>> clients;
    std::set<std::string> servers;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(std::make_unique<RawPostgres>(pooler.dsn(database.app_dsn())));
      servers.insert(clients.back()->text("SELECT pg_backend_pid()"));
    }
    CHECK(servers.size() <= static_cast<std::size_t>(size));
    CHECK(clients[0]->text("SELECT current_user") == "heddle_app");
    CHECK(RawPostgres(pooler.dsn(database.admin_dsn())).text("SELECT session_user") == "heddle_admin");

    // As many transactions at the same time as connections, each on another one.
    servers.clear();
    for (int i = 0; i < size; ++i) {
      clients[static_cast<std::size_t>(i)]->execute("BEGIN");
      servers.insert(clients[static_cast<std::size_t>(i)]->text("SELECT pg_backend_pid()"));
    }
    CHECK(servers.size() == static_cast<std::size_t>(size));
  }
}

}  // namespace
