#include "support/hostile_corpus.hpp"
#include "unit/sealed_query/ask.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

using namespace heddle;
using namespace sealed_query_tests;
using namespace std::chrono_literals;
using support::chain;
using support::repeated;

namespace {

/// Returns how long the processor has worked for this thread, to which other programs add nothing.
std::chrono::nanoseconds processor_time() {
  timespec time{};
  REQUIRE(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

TEST_CASE("the result is limited in rows and bytes") {
  QueryLimits limits;
  limits.rows = 3;
  CHECK(ask(cities(), "SELECT * FROM cities", limits).rows.size() == 3);
  limits.rows = 2;
  const auto rows = failure(cities(), "SELECT * FROM cities", limits);
  CHECK(rows == ErrorCode::resource_exhausted);
  CHECK(rows.says("rows of the answer (2)"));
  CHECK(ask(cities(), "SELECT * FROM cities LIMIT 2", limits).rows.size() == 2);

  limits = {};
  limits.answer_bytes = 1000;
  const auto bytes = failure(cities(), "SELECT printf('%2000d', 1)", limits);
  CHECK(bytes == ErrorCode::resource_exhausted);
  CHECK(bytes.says("size of the answer (1000 bytes)"));
  CHECK(failure(cities(), "SELECT " + repeated("NULL", 100, ","), limits) == ErrorCode::resource_exhausted);
  CHECK(failure(numbers(), "SELECT a.n, b.n FROM numbers a, numbers b").says("rows of the answer"));
}

TEST_CASE("limits must be positive; huge ones do not overflow") {
  for (const QueryLimits& limits :
       {QueryLimits{0ms}, QueryLimits{-1ms}, QueryLimits{1ms, 0}, QueryLimits{1ms, 1, 0}, QueryLimits{1ms, 1, 1, 0}}) {
    CHECK(failure(cities(), "SELECT 1", limits) == ErrorCode::invalid_argument);
  }
  const QueryLimits huge{std::chrono::milliseconds::max(), SIZE_MAX, INT64_MAX, SIZE_MAX};
  CHECK(ask(cities(), "SELECT 1", huge).rows.size() == 1);
  // fault 26: 24.8 days and more
  CHECK(ask(cities(), "SELECT 1", QueryLimits{std::chrono::hours(24 * 30)}).rows.size() == 1);
}

TEST_CASE("a query ends at its time limit, at the deadline, and when a stop is requested") {
  const std::string endless = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r";
  const auto timed = failure(cities(), endless, QueryLimits{50ms});
  CHECK(timed == ErrorCode::deadline_exceeded);
  CHECK(timed.says("time limit of 50 ms"));
  CHECK(failure(cities(), endless, {}, Context{}.with_timeout(50ms)) == ErrorCode::deadline_exceeded);
  CHECK(failure(cities(), "SELECT 1", {}, Context{}.with_timeout(-1ms)) == ErrorCode::deadline_exceeded);

  std::stop_source source;
  const std::jthread stopper([&source] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  CHECK(failure(cities(), endless, {}, Context{}.with_stop(source.get_token())) == ErrorCode::cancelled);
  CHECK(failure(cities(), "SELECT 1", {}, Context{}.with_stop(source.get_token())) == ErrorCode::cancelled);
}

TEST_CASE("fault 22: no SQL exceeds its memory or its time by much, or crashes the server") {
  const std::string counter = "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) ";
  const std::string big = "replace(hex(zeroblob(500000)), '0', 'a')";
  const QueryLimits limits{500ms, std::size_t{16} << 20U};
  const std::vector<std::pair<std::string, std::string>> attacks{
      {"endless recursion", counter + "SELECT count(*) FROM r"},
      {"endless distinct recursion",
       "WITH RECURSIVE r(i) AS (SELECT 1 UNION SELECT i + 1 FROM r) SELECT count(*) FROM r"},
      {"one long text", counter + "SELECT group_concat(i) FROM r"},
      {"one long JSON", counter + "SELECT json_group_array(i) FROM r"},
      {"JSON object", counter + "SELECT json_group_object(i, i) FROM r"},
      {"zeroblob", "SELECT length(hex(zeroblob(1000000000)))"},
      {"randomblob", "SELECT hex(randomblob(1000000000))"},
      {"many blobs", "SELECT " + repeated("randomblob(1000000)", 1000, ",")},
      {"replace", "SELECT replace(" + big + ", 'a', " + big + ")"},
      {"concatenation",
       "WITH RECURSIVE r(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM r) SELECT max(length(s)) "
       "FROM r"},
      {"cross join", "SELECT sum(a.n * b.n * c.n) FROM numbers a, numbers b, numbers c"},
      {"big sort", "SELECT a.word || b.word FROM numbers a, numbers b ORDER BY 1"},
      {"sort of big rows", counter + "SELECT i, randomblob(900000) AS b FROM r ORDER BY b"},
      {"distinct", "SELECT count(DISTINCT a.word || b.word) FROM numbers a, numbers b"},
      {"group by", "SELECT count(*) FROM numbers a, numbers b GROUP BY a.word || b.word"},
      {"union",
       "SELECT a.word || b.n FROM numbers a, numbers b UNION SELECT b.word || a.n FROM numbers a, "
       "numbers b"},
      {"window",
       "SELECT sum(n) OVER (ORDER BY a.word || b.word) FROM numbers a, (SELECT word FROM numbers) "
       "b"},
      {"materialised",
       "WITH m AS MATERIALIZED (SELECT a.word || b.word AS w FROM numbers a, numbers b) SELECT "
       "count(*) FROM m"},
      {"scalar subqueries",
       "WITH b AS MATERIALIZED (SELECT " + big + " AS x) SELECT " + repeated("(SELECT x FROM b)", 900, ",")},
      {"hex of hex", "SELECT hex(hex(hex(hex(" + big + "))))"},
      {"quote", "SELECT quote(quote(randomblob(1000000)))"},
      {"JSON rows",
       "SELECT count(*) FROM json_each('[' || replace(hex(zeroblob(240000)), '0', '1,') || '1]') "
       "a, json_each('[1,2,3]') b, json_each('[' || replace(hex(zeroblob(240000)), '0', '1,') || "
       "'1]') c"},
      {"JSON depth",
       "SELECT count(*) FROM json_tree('" + repeated("[", 900) + repeated("]", 900) + "') a, numbers b, numbers c"},
      {"deep expression", "SELECT " + repeated("1", 20'000, "+")},
      {"deep NOT", "SELECT " + repeated("NOT ", 15'000) + "1"},
      {"nested subqueries", "SELECT * FROM " + repeated("(SELECT * FROM ", 3000) + "numbers" + repeated(")", 3000)},
      {"long compound", repeated("SELECT 1", 5000, " UNION ALL ")},
      {"subqueries that double", chain("SELECT n FROM numbers", "SELECT a.y FROM @ a, @ b", 40)},
      {"expressions that double", chain("SELECT n FROM numbers", "SELECT y + y FROM @", 40)},
      {"conditions that double", chain("SELECT n FROM numbers", "SELECT DISTINCT y + y FROM @ WHERE y + y > 5", 40)},
      {"scalar subqueries that double",
       chain("SELECT 1", "SELECT (SELECT max(y) FROM @) + (SELECT min(y) FROM @)", 40)},
      {"union that doubles", chain("SELECT 1", "SELECT y FROM @ UNION SELECT y FROM @", 40)},
      {"an alias copied 5000 times", "SELECT n IN (" + repeated("n", 5000, ",") + ") AS z FROM numbers WHERE z IN (" +
                                         repeated("z", 5000, ",") + ")"},
      {"a long chain of subqueries", chain("SELECT n FROM numbers", "SELECT*FROM @ LIMIT 5", 1700)},
      {"a long chain of expressions", chain("SELECT n FROM numbers", "SELECT y+1 FROM @", 1700)},
      {"64 joins", "SELECT count(*) FROM " + repeated("numbers", 65, ",")},
      {"join without an index", "SELECT count(*) FROM numbers a JOIN numbers b ON a.word LIKE '%' || b.word || '%'"},
      {"quadratic instr",
       "WITH v AS MATERIALIZED (SELECT " + big + " AS h) SELECT sum(instr(h, substr(h, 1, 400000) || 'b')) FROM v"},
      {"quadratic trim", "SELECT trim(" + big + ", substr(" + big + ", 1, 300000))"},
      {"quadratic replace", "SELECT replace(" + big + ", substr(" + big + ", 1, 400000) || 'b', '')"},
      {"slow LIKE, many times", "WITH v AS MATERIALIZED (SELECT " + big + " AS h) SELECT " +
                                    repeated("h LIKE '%" + repeated("a", 240) + "b'", 200, ",") + " FROM v"},
      {"trim, many times", "WITH v AS MATERIALIZED (SELECT " + big + " AS h) SELECT " +
                               repeated("length(trim(h || 'b', '" + repeated("c", 60) + "a'))", 200, "+") + " FROM v"},
      {"length, many times", "WITH v AS MATERIALIZED (SELECT " + big + " AS h) SELECT " +
                                 repeated("length(h)", 1900, ",") + " FROM v a, numbers"},
  };
  for (const auto& attack : attacks) {
    CAPTURE(attack.first);
    const auto before = processor_time();
    const auto result = failure(numbers(), attack.second, limits);
    CAPTURE(result.message);
    const bool stopped = result == ErrorCode::resource_exhausted || result == ErrorCode::deadline_exceeded ||
                         result == ErrorCode::invalid_argument;
    CHECK(stopped);
    CHECK(processor_time() - before < 60s);  // generous: sanitizers
    CHECK(ask(cities(), "SELECT count(*) FROM cities").rows.size() == 1);
  }
}

TEST_CASE("SQL that SQLite itself refuses, or runs easily, is not refused needlessly") {
  const QueryLimits limits{60s, std::size_t{16} << 20U};
  for (const auto* sql : {"SELECT printf('%1000000000d', 1)", "SELECT printf('%.999999999f', 1.0)",
                          "SELECT printf('%*d', 2147483647, 1)"}) {
    CAPTURE(sql);
    try {
      CHECK(ask(cities(), sql, limits).rows.size() == 1);
    } catch (const heddle::Error& error) { CHECK(error.code() == ErrorCode::resource_exhausted); }
  }
}

TEST_CASE("the errors of the limits name the limit") {
  const QueryLimits small{60s, std::size_t{4} << 20U};
  CHECK(failure(numbers(), "SELECT a.word || b.word AS w FROM numbers a, numbers b ORDER BY w", small)
            .says("memory (4194304 bytes)"));
  CHECK(failure(numbers(), "SELECT length(zeroblob(2000000))").says("one value or row"));
  CHECK(
      failure(numbers(), "SELECT " + repeated("abs(n)+abs(n)+abs(n)+abs(n)+abs(n)+abs(n)", 1500, ",") + " FROM numbers")
          .code == ErrorCode::resource_exhausted);
  CHECK(failure(numbers(), "SELECT 1", QueryLimits{60s, 1000}) == ErrorCode::resource_exhausted);
}

TEST_CASE("memory is limited for the one query only") {
  const auto before = sqlite3_memory_used();
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(":memory:", &other) == SQLITE_OK);
  CHECK(failure(numbers(), "SELECT a.word || b.word AS w FROM numbers a, numbers b ORDER BY w",
                QueryLimits{60s, 1 << 20}) == ErrorCode::resource_exhausted);
  CHECK(sqlite3_exec(other, "CREATE TABLE t AS SELECT randomblob(20000000) AS b", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(other);
  CHECK(sqlite3_memory_used() <= before + 4096);
}
