#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
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

  /// Waits until a statement waits for a lock, or the call has ended.
  template <class Result>
  void wait_for_lock(const std::future<Result>& call) {
    while (count("pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") == 0 &&
           call.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {}
  }

  support::MigratedDatabase database{};
  Backend<Postgres> backend{database.config()};
  support::RawPostgres server{database.database().superuser_dsn()};
};

/// Returns an assistant's message with calls of these ids.
Message calls_of(const std::vector<std::string>& ids) {
  Message message{.role = Role::assistant};
  for (const std::string& id : ids) { message.tool_calls.push_back({.id = id, .name = "tool"}); }
  return message;
}

}  // namespace

TEST_CASE("postgres forks: calls are closed whole while another session changes the message with the calls") {
  // What redact_messages of the first three calls, and finish of a stream with a fourth one, change first.
  const std::string redacted = "UPDATE tool_links SET is_result = 2 WHERE call_id = 'a' AND is_result = 0";
  const std::string grown =
      "INSERT INTO tool_links SELECT user_id, branch_number, sequence, 3, 'd', 0 FROM tool_links WHERE call_id = 'b' "
      "AND is_result = 0";
  for (const std::string& change : {redacted, grown}) {
    // A lock of the table stops the call before its first statement that writes there.
    for (const char* table : {"messages", "tool_links", "sessions"}) {
      CAPTURE(change);
      CAPTURE(table);
      Forked forked;
      auto& sessions = forked.backend.session_storage();
      sessions.save_message(ada, "s", calls_of({"a", "b", "c", "d"}));
      forked.server.execute("DELETE FROM tool_links WHERE call_id = 'd'");
      sessions.fork_session(ada, "s", 9, {.id = "g"});
      support::RawPostgres other(forked.database.database().superuser_dsn());
      other.execute(std::string("BEGIN; LOCK TABLE ") + table + " IN SHARE ROW EXCLUSIVE MODE");
      auto closed =
          std::async(std::launch::async, [&] { return sessions.close_tool_calls(ada, "g", {.message = "x"}); });
      forked.wait_for_lock(closed);
      other.execute(change);
      other.execute("COMMIT");
      const std::int64_t count = closed.get();
      CHECK(count >= 2);
      const auto messages = sessions.load_messages(ada, "g").items;
      CHECK(static_cast<std::int64_t>(messages.size()) == 9 + count);
      for (std::size_t index = 0; index < messages.size(); ++index) {
        CHECK(messages[index].sequence == static_cast<std::int64_t>(index) + 1);
      }
      CHECK(sessions.load_session(ada, "g")->last_sequence == 9 + count);
      CHECK(forked.count("tool_links WHERE is_result = 1") == count);
      CHECK(forked.count("tool_links l JOIN messages m USING (user_id, branch_number, sequence) WHERE l.is_result = 1 "
                         "AND l.call_id = m.tool_use_id") == count);
      const std::int64_t open = change == grown ? 4 - count : 0;
      CHECK(static_cast<std::int64_t>(sessions.open_tool_calls(ada, "g").items.size()) == open);
    }
  }
}

TEST_CASE("postgres forks: of two sessions that are deleted at once the second one takes what they share") {
  Forked forked;
  support::RawPostgres other(forked.database.database().app_dsn());
  other.execute("BEGIN; SELECT set_config('heddle.user_id', 'ada', true); DELETE FROM sessions WHERE id = 's'");
  auto deleted =
      std::async(std::launch::async, [&] { return forked.backend.session_storage().delete_session(ada, "f"); });
  forked.wait_for_lock(deleted);
  CHECK(forked.count("messages") == 8);
  other.execute("COMMIT");
  CHECK(deleted.get());
  CHECK(forked.count("messages") == 0);
  CHECK(forked.count("branches") == 0);
  CHECK(forked.count("segments") == 0);
}
