// Searches read as little of the index as their order needs, and no message that they do not return.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "heddle/sqlite/search/search_rank.hpp"
#include "heddle/sqlite/search/word_functions.hpp"
#include "support/sqlite_plan.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) { ++found; }
  return found;
}

}  // namespace

TEST_CASE("the newest matches are found session by session, and only those of a session are sorted") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite> backend({.path = path});
  backend.migrate();
  const SQLite::Database database(path);
  heddle::sqlite::search::add_search_rank(database.getHandle());
  heddle::sqlite::search::add_word_functions(database.getHandle());
  const auto& statements = heddle::sql::statements<heddle::Sqlite::Dialect::Messages::Search>();

  const std::string plan = support::plan_of(database, statements.search.text());
  // First the sessions that were updated last, then all.
  for (const std::string_view sessions : {"(user_id=? AND updated_at>?)", "(user_id=?)"}) {
    CAPTURE(sessions);
    const std::size_t begin = plan.find(std::string("SEARCH s USING INDEX sessions_by_update ").append(sessions));
    REQUIRE(begin != std::string::npos);
    const std::size_t sorted = plan.find("USE TEMP B-TREE", begin);
    REQUIRE(sorted != std::string::npos);
    CHECK(plan.find("USE TEMP B-TREE FOR RIGHT PART OF ORDER BY", begin) == sorted);
  }
  // By sessions in ranges of row ids, by several at a time for the best, and once, for all or few; before that the
  // matches are counted.
  CHECK(count(plan, "SCAN f VIRTUAL TABLE INDEX 0:M4><") == 3);
  CHECK(count(plan, "SCAN f VIRTUAL TABLE") == 5);
  CHECK(count(plan, "SCAN message_words VIRTUAL TABLE INDEX 0:M4") == 2);
  // The newest matches are the last of the index: these are not sorted.
  CHECK(count(plan, "SCAN message_words VIRTUAL TABLE") == 3);
  // Which session has a row is looked up by its number.
  CHECK(count(plan, "SEARCH w USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN") == 3);

  const std::string of_session = support::plan_of(database, statements.search_in_session.text());
  CHECK(of_session.find("SEARCH s USING INDEX sqlite_autoindex_sessions_1 (user_id=? AND id=?)") != std::string::npos);
  CHECK(count(of_session, "SCAN f VIRTUAL TABLE INDEX 0:M4><") == 1);
  CHECK(count(of_session, "VIRTUAL TABLE") == 1);
  // Rows of messages: of the queue, for conditions, and those that are returned.
  for (const std::string& each : {plan, of_session}) { CHECK(each.find("SCAN m\n") == std::string::npos); }
}

TEST_CASE("up to how many matches one scan of the index is quicker depends on what is wanted") {
  heddle::Backend<heddle::Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  SQLite::Database database(":memory:", SQLite::OPEN_READWRITE);
  heddle::sqlite::search::add_word_functions(database.getHandle());
  const auto limit = [&](const std::string& terms, std::int64_t wanted, std::int64_t sessions) {
    SQLite::Statement query(database, "SELECT scan_limit(?1, ?2, ?3)");
    query.bind(1, terms);
    query.bind(2, wanted);
    query.bind(3, sessions);
    REQUIRE(query.executeStep());
    return query.getColumn(0).isNull() ? -1 : query.getColumn(0).getInt64();
  };
  // All that are ranked are few; more sessions make it longer to look for matches in each.
  CHECK(limit(R"("word")", 10'001, 1) == 10'001);
  CHECK(limit(R"("word")", 21, 100'000) > limit(R"("word")", 21, 1000));
  CHECK(limit(R"("word")", 21, 1000) < 10'000);
  // What the index has to put together for each scan is scanned once.
  CHECK(limit(R"("word"*)", 21, 1000) == -1);
  CHECK(limit(R"("京")", 21, 1000) == -1);
  CHECK(limit(R"("京都")", 21, 1000) > 0);
}
