#include "heddle/erasure/removal_statements.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/transfer/marks.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <string>

using namespace heddle;

// What an erasure reads when it hides the sessions and artifacts of a tenant.

namespace {

struct Batch {
  std::string last{};  ///< the greatest id
  std::int64_t rows = 0;
  std::int64_t steps = 0;  ///< of SQLite's virtual machine
};

/// Hides rows behind an id.
Batch hide(SQLite::Database& database, const std::string& text, std::int64_t size, const std::string& behind) {
  Batch batch;
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_prepare_v2(database.getHandle(), text.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  sqlite3_bind_text(statement, 1, "alice", -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 2, size);
  sqlite3_bind_text(statement, 3, behind.c_str(), -1, SQLITE_STATIC);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    ++batch.rows;
    batch.last = std::max<std::string>(batch.last, reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
  }
  batch.steps = sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
  sqlite3_finalize(statement);
  return batch;
}

}  // namespace

TEST_CASE("an erasure hides each batch at the same cost, however much is hidden already") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  { Backend<Sqlite>({.path = path}).migrate(); }
  constexpr int all = 4000;
  SQLite::Database database(path, SQLITE_OPEN_READWRITE);
  const std::string numbers =
      "WITH n (i) AS (SELECT 10000 UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(9999 + all) + ") ";
  database.exec(numbers +
                "INSERT INTO sessions (user_id, id, name, agent_id, context, created_at, updated_at, total_cost_usd, "
                "total_tokens, deleted_at) SELECT 'alice', 's' || i, '', '', '{}', i, i, 0, 0, "
                "CASE WHEN i % 3 = 0 THEN i END FROM n");
  const std::string text = sql::statements<erasure::RemovalStatements<Sqlite::Dialect::Language>>().hide.front().text();
  constexpr std::int64_t size = 250;
  std::string last;
  std::int64_t fewest = 0;
  std::int64_t most = 0;
  for (int hidden = 0; hidden < all; hidden += size) {
    const Batch batch = hide(database, text, size, last);
    CHECK(batch.rows == size);
    CHECK(batch.last > last);
    last = batch.last;
    fewest = hidden == 0 ? batch.steps : std::min(fewest, batch.steps);
    most = std::max(most, batch.steps);
  }
  CHECK(most <= fewest + fewest / 10);
  CHECK(hide(database, text, size, last).rows == 0);
  CHECK(hide(database, text, size, "").rows == 0);
  CHECK(database.execAndGet("SELECT count(*) FROM sessions WHERE deleted_at >= " + std::to_string(transfer::hidden))
            .getInt() == all);
}
