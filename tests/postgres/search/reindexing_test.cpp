#include "heddle/postgres/statements/reindexing.hpp"
#include "postgres/search/former_texts.hpp"
#include "support/expect_error.hpp"
#include "support/plans.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;
using former::alice;
using former::bob;
using former::Database;
using support::code_of;
using Texts = std::vector<std::string>;

namespace {

const std::string tower = "東京タワー Straße visiting cafés";

Texts numbered(int count) {
  Texts texts;
  for (int number = 0; number < count; ++number) { texts.push_back("word " + std::to_string(number)); }
  return texts;
}

}  // namespace

TEST_CASE("texts of an earlier version are found by its words until they are indexed anew, then by those of today") {
  Database database;
  database.add(alice, {tower, "visit 5 €"});
  database.add_artifact(alice, "a", tower);
  const std::string today = tower + " today";
  database.backend.session_storage().save_message(alice, "s", {.content = today});
  const auto artifacts = [&](const std::string& query) {
    return database.backend.artifact_store().search(alice, {.query = query}).items.size();
  };
  // The earlier words of a query and those of today at once.
  CHECK(database.found("東京タワー") == Texts{tower, today});
  CHECK(database.found("Straße") == Texts{tower, today});
  CHECK(database.found("\"Straße visited café\"") == Texts{tower, today});
  CHECK(database.found("visits") == Texts{"visit 5 €", tower, today});
  CHECK(database.found("\"visit cafe\" 東京タワー") == Texts{tower, today});
  CHECK(database.found("today") == Texts{today});
  CHECK(artifacts("東京タワー") == 1);
  // What only today's analysis makes a word is found in texts of today.
  CHECK(database.found("東京") == Texts{today});
  CHECK(database.found("strasse") == Texts{today});
  CHECK(database.found("€").empty());
  CHECK(artifacts("東京") == 0);
  CHECK(database.backend.session_storage().search_messages(alice, {.query = "cafe", .session_id = "s"}).items.size() ==
        2);

  CHECK(database.backend.reindex(alice) == 3);
  CHECK(database.left() == 0);
  CHECK(database.left("artifacts") == 0);
  CHECK(database.found("東京タワー") == Texts{tower, today});
  CHECK(database.found("東京") == Texts{tower, today});
  CHECK(database.found("strasse") == Texts{tower, today});
  CHECK(database.found("\"strasse visit\" 京") == Texts{tower, today});
  CHECK(database.found("€") == Texts{"visit 5 €"});
  CHECK(artifacts("東京") == 1);
  CHECK(artifacts("Straße") == 1);
  CHECK(database.backend.reindex(alice) == 0);
  // As if they had been stored today.
  database.backend.session_storage().save_message(alice, "s", {.content = tower});
  CHECK(database.raw.integer("SELECT count(DISTINCT search) FROM messages WHERE content = '" + tower + "'") == 1);
}

TEST_CASE("what is indexed anew is found all the while, and an interruption loses nothing") {
  Database database;
  constexpr int many = 600;
  database.add(alice, numbered(many));
  database.raw.execute(
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$; CREATE TRIGGER refuse "
      "BEFORE UPDATE ON messages FOR EACH ROW WHEN (NEW.sequence = 400) EXECUTE FUNCTION refuse()");
  CHECK_THROWS_AS(database.backend.reindex(alice), Error);
  const std::int64_t left = database.left();
  CHECK(left > 0);
  CHECK(left < many);
  CHECK(database.found("words").size() == many);
  CHECK(database.found("\"word 17\"") == Texts{"word 17"});
  CHECK(database.found("\"word 599\"") == Texts{"word 599"});
  database.raw.execute("DROP TRIGGER refuse ON messages");
  CHECK(database.backend.reindex(alice) == left);
  CHECK(database.found("words").size() == many);
}

TEST_CASE("a process that is killed between or in transactions leaves what the next one goes on with") {
  Database database;
  database.add(alice, numbered(600));
  // The transaction of the second batch waits for this lock when its connection is cut.
  support::RawPostgres holder(database.database.database().superuser_dsn());
  holder.execute("BEGIN");
  holder.execute("SELECT FROM messages WHERE sequence = 400 FOR UPDATE");
  auto interrupted = std::async(std::launch::async, [&] { return code_of([&] { database.backend.reindex(alice); }); });
  std::string ended;
  while (ended != "t") {
    ended = database.raw.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
        "current_database() AND usename = 'heddle_app'");
  }
  CHECK(interrupted.get() == ErrorCode::unavailable);
  const std::int64_t left = database.left();
  CHECK(left > 0);
  CHECK(left < 600);
  CHECK(database.found("word").size() == 600);
  holder.execute("ROLLBACK");
  Database::Storage next(database.database.config());
  CHECK(next.reindex(alice) == left);
  CHECK(database.found("word").size() == 600);
}

TEST_CASE("each tenant's rows are indexed anew under its own identity, and all by the administration") {
  Database database;
  database.add(alice, {"of alice"});
  database.add(bob, {"of bob"});
  database.add_artifact(bob, "b", "of bob");
  CHECK(database.backend.reindex(alice) == 1);
  CHECK(database.left() == 1);
  CHECK(database.left("artifacts") == 1);
  CHECK(database.found("bob", bob).size() == 1);
  CHECK(database.found("bob").empty());

  auto config = database.database.config();
  config.admin_dsn.clear();
  Database::Storage serving(config);
  CHECK(code_of([&] { serving.reindex_all(); }) == ErrorCode::failed_precondition);
  // A role that sees one tenant, or none, is no administrator.
  config.admin_dsn = config.dsn;
  Database::Storage pretending(config);
  CHECK(code_of([&] { pretending.reindex_all(); }) == ErrorCode::permission_denied);
  CHECK(database.left() == 1);

  CHECK(database.backend.reindex_all() == 2);
  CHECK(database.left() == 0);
  CHECK(database.left("artifacts") == 0);
  CHECK(database.found("bob", bob).size() == 1);
  CHECK(database.found("bob").empty());
  CHECK(database.backend.reindex_all() == 0);
}

TEST_CASE("a backend with an administrator indexes anew by itself") {
  Database database;
  database.add(alice, {tower});
  database.add(bob, {tower});
  auto config = database.database.config();
  SUBCASE("if its interval is not 0") {
    config.reindex_interval = std::chrono::seconds(1);
    Database::Storage backend(config);
    while (database.left() != 0) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); }
    CHECK(database.found("東京", bob) == Texts{tower});
  }
  SUBCASE("not if it is 0, nor below") {
    config.reindex_interval = std::chrono::seconds(0);
    { const Database::Storage backend(config); }
    CHECK(database.left() == 2);
    config.reindex_interval = std::chrono::seconds(-1);
    CHECK(code_of([&] { const Database::Storage backend(config); }) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("programs that index anew at once do each row once") {
  Database database;
  database.add(alice, numbered(700));
  std::vector<std::future<std::int64_t>> programs;
  for (int number = 0; number < 3; ++number) {
    programs.push_back(std::async(std::launch::async, [&] {
      Database::Storage backend(database.database.config());
      return backend.reindex_all();
    }));
  }
  std::int64_t sum = 0;
  for (auto& program : programs) { sum += program.get(); }
  CHECK(sum == 700);
  CHECK(database.left() == 0);
  CHECK(database.found("word").size() == 700);
}

TEST_CASE("rows of a later analysis, and rows that were redacted, are left alone") {
  Database database;
  database.add(alice, {"of a later version", "secret", "plain"});
  database.raw.execute(
      "UPDATE messages SET search = ts_delete(search, '~ualice') || array_to_tsvector(ARRAY['~2ualice']) WHERE "
      "sequence "
      "= 1");
  CHECK(database.backend.session_storage().redact_messages(alice, "s", {2, 2}, "private") == 1);
  const std::string before = database.raw.text("SELECT search FROM messages WHERE sequence = 1");
  CHECK(database.backend.reindex(alice) == 1);
  CHECK(database.backend.reindex_all() == 0);
  CHECK(database.raw.text("SELECT search FROM messages WHERE sequence = 1") == before);
  CHECK(database.found("secret").empty());
  CHECK(database.raw.text("SELECT search FROM messages WHERE sequence = 2").empty());
}

TEST_CASE("an artifact that an earlier version updates is found by its new words, and indexed anew again") {
  Database database;
  database.add_artifact(alice, "a", "first 東京");
  CHECK(database.backend.reindex(alice) == 1);
  database.raw.execute("UPDATE artifacts SET purpose = 'second 大阪城' WHERE id = 'a'");
  database.make_former(alice, "a", "second 大阪城");
  const auto found = [&](const std::string& query) {
    return database.backend.artifact_store().search(alice, {.query = query}).items.size();
  };
  CHECK(found("second") == 1);
  CHECK(found("大阪城") == 1);
  CHECK(found("大阪") == 0);
  CHECK(found("first") == 0);
  CHECK(database.backend.reindex(alice) == 1);
  CHECK(found("大阪") == 1);
  CHECK(found("second") == 1);
  CHECK(found("東京") == 0);
}

TEST_CASE("a long text is indexed anew by as many bytes as are searched") {
  Database database;
  std::string text = "東京タワー ";
  while (text.size() < 1'000'000) { text += "filling "; }
  database.add(alice, {text + " beyond", "short"});
  CHECK(database.backend.reindex(alice) == 2);
  CHECK(database.found("東京").size() == 1);
  CHECK(database.found("\"タワー filling filled\"").size() == 1);
  CHECK(database.found("beyond").empty());
}

TEST_CASE("rows to index anew are found by their index, under row security") {
  Database database;
  database.add(alice, numbered(50));
  database.add(bob, numbered(2000));
  SUBCASE("without statistics") {}
  SUBCASE("with statistics") { database.raw.execute("ANALYZE"); }
  SUBCASE("if none are left") {
    CHECK(database.backend.reindex_all() == 2050);
    database.raw.execute("VACUUM ANALYZE messages");
  }
  support::Plans plans(database.database.database().superuser_dsn(), "heddle_app");
  std::string next(sql::statements<postgres::ReindexingStatements>().messages.text());
  for (const auto& [parameter, value] : {std::pair{"?1", "'alice'"}, {"?2", "256"}, {"?3", "4000000"}}) {
    for (auto at = next.find(parameter); at != std::string::npos; at = next.find(parameter)) {
      next.replace(at, 2, value);
    }
  }
  const std::string begin =
      "BEGIN; SELECT set_config('search_path', 'public', true), set_config('heddle.user_id', 'alice', true); ";
  std::vector<std::string> seen;
  for (const std::string& plan :
       plans.of(begin + "SELECT * FROM heddle_search_messages('word', NULL, NULL, 10, 0); COMMIT")) {
    if (plan.find("FROM messages f WHERE") != std::string::npos) { seen.push_back(plan); }
  }
  for (const std::string& plan : plans.of(begin + next + "; COMMIT")) {
    if (plan.find("WindowAgg") != std::string::npos) { seen.push_back(plan); }
  }
  CHECK(seen.size() == 2);
  for (const std::string& plan : seen) {
    CAPTURE(plan);
    CHECK(plan.find("Seq Scan on messages") == std::string::npos);
    CHECK(plan.find(" messages_of_former_analysis") != std::string::npos);
  }
}
