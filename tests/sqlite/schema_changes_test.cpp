#include "conformance/sample.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>

using namespace heddle;
using namespace std::chrono_literals;
using conformance::alice;
using support::code_of;

namespace {

/// A backend whose connections have seen the database without tables, which another program has made meanwhile.
struct Outrun {
  support::TemporaryFolder folder;
  sqlite::Config config = {
      .path = (folder.path() / "data.db").string(), .wal = false, .busy_timeout = 20ms, .readers = 1};
  Backend<Sqlite> backend{config};

  Outrun() {
    // Without a read, SQLite would read what tables there are only afterwards.
    CHECK(code_of([&] { static_cast<void>(errors()); }) == ErrorCode::failed_precondition);
    CHECK(code_of([&] { backend.error_store().store(alice, {.id = "e0", .raw_error = "x"}); }) ==
          ErrorCode::failed_precondition);
    migrate();
  }
  [[nodiscard]] std::size_t errors() { return backend.error_store().list(alice).items.size(); }
  void migrate() const { Backend<Sqlite>(config).migrate(); }
  void unmake() const {
    Backend<Sqlite> other(config);
    other.migrator().to({}, 0);
  }
};

}  // namespace

TEST_CASE("tables that another program has made are found by the next call") {
  Outrun outrun;
  CHECK(outrun.errors() == 0);
  outrun.backend.error_store().store(alice, {.id = "e1", .raw_error = "x"});
  CHECK(outrun.errors() == 1);
}

TEST_CASE("a database that is locked while its tables are looked for is unavailable, and does not lack them") {
  Outrun outrun;
  support::RawDatabase other(outrun.config.path);
  other.execute("BEGIN EXCLUSIVE");
  CHECK(code_of([&] { static_cast<void>(outrun.errors()); }) == ErrorCode::unavailable);
  Context late = alice;
  late.deadline = Context::Clock::now() + 1ms;
  CHECK(code_of([&] { static_cast<void>(outrun.backend.error_store().list(late)); }) == ErrorCode::deadline_exceeded);
  CHECK(code_of([&] { outrun.backend.error_store().store(alice, {.id = "e1", .raw_error = "x"}); }) ==
        ErrorCode::unavailable);
  other.execute("ROLLBACK");
  CHECK(outrun.errors() == 0);
}

TEST_CASE("the same for statements that have run before the tables were removed and made again") {
  Outrun outrun;
  CHECK(outrun.errors() == 0);
  outrun.unmake();
  CHECK(code_of([&] { static_cast<void>(outrun.errors()); }) == ErrorCode::failed_precondition);
  outrun.migrate();
  support::RawDatabase other(outrun.config.path);
  other.execute("BEGIN EXCLUSIVE");
  CHECK(code_of([&] { static_cast<void>(outrun.errors()); }) == ErrorCode::unavailable);
  other.execute("ROLLBACK");
  CHECK(outrun.errors() == 0);
}
