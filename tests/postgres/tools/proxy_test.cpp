#include "support/postgres_server.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>
#include <libpq-fe.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using support::Arrival;
using support::Direction;
using support::PostgresFailure;
using support::ProtocolProxy;
using support::RawPostgres;

/// Sends statements in one pipeline with one Sync and reads all results; returns false if the connection was lost.
bool pipeline(PGconn* connection, const std::vector<std::string>& statements) {
  REQUIRE(::PQenterPipelineMode(connection) == 1);
  for (const auto& sql : statements) {
    if (::PQsendQueryParams(connection, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) != 1) { return false; }
  }
  if (::PQpipelineSync(connection) != 1) { return false; }
  for (;;) {
    PGresult* const result = ::PQgetResult(connection);
    if (result == nullptr) {
      if (::PQstatus(connection) != CONNECTION_OK) { return false; }
      continue;  // the end of one statement's results
    }
    const ExecStatusType status = ::PQresultStatus(result);
    ::PQclear(result);
    if (status == PGRES_PIPELINE_SYNC) { return ::PQexitPipelineMode(connection) == 1; }
    if (status == PGRES_FATAL_ERROR && ::PQstatus(connection) != CONNECTION_OK) { return false; }
  }
}

std::string plain_dsn(const ProtocolProxy& proxy) { return proxy.dsn(support::postgres_server()); }

TEST_CASE("postgres proxy: it counts round trips") {
  ProtocolProxy proxy(support::postgres_server());
  RawPostgres client(plain_dsn(proxy));
  CHECK(proxy.traffic().connections == 1);
  CHECK(proxy.traffic().turns == 0);

  CHECK(client.integer("SELECT 1") == 1);
  CHECK(proxy.traffic().turns == 1);
  CHECK(proxy.traffic().ready == 1);
  CHECK(proxy.traffic().to_server == "Q");
  CHECK(proxy.traffic().to_client == "TDCZ");

  proxy.forget_traffic();
  client.execute("BEGIN");
  client.execute("COMMIT");
  CHECK(proxy.traffic().turns == 2);

  proxy.forget_traffic();
  CHECK(pipeline(client.handle(), {"SELECT 1", "SELECT 2", "SELECT 3"}));
  CHECK(proxy.traffic().turns == 1);
  CHECK(proxy.traffic().ready == 1);
  CHECK(proxy.traffic().to_server == "PBDEPBDEPBDES");
}

TEST_CASE("postgres proxy: large messages pass unchanged") {
  ProtocolProxy proxy(support::postgres_server());
  RawPostgres client(plain_dsn(proxy));
  const std::string large(5'000'000, 'x');
  CHECK(client.text("SELECT '" + large + "'") == large);
}

TEST_CASE("postgres proxy: a delay applies in both directions") {
  ProtocolProxy proxy(support::postgres_server());
  RawPostgres client(plain_dsn(proxy));
  proxy.delay(20ms);
  const auto start = std::chrono::steady_clock::now();
  CHECK(client.integer("SELECT 1") == 1);
  CHECK(std::chrono::steady_clock::now() - start >= 40ms);
}

TEST_CASE("postgres proxy: a connection is cut at every message") {
  RawPostgres server(support::postgres_server());
  server.execute("DROP TABLE IF EXISTS proxy_test; CREATE TABLE proxy_test (at int)");
  ProtocolProxy proxy(support::postgres_server());
  // Parse, Bind, Describe, Execute, Sync; ParseComplete, BindComplete, NoData, CommandComplete, ReadyForQuery
  for (const auto direction : {Direction::to_server, Direction::to_client}) {
    for (const auto arrival : {Arrival::is_lost, Arrival::arrives}) {
      for (const auto delay : {0ms, 2ms}) {
        for (int message = 1; message <= 6; ++message) {
          CAPTURE(static_cast<int>(direction));
          CAPTURE(static_cast<int>(arrival));
          CAPTURE(delay.count());
          CAPTURE(message);
          proxy.delay(0ms);
          RawPostgres client(plain_dsn(proxy));
          const std::string still_there =
              "SELECT count(*) FROM pg_stat_activity WHERE pid = " + std::to_string(::PQbackendPID(client.handle()));
          const int cuts = proxy.cuts();
          proxy.delay(delay);
          proxy.cut_at(direction, message, arrival);
          server.execute("DELETE FROM proxy_test");
          const bool answered = pipeline(client.handle(), {"INSERT INTO proxy_test VALUES (1)"});
          proxy.cut_nothing();
          CHECK(proxy.cuts() - cuts == (message <= 5 ? 1 : 0));
          const bool whole_answer = direction == Direction::to_client && message == 5 && arrival == Arrival::arrives;
          CHECK(answered == (message == 6 || whole_answer));
          // The server has run everything, unless one of the client's messages was lost, and has ended the session.
          const bool executed =
              direction == Direction::to_client || message == 6 || (message == 5 && arrival == Arrival::arrives);
          const auto deadline = std::chrono::steady_clock::now() + 1min;
          while (message <= 5 && server.integer(still_there) != 0 && std::chrono::steady_clock::now() < deadline) {}
          CHECK(server.integer("SELECT count(*) FROM proxy_test") == (executed ? 1 : 0));
        }
      }
    }
  }
  server.execute("DROP TABLE proxy_test");
}

TEST_CASE("postgres proxy: stopped, started and frozen") {
  ProtocolProxy proxy(support::postgres_server());
  RawPostgres client(plain_dsn(proxy));
  proxy.stop();
  CHECK_THROWS_AS(static_cast<void>(client.integer("SELECT 1")), PostgresFailure);
  CHECK_THROWS_AS(RawPostgres(plain_dsn(proxy)), PostgresFailure);
  proxy.start();
  RawPostgres again(plain_dsn(proxy));
  CHECK(again.integer("SELECT 1") == 1);
  proxy.cut_all();
  CHECK_THROWS_AS(static_cast<void>(again.integer("SELECT 1")), PostgresFailure);

  RawPostgres third(plain_dsn(proxy));
  proxy.freeze();
  REQUIRE(::PQsendQuery(third.handle(), "SELECT 1") == 1);
  std::this_thread::sleep_for(50ms);
  REQUIRE(::PQconsumeInput(third.handle()) == 1);
  CHECK(::PQisBusy(third.handle()) == 1);
  proxy.thaw();
  while (PGresult* const result = ::PQgetResult(third.handle())) { ::PQclear(result); }
  CHECK(third.integer("SELECT 2") == 2);
}

TEST_CASE("postgres proxy: cancel requests pass") {
  ProtocolProxy proxy(support::postgres_server());
  RawPostgres client(plain_dsn(proxy));
  REQUIRE(::PQsendQuery(client.handle(), "SELECT pg_sleep(600)") == 1);
  RawPostgres server(support::postgres_server());
  while (server.text("SELECT wait_event FROM pg_stat_activity WHERE pid = " +
                     std::to_string(::PQbackendPID(client.handle()))) != "PgSleep") {
    std::this_thread::sleep_for(1ms);
  }
  PGcancel* const cancel = ::PQgetCancel(client.handle());
  std::array<char, 256> error{};
  CHECK(::PQcancel(cancel, error.data(), static_cast<int>(error.size())) == 1);
  ::PQfreeCancel(cancel);
  PGresult* const result = ::PQgetResult(client.handle());
  CHECK(std::string(::PQresultErrorField(result, PG_DIAG_SQLSTATE)) == "57014");
  ::PQclear(result);
  CHECK(proxy.traffic().cancels == 1);
}

}  // namespace
