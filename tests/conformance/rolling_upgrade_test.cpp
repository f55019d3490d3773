#include "conformance/migration_places.hpp"
#include "support/expect_error.hpp"
#include "support/migration_steps.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#ifdef HEDDLE_CONFORMANCE_POSTGRES
#include "heddle/postgres/embedded_migrations.hpp"
#else
#include "heddle/sqlite/embedded_migrations.hpp"
#endif

// Servers of this version beside one of a next version, whose migration is made up.

using namespace heddle;
using conformance::EmptyPlace;
using support::code_of;
using Storage = EmptyPlace::Storage;

namespace {

/// The migrations of this version, and one more.
class Next {
 public:
  Next(const std::string& up, const std::string& down) {
#ifdef HEDDLE_CONFORMANCE_POSTGRES
    const int latest = steps_.add_embedded(postgres::embedded_migrations);
#else
    const int latest = steps_.add_embedded(sqlite::embedded_migrations);
#endif
    steps_.add(latest + 1, "next", up, down);
    latest_ = std::to_string(latest);
    next_ = std::to_string(latest + 1);
  }

  [[nodiscard]] std::filesystem::path folder() const { return steps_.folder(); }
  [[nodiscard]] const std::string& latest() const { return latest_; }
  [[nodiscard]] const std::string& next() const { return next_; }

 private:
  support::MigrationSteps steps_;
  std::string latest_;
  std::string next_;
};

}  // namespace

TEST_CASE("open servers of this version go on beside one whose migration adds") {
  EmptyPlace place;
  const Next version("ALTER TABLE messages ADD COLUMN mood TEXT; CREATE TABLE moods (x integer);",
                     "DROP TABLE moods; ALTER TABLE messages DROP COLUMN mood;");
  Storage old(place.config());
  old.migrate();
  auto& sessions = old.session_storage();
  sessions.save_session({}, {.id = "s"});
  sessions.save_message({}, "s", {.content = "before"});
  Storage next(place.config(version.folder()));
  next.migrate();
  CHECK(next.session_storage().save_message({}, "s", {.content = "of the next"}) == 2);
  CHECK(sessions.save_message({}, "s", {.content = "of the old"}) == 3);
  sessions.fork_session({}, "s", 2, {.id = "fork"});
  sessions.rewind_session({}, "s", 2);
  sessions.redact_messages({}, "s", {1, 1}, "private");
  MessageStream stream = old.stream_store().begin({}, "fork", {.role = Role::assistant});
  old.stream_store().append({}, stream, "grows");
  old.stream_store().finish({}, stream, {});
  CHECK(next.session_storage().load_messages({}, "fork").items.size() == 3);
  CHECK(sessions.search_messages({}, {.query = "next"}).items.size() == 1);
  CHECK(next.session_storage().delete_session({}, "fork"));
  CHECK(sessions.statistics({}).sessions == 1);

  // One that starts now and migrates is refused, by the names of both versions.
  Storage late(place.config());
  try {
    late.migrate();
    FAIL("it migrated");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::failed_precondition);
    const std::string text = error.what();
    CAPTURE(text);
    CHECK(text.find("schema version " + version.next()) != std::string::npos);
    CHECK(text.find("no version after " + version.latest()) != std::string::npos);
  }
  CHECK(late.session_storage().load_messages({}, "s").items.size() == 2);
}

TEST_CASE("a server of this version is refused beside a migration that takes away, and changes nothing") {
  EmptyPlace place;
  const Next version("ALTER TABLE sessions RENAME COLUMN agent_id TO helper_id;",
                     "ALTER TABLE sessions RENAME COLUMN helper_id TO agent_id;");
  Storage old(place.config());
  old.migrate();
  auto& sessions = old.session_storage();
  sessions.save_session({}, {.id = "s"});
  sessions.save_message({}, "s", {.content = "before"});
  Storage next(place.config(version.folder()));
  next.migrate();
  CHECK(code_of([&] { sessions.save_session({}, {.id = "new"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(sessions.load_session({}, "s")); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.fork_session({}, "s", 1, {.id = "fork"}); }) == ErrorCode::failed_precondition);
  CHECK(place.integer("SELECT count(*) FROM sessions") == 1);
  // What does not need it works on.
  CHECK(sessions.save_message({}, "s", {.content = "after"}) == 2);
}
