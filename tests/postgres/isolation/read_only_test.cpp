#include "heddle/postgres.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

using namespace heddle;

namespace {

const Context alice = Context::for_user("alice");

/// Makes every read of sessions fail in a transaction that could write.
void demand_read_only_transactions(support::MigratedDatabase& database) {
  support::RawPostgres(database.database().superuser_dsn())
      .execute(
          "CREATE FUNCTION only_reads() RETURNS boolean VOLATILE LANGUAGE plpgsql AS $$ BEGIN "
          "IF current_setting('transaction_read_only') <> 'on' THEN RAISE EXCEPTION 'it could write'; END IF; "
          "RETURN true; END $$; "
          "CREATE POLICY only_reads ON sessions AS RESTRICTIVE FOR SELECT USING (only_reads())");
}

}  // namespace

TEST_CASE("every transaction of a backend for reading only is one of the server, that of administration as well") {
  support::MigratedDatabase database;
  postgres::Config config = database.config();
  Backend<Postgres> writer(config);
  writer.session_storage().ensure_session(alice, {.id = "s", .agent_id = "a"});
  demand_read_only_transactions(database);
  // Administration writes, too, so that its transactions can.
  CHECK(support::error_of([&] { static_cast<void>(writer.admin_storage().statistics({})); }).native_code() == "P0001");

  config.read_only = true;
  Backend<Postgres> reader(config);
  CHECK(reader.session_storage().load_session(alice, "s").has_value());
  CHECK(reader.admin_storage().statistics({}).sessions == 1);
  CHECK(reader.admin_storage().sessions_per_user({}).items.size() == 1);
  CHECK(reader.admin_storage().list_sessions({}).total == 1);
}
