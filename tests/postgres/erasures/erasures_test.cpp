#include "conformance/erasures.hpp"
#include "support/expect_error.hpp"
#include "support/known_tables.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// What an erasure leaves in the tables of PostgreSQL. Of SQLite: tests/sqlite/erased_tables_test.cpp.

namespace {

bool is_in(const auto& tables, const std::string& table) {
  return std::find(tables.begin(), tables.end(), table) != tables.end();
}

std::vector<std::string> tables_of(support::RawPostgres& raw) {
  return raw.texts("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
}

}  // namespace

TEST_CASE("every table of PostgreSQL is one that an erasure knows, or is listed as one that it does not touch") {
  support::MigratedDatabase database;
  support::RawPostgres superuser(database.database().superuser_dsn());
  const auto tables = tables_of(superuser);
  CHECK(tables.size() > 25);
  for (const std::string& table : tables) {
    CAPTURE(table);
    CHECK(support::is_known_to_erasures(table));
  }
}

TEST_CASE("no table of PostgreSQL has a row of a tenant that was erased, and the receipt says what waits for VACUUM") {
  support::MigratedDatabase database;
  support::TemporaryFolder folder;
  Backend<Postgres> backend(database.config(folder.path()));
  support::RawPostgres superuser(database.database().superuser_dsn());
  fill_batches(backend, alice);
  fill(backend, bob);
  std::vector<std::pair<std::string, std::int64_t>> of_bob;
  for (const std::string& table : tables_of(superuser)) {
    if (superuser.integer("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public' AND "
                          "table_name = '" +
                          table + "' AND column_name = 'user_id'") != 0) {
      of_bob.emplace_back(table, superuser.integer("SELECT count(*) FROM " + table + " WHERE user_id = 'bob'"));
    }
  }
  CHECK(of_bob.size() > 25);
  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "alice's"});
  for (const auto& each : of_bob) {
    CAPTURE(each.first);
    CHECK(superuser.integer("SELECT count(*) FROM " + each.first + " WHERE user_id <> 'bob'") == 0);
    CHECK(superuser.integer("SELECT count(*) FROM " + each.first) == each.second);
  }
  for (const auto& count : receipt.counts) { CHECK(is_in(receipt.awaits_vacuum, count.first)); }
  for (const std::string& table : receipt.awaits_vacuum) {
    CAPTURE(table);
    // It can be told to the server.
    superuser.execute("VACUUM (FULL) " + table);
  }
  CHECK(superuser.integer("SELECT count(*) FROM erasure_receipts WHERE erasure_receipts::text LIKE '%alice%'") == 0);
}

TEST_CASE("a receipt is read and written by its tenant only") {
  support::MigratedDatabase database;
  support::TemporaryFolder folder;
  Backend<Postgres> backend(database.config(folder.path()));
  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "k"});
  support::RawPostgres superuser(database.database().superuser_dsn());
  CHECK(superuser.integer("SELECT count(*) FROM erasure_receipts") == 1);
  support::RawPostgres app(database.database().app_dsn());
  const std::string count = "SELECT count(*) FROM erasure_receipts";
  CHECK(app.integer(count) == 0);
  const auto become = [&app](const std::string& user) {
    app.execute("SELECT set_config('heddle.user_id', '" + user + "', false)");
  };
  for (const char* user : {"bob", "", "mallory"}) {
    become(user);
    CHECK(app.integer(count) == 0);
    app.execute("DELETE FROM erasure_receipts");
    app.execute("UPDATE erasure_receipts SET counts = ''");
    CHECK(app.failure_of("INSERT INTO erasure_receipts (tenant, key, counts, files, bytes, started_at, verified_at) "
                         "VALUES ('" +
                         receipt.tenant + "', 'x', '{}', 0, 0, 0, 0)") != "");
  }
  become("alice");
  CHECK(app.integer(count) == 1);
  CHECK(superuser.text("SELECT digest FROM erasure_receipts") == receipt.digest);
  superuser.execute("UPDATE erasure_receipts SET counts = '{\"sessions\":1}'");
  CHECK(code_of([&] { erase_user(backend, alice, {.idempotency_key = "k"}); }) == ErrorCode::data_loss);
}
