#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <utility>

using namespace heddle;
using namespace heddle::sqlite::connection;
using namespace heddle::sqlite::transaction;

namespace {

/// Often enough for SQLite's instruction counter to reach its limit at every place in a statement.
constexpr std::int64_t rounds = 12'000;

Context over() {
  Context context;
  context.deadline = Context::Clock::now();
  return context;
}

}  // namespace

TEST_CASE("a BEGIN that took effect is never reported as interrupted") {
  const FilePresence files;
  Connection connection({.path = ":memory:"}, Access::read_write, files);
  const Context context = over();
  const auto& control = heddle::sql::statements<heddle::sqlite::ControlStatements>();
  for (std::int64_t round = 0; round < rounds; ++round) {
    const Serving serving(connection.interrupt(), context);
    REQUIRE_NOTHROW(execute(connection, control.begin_write));
    REQUIRE_NOTHROW(execute(connection, control.rollback));
  }
}

TEST_CASE("failed work leaves nothing in the batch, whenever the deadline passes") {
  const FilePresence files;
  Connection connection({.path = ":memory:"}, Access::read_write, files);
  connection.execute("CREATE TABLE t (x INTEGER)");
  static const heddle::sql::Statement<heddle::sql::NoRow, std::int64_t> insert{"INSERT INTO t VALUES (?1)"};
  static const heddle::sql::Statement<std::int64_t, std::int64_t> find{
      "SELECT count(*) FROM t WHERE rowid = (SELECT max(rowid) "
      "FROM t) AND x = ?1"};
  const Context context = over();
  const Call call{context, "alice", heddle::Operation::save_message};
  const auto& control = heddle::sql::statements<heddle::sqlite::ControlStatements>();
  execute(connection, control.begin_write);
  for (std::int64_t round = 0; round < rounds; ++round) {
    auto body = [&](Transaction& transaction) { transaction.run(insert, round); };
    Task task(call, body);
    {
      const Serving serving(connection.interrupt(), context);
      run_in_savepoint(connection, task);
    }
    if (!connection.in_transaction()) {
      execute(connection, control.begin_write);
      continue;
    }
    const Running running(connection, find);
    running->integer(round);
    const std::int64_t stored = running->step() ? std::as_const(*running).integer(0) : 0;
    REQUIRE(stored == (task.failure ? 0 : 1));
  }
}

TEST_CASE("a migration that runs past its deadline fails with deadline_exceeded and is undone") {
  const support::TemporaryFolder folder;
  std::ofstream(folder.path() / "000001_endless.up.sql")
      << "CREATE TABLE t (x INTEGER); "
         "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n;";
  std::ofstream(folder.path() / "000001_endless.down.sql") << "DROP TABLE t;";
  Backend<Sqlite> backend({.path = ":memory:", .migration_directory = folder.path()});
  Context context;
  context.deadline = Context::Clock::now() + std::chrono::milliseconds(50);
  CHECK(support::code_of([&] { backend.migrator().up(context); }) == ErrorCode::deadline_exceeded);
  CHECK(backend.migrator().current_version() == 0);
}
