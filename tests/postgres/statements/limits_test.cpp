#include "heddle/limits.hpp"
#include "heddle/postgres.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace heddle;
using support::error_of;

TEST_CASE("postgres limits: a full session refuses further messages with an error that says so") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(database.config());
  auto& sessions = backend.session_storage();
  sessions.save_session({}, {.id = "s"});
  sessions.save_session({}, {.id = "c"});
  sessions.save_message({}, "c", {.role = Role::assistant, .tool_calls = {{.id = "1"}, {.id = "2"}}});
  support::RawPostgres(database.database().superuser_dsn())
      .execute("UPDATE sessions SET last_sequence = " + std::to_string(limits::sequence - 1));
  const Message message{.content = "x"};
  const std::vector<Message> two(2, message);
  const auto check_full = [](const Error& error) {
    CHECK(error.code() == ErrorCode::resource_exhausted);
    CHECK(std::string(error.what()) == "the session holds no further message");
    CHECK_FALSE(error.retryable());
  };
  check_full(error_of([&] { sessions.save_messages({}, "s", two); }));
  CHECK(sessions.load_messages({}, "s").items.empty());
  CHECK(sessions.save_message({}, "s", message) == limits::sequence);
  check_full(error_of([&] { sessions.save_message({}, "s", message); }));
  CHECK(sessions.load_messages({}, "s").items.size() == 1);
  check_full(error_of([&] { sessions.close_tool_calls({}, "c", {}); }));
  CHECK(sessions.open_tool_calls({}, "c").items.size() == 2);
}
