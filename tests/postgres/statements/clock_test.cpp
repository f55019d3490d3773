#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

using namespace heddle;

namespace {

/// How many seconds the clock of this process is ahead.
std::atomic<std::int64_t> ahead{0};

/// Sets the clock of this process while it lives.
struct WrongClock {
  explicit WrongClock(std::chrono::seconds by) { ahead = by.count(); }
  WrongClock(const WrongClock&) = delete;
  WrongClock& operator=(const WrongClock&) = delete;
  WrongClock(WrongClock&&) = delete;
  WrongClock& operator=(WrongClock&&) = delete;
  ~WrongClock() { ahead = 0; }
};

constexpr std::int64_t year = std::int64_t{365} * 86'400'000'000;

constexpr std::chrono::hours month{30 * 24};

}  // namespace

/// The clock of the process, in the place of the system's: std::chrono::system_clock asks it.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (clock == CLOCK_REALTIME) { time->tv_sec += ahead.load(); }
  return result;
}

TEST_CASE("postgres clock: a session that a wrong clock has put in front does not stay there") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  auto& sessions = backend.session_storage();
  support::RawPostgres raw(database.database().superuser_dsn());
  sessions.save_session({}, {.id = "leaped"});
  sessions.save_session({}, {.id = "other"});
  raw.execute("UPDATE sessions SET updated_at = updated_at + " + std::to_string(10 * year) + " WHERE id = 'leaped'");
  CHECK(sessions.list_sessions({}).items == std::vector<std::string>{"leaped", "other"});
  sessions.save_message({}, "leaped", {.content = "x"});
  sessions.save_message({}, "other", {.content = "x"});
  CHECK(sessions.list_sessions({}).items == std::vector<std::string>{"other", "leaped"});
}

TEST_CASE("postgres clock: a process whose clock is ahead purges and expires nothing too early") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  auto& sessions = backend.session_storage();
  sessions.save_session({}, {.id = "hidden"});
  sessions.soft_delete_session({}, "hidden");
  backend.result_store().store({}, {.id = "result", .table = {.columns = {"a"}, .rows = {{std::int64_t{1}}}}});
  {
    const auto before = std::chrono::system_clock::now();
    const WrongClock clock(3 * month);
    REQUIRE(std::chrono::system_clock::now() - before > 2 * month);
    CHECK(sessions.purge_deleted_sessions({}, month) == 0);
    CHECK(backend.result_store().expire({}) == 0);
    CHECK(backend.result_store().metadata({}, "result").has_value());
  }
  CHECK(sessions.restore_session({}, "hidden"));
}

TEST_CASE("postgres clock: a process whose clock is behind purges and expires what is due") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  auto& sessions = backend.session_storage();
  sessions.save_session({}, {.id = "hidden"});
  sessions.soft_delete_session({}, "hidden");
  backend.result_store().store({}, {.id = "result", .table = {.columns = {"a"}, .rows = {{std::int64_t{1}}}}});
  support::RawPostgres raw(database.database().superuser_dsn());
  raw.execute("UPDATE sessions SET deleted_at = deleted_at - " + std::to_string(year));
  raw.execute("UPDATE sql_results SET expires_at = expires_at - " + std::to_string(year));
  const WrongClock clock(-36 * month);
  CHECK_FALSE(backend.result_store().metadata({}, "result").has_value());
  CHECK(backend.result_store().expire({}) == 1);
  CHECK(sessions.purge_deleted_sessions({}, month) == 1);
}
