#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <vector>

using namespace heddle;

namespace {

const Context ada = Context::for_user("ada");

/// A session of ada and a fork of it.
struct Forked {
  Forked() {
    auto& sessions = backend.session_storage();
    sessions.save_session(ada, {.id = "s"});
    sessions.save_messages(ada, "s", std::vector<Message>(8, Message{.content = "secret"}));
    sessions.fork_session(ada, "s", 5, {.id = "f"});
  }

  [[nodiscard]] std::int64_t count(const std::string& rows) { return server.integer("SELECT count(*) FROM " + rows); }

  support::MigratedDatabase database{};
  Backend<Postgres> backend{database.config()};
  support::RawPostgres server{database.database().superuser_dsn()};
};

}  // namespace

TEST_CASE("postgres forks: of two sessions that are deleted at once the second one takes what they share") {
  Forked forked;
  support::RawPostgres other(forked.database.database().app_dsn());
  other.execute("BEGIN; SELECT set_config('heddle.user_id', 'ada', true); DELETE FROM sessions WHERE id = 's'");
  auto deleted =
      std::async(std::launch::async, [&] { return forked.backend.session_storage().delete_session(ada, "f"); });
  const auto waits = [&] {
    return forked.count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") != 0;
  };
  while (!waits() && deleted.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {}
  CHECK(forked.count("messages") == 8);
  other.execute("COMMIT");
  CHECK(deleted.get());
  CHECK(forked.count("messages") == 0);
  CHECK(forked.count("branches") == 0);
  CHECK(forked.count("segments") == 0);
}
