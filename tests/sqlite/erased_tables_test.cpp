#include "conformance/erasures.hpp"
#include "heddle/erasure/tables.hpp"
#include "heddle/sqlite.hpp"
#include "support/known_tables.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

using namespace conformance;
using namespace heddle;

// What an erasure leaves in the tables of SQLite. Of PostgreSQL: tests/postgres/erasures.

namespace {

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

TEST_CASE("every table of SQLite is one that an erasure knows, or is listed as one that it does not touch") {
  const File file;
  Backend<Sqlite>({.path = file.path}).migrate();
  support::RawDatabase raw(file.path);
  const auto tables = tables_of(raw);
  CHECK(tables.size() > 25);
  for (const std::string& table : tables) {
    CAPTURE(table);
    CHECK(support::is_known_to_erasures(table));
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
