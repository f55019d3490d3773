#include "unit/sealed_query/ask.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

using namespace heddle;
using namespace sealed_query_tests;

TEST_CASE("an agent's SELECT returns typed cells") {
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
  CHECK(value("SELECT COUNT(*) FROM (SELECT people FROM main.cities GROUP BY 1 HAVING SUM(people) "
              "> 0)") == Cell(std::int64_t{3}));
}

TEST_CASE("text functions return what SQLite's own return") {
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
                                 std::string("SELECT * FROM sqlite_master"),
                                 std::string("SELECT count(*) FROM sqlite_master"),
                                 std::string("SELECT count(*) FROM main.sqlite_master"),
                                 std::string("SELECT sql FROM SQLite_Schema"),
                                 std::string("SELECT count(*) FROM SQLITE_SCHEMA"),
                                 std::string("SELECT name FROM cities WHERE 'x' IN (SELECT name FROM sqlite_schema)"),
                                 std::string("SELECT rootpage FROM cities, sqlite_schema"),
                                 std::string("SELECT 1 WHERE EXISTS (SELECT * FROM sqlite_master)"),
                                 std::string("SELECT count(*) FROM sqlite_temp_schema"),
                                 std::string("EXPLAIN SELECT * FROM cities"),
                                 std::string("EXPLAIN QUERY PLAN SELECT * FROM cities"),
                                 std::string("-- why\nexplain SELECT 1"),
                                 std::string("EXPLAIN DELETE FROM cities"),
                                 std::string("SELECT * FROM sqlite_temp_master"),
                                 std::string("SELECT * FROM pragma_table_info('cities')"),
                                 std::string("SELECT * FROM pragma_database_list"),
                                 std::string("SELECT * FROM pragma_function_list"),
                                 std::string("SELECT count(*) FROM pragma_function_list"),
                                 std::string("SELECT * FROM pragma_compile_options"),
                                 std::string("SELECT count(*) FROM pragma_table_list"),
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

TEST_CASE("fault 23: an error in the SQL is reported with SQLite's message") {
  CHECK(failure(cities(), "SELEC 1").says("near \"SELEC\": syntax error"));
  CHECK(failure(cities(), "SELECT nam FROM cities").says("no such column: nam"));
  CHECK(failure(cities(), "SELECT \"nam\" FROM cities").says("no such column: "));
  CHECK(failure(cities(), "SELECT * FROM towns").says("no such table: towns"));
  CHECK(failure(cities(), "SELECT frob(1)").says("no such function: frob"));
  CHECK(failure(cities(), "SELECT * FROM cities OFFSET 1") == ErrorCode::invalid_argument);
}

TEST_CASE("no message quotes stored data") {
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

TEST_CASE("a damaged image is data_loss, whatever its contents") {
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

  // What SQLite would take for a database with a log, of other pages, or of another encoding.
  const auto changed = [](std::size_t at, int value) {
    auto image = cities();
    image.at(at) = static_cast<std::byte>(value);
    return image;
  };
  for (const auto& change : std::vector<std::pair<std::size_t, int>>{
           {18, 2}, {19, 2}, {16, 0x02}, {17, 1}, {20, 12}, {21, 65}, {31, 1}, {55, 1}, {59, 2}, {59, 3}}) {
    CAPTURE(change.first);
    CHECK(failure(changed(change.first, change.second), "SELECT count(*) FROM cities") == ErrorCode::data_loss);
  }
  auto log = cities();
  log[18] = log[19] = std::byte{2};
  CHECK(failure(log, "SELECT count(*) FROM cities") == ErrorCode::data_loss);

  // One changed byte anywhere: a result or a typed error, never a crash.
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
