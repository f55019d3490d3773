#include "support/own_server.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using support::OwnServer;
using support::RawPostgres;

TEST_CASE("postgres own server: it stops, restarts and has all its data") {
  RawPostgres(support::postgres_server()).execute("CREATE TABLE own_server (at int)");
  std::int64_t rows = 0;
  for (const auto how : {OwnServer::Shutdown::fast, OwnServer::Shutdown::immediate, OwnServer::Shutdown::fast}) {
    RawPostgres before(support::postgres_server());
    before.execute("INSERT INTO own_server VALUES (1)");
    OwnServer::restart(how);
    CHECK_THROWS_AS(before.execute("SELECT 1"), support::PostgresFailure);
    CHECK(RawPostgres(support::postgres_server()).integer("SELECT count(*) FROM own_server") == ++rows);
  }
}

}  // namespace
