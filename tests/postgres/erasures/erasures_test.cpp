#include "conformance/erasures.hpp"
#include "heddle/erasure/tables.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_database.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// What an erasure leaves in the tables of both databases.

namespace {

bool is_in(const auto& tables, const std::string& table) {
  return std::find(tables.begin(), tables.end(), table) != tables.end();
}

/// Returns whether an erasure knows the table, or lists it as one that it does not touch; the tables of FTS5 are named
/// after theirs.
bool is_known(const std::string& table) {
  using namespace heddle::erasure;
  const auto is_of = [&table](std::string_view name) {
    return table == name || (table.starts_with(name) && table[name.size()] == '_');
  };
  return is_in(named_tables, table) || is_in(keyed_tables, table) || is_in(index_tables, table) ||
         is_in(exceptions, table) || std::any_of(index_words.begin(), index_words.end(), is_of);
}

/// Has all texts of a SQLite database after an erasure of alice.
struct File {
  support::TemporaryFolder folder{};
  std::string path = (folder.path() / "heddle.db").string();
};

std::vector<std::string> tables_of(support::RawDatabase& raw) {
  const std::string list = raw.text(
      "SELECT group_concat(name, ' ') || ' ' FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  std::vector<std::string> tables;
  for (std::size_t start = 0; start < list.size();) {
    const std::size_t end = list.find(' ', start);
    tables.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return tables;
}

std::vector<std::string> tables_of(support::RawPostgres& raw) {
  return raw.texts("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
}

/// Rows that have no owner any more, of tables that name none on SQLite.
const std::vector<std::string> strays{
    "SELECT count(*) FROM messages m WHERE NOT EXISTS (SELECT 1 FROM branches b WHERE b.number = m.key >> 24)",
    "SELECT count(*) FROM tool_links l WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = l.key)",
    "SELECT count(*) FROM message_streams s WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = s.key)",
    "SELECT count(*) FROM message_chunks c WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.key = c.key)",
    "SELECT count(*) FROM segments g WHERE NOT EXISTS (SELECT 1 FROM branches b WHERE b.number = g.branch_number)",
    "SELECT count(*) FROM folds f WHERE NOT EXISTS (SELECT 1 FROM branches b WHERE b.number = f.branch_number)",
    "SELECT count(*) FROM summaries u WHERE NOT EXISTS (SELECT 1 FROM folds f WHERE f.summary_number = u.number)"};

}  // namespace

TEST_CASE("every table of the schema is one that an erasure knows, or is listed as one that it does not touch") {
  const File file;
  { Backend<Sqlite>({.path = file.path}).migrate(); }
  support::RawDatabase raw(file.path);
  support::MigratedDatabase database;
  support::RawPostgres superuser(database.database().superuser_dsn());
  auto tables = tables_of(superuser);
  CHECK(tables.size() > 25);
  for (const std::string& table : tables_of(raw)) { tables.push_back(table); }
  for (const std::string& table : tables) {
    CAPTURE(table);
    CHECK(is_known(table));
  }
}

TEST_CASE("no table of SQLite has a row of a tenant that was erased, by its name or by a key") {
  const File file;
  Backend<Sqlite> backend({.path = file.path});
  backend.migrate();
  fill_batches(backend, alice);
  fill(backend, bob);
  erase_user(backend, alice, {.idempotency_key = "alice's"});
  support::RawDatabase raw(file.path);
  for (const std::string& table : tables_of(raw)) {
    CAPTURE(table);
    if (raw.integer("SELECT count(*) FROM pragma_table_info('" + table + "') WHERE name = 'user_id'") != 0) {
      CHECK(raw.integer("SELECT count(*) FROM " + table + " WHERE user_id <> 'bob'") == 0);
    }
  }
  for (const std::string& stray : strays) {
    CAPTURE(stray);
    CHECK(raw.integer(stray) == 0);
  }
  // Of bob: as many as in a database that never had another tenant.
  const File alone;
  Backend<Sqlite> other({.path = alone.path});
  other.migrate();
  fill(other, bob);
  support::RawDatabase raw_alone(alone.path);
  for (const auto& tables :
       {std::vector<std::string_view>(erasure::named_tables.begin(), erasure::named_tables.end()),
        std::vector<std::string_view>(erasure::keyed_tables.begin(), erasure::keyed_tables.end())}) {
    for (const auto table : tables) {
      CAPTURE(table);
      const std::string count = "SELECT count(*) FROM " + std::string(table);
      CHECK(raw.integer(count) == raw_alone.integer(count));
    }
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
