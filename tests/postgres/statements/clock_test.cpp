#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace heddle;

namespace {

constexpr std::int64_t year = std::int64_t{365} * 86'400'000'000;

}  // namespace

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
