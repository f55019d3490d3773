#include "heddle/sealed_query/sealed_query.hpp"
#include "heddle/sealed_query/image.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace {

using heddle::Cell;
using heddle::Context;
using heddle::ErrorCode;
using heddle::QueryLimits;
using heddle::Table;
using namespace std::chrono_literals;

using Image = std::vector<std::byte>;

const Image& cities() {
  static const Image image = heddle::sealed_query::build_image(
      "cities", Table{{"name", "people", "note"},
                      {{std::string("Bern"), std::int64_t{134}, std::string("top-secret")},
                       {std::string("Genève"), std::int64_t{203}, std::monostate{}},
                       {std::string("Zürich"), std::int64_t{436}, std::string("[broken json")}}});
  return image;
}

const Image& numbers() {
  static const Image image = [] {
    Table table{{"n", "word"}, {}};
    for (std::int64_t i = 0; i < 20'000; ++i) {
      table.rows.push_back({i, "word " + std::to_string(i * 7919 % 20'000)});
    }
    return heddle::sealed_query::build_image("numbers", table);
  }();
  return image;
}

Table ask(const Image& image, std::string_view sql, const QueryLimits& limits = {}, const Context& context = {}) {
  return heddle::sealed_query::query_image(image, sql, limits, context);
}

Cell value(std::string_view sql) {
  const auto answer = ask(cities(), sql);
  REQUIRE(answer.rows.size() == 1);
  return answer.rows[0].at(0);
}

struct Failure {
  ErrorCode code{};
  std::string message;
  bool operator==(ErrorCode other) const { return code == other; }
  [[nodiscard]] bool says(std::string_view part) const { return message.find(part) != std::string::npos; }
};

Failure failure(const Image& image, std::string_view sql, const QueryLimits& limits = {}, const Context& context = {}) {
  try {
    const auto answer = ask(image, sql, limits, context);
    return {ErrorCode::internal, "no failure, " + std::to_string(answer.rows.size()) + " rows"};
  } catch (const heddle::Error& error) { return {error.code(), error.what()}; }
}

std::string repeated(std::string_view part, int times, std::string_view separator = "") {
  std::string text;
  for (int i = 0; i < times; ++i) { text.append(i == 0 ? "" : separator).append(part); }
  return text;
}

/// WITH c0 AS (first), c1 AS (step over c0), ...; `@` in `step` stands for the step before.
std::string chain(std::string_view first, std::string_view step, int steps) {
  std::string sql = "WITH c0(y) AS (" + std::string(first) + ")";
  for (int i = 1; i <= steps; ++i) {
    sql += ", c" + std::to_string(i) + "(y) AS (";
    for (const char c : step) { c == '@' ? sql += "c" + std::to_string(i - 1) : sql += c; }
    sql += ")";
  }
  return sql + " SELECT count(y) FROM c" + std::to_string(steps);
}

}  // namespace

TEST_CASE("an agent's SELECT answers typed cells") {
  const auto answer =
      ask(cities(), "SELECT name, people * 1.5 AS p, note FROM cities WHERE people > 150 ORDER BY 2 DESC");
  CHECK(answer == Table{{"name", "p", "note"},
                        {{std::string("Zürich"), 654.0, std::string("[broken json")},
                         {std::string("Genève"), 304.5, std::monostate{}}}});
  CHECK(ask(cities(), "VALUES (1, 'a'), (2, NULL)").rows.size() == 2);
  CHECK(ask(cities(), "SELECT 1 AS a, 2 AS a").columns == std::vector<std::string>{"a", "a"});
  CHECK(ask(cities(), "SELECT * FROM cities WHERE false") == Table{{"name", "people", "note"}, {}});
}

TEST_CASE("the usual SQL of analysis works") {
  CHECK(value("WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 10) SELECT "
              "sum(i) FROM r") == Cell(std::int64_t{55}));
  CHECK(value("SELECT group_concat(r, ',') FROM (SELECT rank() OVER (ORDER BY people) AS r FROM "
              "cities)") == Cell(std::string("1,2,3")));
  CHECK(value("SELECT count(*) FROM json_each('[1,2,3]') WHERE value > 0") == Cell(std::int64_t{3}));
  CHECK(value("SELECT json_extract('{\"a\":[1,2]}', '$.a[1]')") == Cell(std::int64_t{2}));
  CHECK(value("SELECT date(0, 'unixepoch')") == Cell(std::string("1970-01-01")));
  CHECK(value("SELECT count(*) FROM cities a JOIN cities b ON a.people < b.people") == Cell(std::int64_t{3}));
  CHECK(value("SELECT typeof(random())") == Cell(std::string("integer")));
  CHECK(value("SELECT name FROM sqlite_schema") == Cell(std::string("cities")));
  CHECK(value("SELECT COUNT(*) FROM (SELECT people FROM main.cities GROUP BY 1 HAVING SUM(people) "
              "> 0)") == Cell(std::int64_t{3}));
  CHECK(ask(cities(), "EXPLAIN QUERY PLAN SELECT * FROM cities").columns.size() == 4);
}

TEST_CASE("text functions answer what SQLite's own answer") {
  const auto yes = [](std::string_view condition) {
    CAPTURE(condition);
    CHECK(value("SELECT (" + std::string(condition) + ") IS 1") == Cell(std::int64_t{1}));
  };
  for (const auto* condition : {"instr('Zürich', 'rich') = 3",
                                "instr('abc', 'x') = 0",
                                "instr('abc', '') = 1",
                                "instr('', 'a') = 0",
                                "instr(x'616263', x'6263') = 2",
                                "instr(x'c3bc62', x'62') = 3",
                                "instr('üb', x'62') = 2",
                                "instr(12345, 34) = 3",
                                "instr(NULL, 'a') IS NULL",
                                "instr('a', NULL) IS NULL",
                                "replace('aXbX', 'X', '--') = 'a--b--'",
                                "replace('aaa', 'aa', 'b') = 'ba'",
                                "replace('abc', '', 'x') = 'abc'",
                                "replace('abc', 'abc', '') = ''",
                                "typeof(replace('abc', 'abc', '')) = 'text'",
                                "replace(121, 1, 'x') = 'x2x'",
                                "replace('a', 'a', NULL) IS NULL",
                                "trim('xxaxx', 'x') = 'a'",
                                "ltrim('xyxa', 'xy') = 'a'",
                                "rtrim('aüéü', 'éü') = 'a'",
                                "trim('aaa', 'a') = ''",
                                "trim(' a ') = 'a'",
                                "trim('a', '') = 'a'",
                                "ltrim('€a', '¢') = '€a'",
                                "trim('a', NULL) IS NULL",
                                "'Zürich' LIKE 'zür%'",
                                "'Ü' NOT LIKE 'ü'",
                                "'abc' LIKE 'a_c'",
                                "'50%' LIKE '50!%' ESCAPE '!'",
                                "'505' NOT LIKE '50!%' ESCAPE '!'",
                                "NULL LIKE 'a' IS NULL",
                                "123 LIKE '1%'",
                                "'' LIKE ''",
                                "'' LIKE '%'",
                                "'abc' GLOB 'a*'",
                                "'Abc' NOT GLOB 'a*'",
                                "'abc' GLOB '[a-b]?c'",
                                "upper('ä') = 'ä'"}) {
    yes(condition);
  }
  CHECK(failure(cities(), "SELECT 'a' LIKE 'a' ESCAPE 'ab'") == ErrorCode::invalid_argument);
}

TEST_CASE("fault 22: an agent's SQL can only read the result") {
  const auto file = std::filesystem::temp_directory_path() / "heddle_sealed_query_escape.db";
  std::filesystem::remove(file);
  const std::string path = "'" + file.string() + "'";
  for (const std::string& sql : {std::string("INSERT INTO cities VALUES ('x', 1, NULL)"),
                                 std::string("UPDATE cities SET people = 0"),
                                 std::string("DELETE FROM cities"),
                                 std::string("DROP TABLE cities"),
                                 std::string("CREATE TABLE x(a)"),
                                 std::string("CREATE TEMP TABLE x AS SELECT 1"),
                                 std::string("CREATE VIEW v AS SELECT 1"),
                                 std::string("CREATE INDEX i ON cities(name)"),
                                 std::string("CREATE VIRTUAL TABLE v USING fts5(a)"),
                                 std::string("CREATE TRIGGER r AFTER INSERT ON cities BEGIN SELECT 1; END"),
                                 std::string("ALTER TABLE cities RENAME TO x"),
                                 "ATTACH " + path + " AS other",
                                 std::string("DETACH main"),
                                 "VACUUM INTO " + path,
                                 std::string("VACUUM"),
                                 std::string("BEGIN"),
                                 std::string("COMMIT"),
                                 std::string("ROLLBACK"),
                                 std::string("SAVEPOINT s"),
                                 std::string("RELEASE s"),
                                 std::string("PRAGMA query_only=OFF"),
                                 std::string("PRAGMA table_info(cities)"),
                                 std::string("PRAGMA writable_schema=ON"),
                                 std::string("PRAGMA temp_store_directory='/tmp'"),
                                 std::string("REINDEX"),
                                 std::string("ANALYZE"),
                                 std::string("REPLACE INTO cities VALUES (1, 2, 3)"),
                                 std::string("WITH x AS (SELECT 1) DELETE FROM cities"),
                                 std::string("DELETE FROM cities RETURNING *"),
                                 std::string("INSERT INTO sqlite_master VALUES (1, 2, 3, 4, 5)"),
                                 std::string("SELECT * FROM sqlite_temp_master"),
                                 std::string("SELECT * FROM pragma_table_info('cities')"),
                                 std::string("SELECT * FROM pragma_database_list"),
                                 std::string("SELECT * FROM pragma_function_list"),
                                 std::string("SELECT count(*) FROM pragma_function_list"),
                                 std::string("SELECT * FROM dbstat"),
                                 std::string("SELECT * FROM sqlite_stmt"),
                                 std::string("SELECT * FROM sqlite_dbpage"),
                                 std::string("SELECT load_extension('x')"),
                                 std::string("SELECT LOAD_EXTENSION('x')"),
                                 std::string("SELECT fts3_tokenizer('simple')"),
                                 "SELECT writefile(" + path + ", 'x')",
                                 "SELECT readfile(" + path + ")",
                                 std::string("SELECT edit('x')"),
                                 std::string("SELECT sqlite_compileoption_get(1)"),
                                 std::string("SELECT sqlite_log(1, 'x')"),
                                 std::string("SELECT name FROM cities WHERE name MATCH 'x'"),
                                 std::string("SELECT json_patch('{}', '{}')"),
                                 std::string("SELECT last_insert_rowid()"),
                                 std::string("SELECT rtreecheck('x')")}) {
    CAPTURE(sql);
    const auto before = cities();
    const auto result = failure(cities(), sql);
    CHECK_MESSAGE(result == ErrorCode::invalid_argument, result.message);
    CHECK(cities() == before);
    CHECK_FALSE(std::filesystem::exists(file));
  }
}

TEST_CASE("exactly one statement") {
  for (const auto* sql :
       {"SELECT 1", "SELECT 1;", " ; \n SELECT 1 ; ;\n", "-- what\nSELECT 1 /* x */ ; -- end", "SELECT 1; /* open"}) {
    CAPTURE(sql);
    CHECK(ask(cities(), sql).rows.size() == 1);
  }
  for (const auto* sql :
       {"", " ", ";", "-- nothing", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE cities", "SELECT 1; nonsense"}) {
    CAPTURE(sql);
    CHECK(failure(cities(), sql) == ErrorCode::invalid_argument);
  }
  CHECK(failure(cities(), std::string_view("SELECT 1\0; SELECT 2", 19)) == ErrorCode::invalid_argument);
  CHECK(failure(cities(), "SELECT '\xff'") == ErrorCode::invalid_argument);
  CHECK(failure(cities(), "SELECT " + std::string(70'000, ' ') + "1") == ErrorCode::invalid_argument);
  CHECK(failure(cities(), "SELECT ?1") == ErrorCode::invalid_argument);
  CHECK(failure(cities(), "SELECT :name") == ErrorCode::invalid_argument);
}

TEST_CASE("fault 23: a mistake in the SQL comes back with SQLite's message") {
  CHECK(failure(cities(), "SELEC 1").says("near \"SELEC\": syntax error"));
  CHECK(failure(cities(), "SELECT nam FROM cities").says("no such column: nam"));
  CHECK(failure(cities(), "SELECT \"nam\" FROM cities").says("no such column: "));
  CHECK(failure(cities(), "SELECT * FROM towns").says("no such table: towns"));
  CHECK(failure(cities(), "SELECT frob(1)").says("no such function: frob"));
  CHECK(failure(cities(), "SELECT * FROM cities OFFSET 1") == ErrorCode::invalid_argument);
}

TEST_CASE("no message quotes what is stored") {
  for (const auto* sql :
       {"SELECT json_extract('{}', note) FROM cities", "SELECT json(note) FROM cities WHERE name = 'Zürich'",
        "SELECT note ->> '$.' FROM cities", "SELECT json_set('{}', note, 1) FROM cities",
        "SELECT name LIKE name ESCAPE note FROM cities"}) {
    const auto result = failure(cities(), sql);
    CAPTURE(result.message);
    CHECK(result == ErrorCode::invalid_argument);
    CHECK_FALSE(result.says("secret"));
    CHECK_FALSE(result.says("broken"));
  }
}

TEST_CASE("values that a table cannot hold are refused") {
  for (const auto* sql : {"SELECT x'00'", "SELECT randomblob(4)", "SELECT zeroblob(4)", "SELECT cast(x'ff' AS text)",
                          "SELECT char(0)", "SELECT 'a' || char(0) || 'b'", "SELECT 9e999", "SELECT -1e308 * 10"}) {
    CAPTURE(sql);
    CHECK(failure(cities(), sql) == ErrorCode::invalid_argument);
  }
  CHECK(value("SELECT hex(x'00ff')") == Cell(std::string("00FF")));
}

TEST_CASE("the answer is capped in rows and bytes") {
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

TEST_CASE("limits must be positive; huge ones are no overflow") {
  for (const QueryLimits& limits :
       {QueryLimits{0ms}, QueryLimits{-1ms}, QueryLimits{1ms, 0}, QueryLimits{1ms, 1, 0}, QueryLimits{1ms, 1, 1, 0}}) {
    CHECK(failure(cities(), "SELECT 1", limits) == ErrorCode::invalid_argument);
  }
  const QueryLimits huge{std::chrono::milliseconds::max(), SIZE_MAX, INT64_MAX, SIZE_MAX};
  CHECK(ask(cities(), "SELECT 1", huge).rows.size() == 1);
  // fault 26: 24.8 days and more
  CHECK(ask(cities(), "SELECT 1", QueryLimits{std::chrono::hours(24 * 30)}).rows.size() == 1);
}

TEST_CASE("a query ends at its time limit, at the deadline, and when asked to stop") {
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

TEST_CASE("fault 22: no SQL takes much more than its memory, its time, or the server down") {
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
    const auto start = std::chrono::steady_clock::now();
    const auto result = failure(numbers(), attack.second, limits);
    CAPTURE(result.message);
    const bool stopped = result == ErrorCode::resource_exhausted || result == ErrorCode::deadline_exceeded ||
                         result == ErrorCode::invalid_argument;
    CHECK(stopped);
    CHECK(std::chrono::steady_clock::now() - start < 60s);  // generous: a loaded machine, sanitizers
    CHECK(ask(cities(), "SELECT count(*) FROM cities").rows.size() == 1);
  }
}

TEST_CASE("what SQLite itself gives up on, or finds easy, is not refused needlessly") {
  const QueryLimits limits{500ms, std::size_t{16} << 20U};
  for (const auto* sql : {"SELECT printf('%1000000000d', 1)", "SELECT printf('%.999999999f', 1.0)",
                          "SELECT printf('%*d', 2147483647, 1)"}) {
    CAPTURE(sql);
    try {
      CHECK(ask(cities(), sql, limits).rows.size() == 1);
    } catch (const heddle::Error& error) { CHECK(error.code() == ErrorCode::resource_exhausted); }
  }
}

TEST_CASE("the caps name themselves") {
  const QueryLimits small{5s, std::size_t{4} << 20U};
  CHECK(failure(numbers(), "SELECT a.word || b.word AS w FROM numbers a, numbers b ORDER BY w", small)
            .says("memory (4194304 bytes)"));
  CHECK(failure(numbers(), "SELECT length(zeroblob(2000000))").says("one value or row"));
  CHECK(
      failure(numbers(), "SELECT " + repeated("abs(n)+abs(n)+abs(n)+abs(n)+abs(n)+abs(n)", 1500, ",") + " FROM numbers")
          .code == ErrorCode::resource_exhausted);
  CHECK(failure(numbers(), "SELECT 1", QueryLimits{5s, 1000}) == ErrorCode::resource_exhausted);
}

TEST_CASE("memory is limited for the one query only") {
  const auto before = sqlite3_memory_used();
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open(":memory:", &other) == SQLITE_OK);
  CHECK(failure(numbers(), "SELECT a.word || b.word AS w FROM numbers a, numbers b ORDER BY w",
                QueryLimits{5s, 1 << 20}) == ErrorCode::resource_exhausted);
  CHECK(sqlite3_exec(other, "CREATE TABLE t AS SELECT randomblob(20000000) AS b", nullptr, nullptr, nullptr) ==
        SQLITE_OK);
  sqlite3_close(other);
  CHECK(sqlite3_memory_used() <= before + 4096);
}

TEST_CASE("a damaged image is data_loss, whatever it holds") {
  CHECK(failure({}, "SELECT 1") == ErrorCode::data_loss);
  CHECK(failure(Image(100, std::byte{0x41}), "SELECT 1") == ErrorCode::data_loss);
  CHECK(failure(Image(8192, std::byte{0}), "SELECT 1") == ErrorCode::data_loss);
  auto cut = numbers();
  cut.resize(cut.size() / 2);
  CHECK(failure(cut, "SELECT count(word) FROM numbers") == ErrorCode::data_loss);
  cut.resize(100);
  CHECK(failure(cut, "SELECT count(word) FROM numbers") == ErrorCode::data_loss);
  auto smashed = numbers();
  for (std::size_t page = 8192; page + 100 < smashed.size(); page += 4096) {
    std::fill_n(smashed.begin() + static_cast<std::ptrdiff_t>(page), 100, std::byte{0xee});
  }
  CHECK(failure(smashed, "SELECT count(word) FROM numbers") == ErrorCode::data_loss);

  // One flipped byte anywhere: an answer or a typed error, never a crash.
  const auto whole = cities();
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    auto image = whole;
    image[at] ^= std::byte{0x55};
    const auto code = failure(image, "SELECT name, people, note, length(name) FROM cities ORDER BY name").code;
    const bool typed = code == ErrorCode::internal || code == ErrorCode::data_loss ||
                       code == ErrorCode::invalid_argument || code == ErrorCode::resource_exhausted;
    CHECK(typed);
  }
}

TEST_CASE("queries on one image run at the same time on many threads") {
  std::vector<std::jthread> threads;
  std::vector<Table> answers(4);
  for (auto& answer : answers) {
    threads.emplace_back([&answer] {
      for (int i = 0; i < 20; ++i) { answer = ask(numbers(), "SELECT count(DISTINCT word), sum(n) FROM numbers"); }
    });
  }
  threads.clear();
  for (const auto& answer : answers) {
    CHECK(answer.rows.at(0) == std::vector<Cell>{std::int64_t{20'000}, std::int64_t{199'990'000}});
  }
}
