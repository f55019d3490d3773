#include "support/hostile_corpus.hpp"
#include "unit/sealed_query/ask.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle;
using namespace sealed_query_tests;
using namespace std::chrono_literals;

/// Whatever the SQL, the guard is asked while it compiles and while it runs. How often is counted: no clock is read.
namespace {

const Image& table() {
  static const Image image = [] {
    Table table{{"n", "word", "h"}, {}};
    for (std::int64_t i = 0; i < 2000; ++i) {
      table.rows.push_back({i, "word " + std::to_string(i), std::monostate{}});
    }
    return sealed_query::build_image("t", table);
  }();
  return image;
}

/// For SQL that ends by itself, on however slow a machine.
constexpr QueryLimits patient{.time = 1h};

/// How often the guard is asked while the SQL compiles and runs.
std::int64_t questions(const std::string& sql) {
  const Context context;
  sealed_query::Query query(patient, context);
  query.open(table());
  const auto before = query.questions();
  try {
    static_cast<void>(query.run(sql));
  } catch (const Error& error) { CHECK(error.code() == ErrorCode::resource_exhausted); }
  return query.questions() - before;
}

}  // namespace

TEST_CASE("SQL that once ran long ends by its time limit or by another one") {
  QueryLimits limits;
  limits.time = 150ms;
  limits.rows = INT64_MAX;
  for (const auto& each : support::statements_that_ran_long()) {
    CAPTURE(each.name);
    REQUIRE(each.sql.size() <= max_sql_bytes);
    if (each.ending == support::Ending::done) {
      CHECK(ask(table(), each.sql, patient).rows.size() == 1);
      CHECK(questions(each.sql) > 1000);
      continue;
    }
    const auto end = failure(table(), each.sql, each.ending == support::Ending::limit ? patient : limits);
    CAPTURE(end.message);
    CHECK(end ==
          (each.ending == support::Ending::limit ? ErrorCode::resource_exhausted : ErrorCode::deadline_exceeded));
  }
}

TEST_CASE("a query is asked whether to stop while it compiles") {
  // None of these runs: compiling needs too much memory. The names are resolved early and few.
  CHECK(questions(support::chain("SELECT n FROM t", "SELECT y + y FROM @ WHERE y + y > 5", 40)) > 1000);
  CHECK(questions(support::chain("SELECT n FROM t", "SELECT a.y FROM @ a, @ b", 40)) > 1000);
}

TEST_CASE("a query is asked whether to stop while one opcode sorts") {
  // The program's own functions, which replace those of SQLite, tell when the last row was read to be sorted and when
  // the first one came out. In between there is one opcode.
  static const sealed_query::Query<QueryLimits>* running = nullptr;
  static std::int64_t last_in = 0;
  static std::int64_t first_out = 0;
  first_out = 0;
  const auto add = [](sqlite3* connection, const char** /*message*/, const sqlite3_api_routines* /*api*/) {
    const auto define = [connection](const char* name, auto function) {
      return sqlite3_create_function_v2(connection, name, 1, SQLITE_UTF8, nullptr, function, nullptr, nullptr, nullptr);
    };
    define("sinh", [](sqlite3_context* call, int /*count*/, sqlite3_value** values) {
      last_in = running->questions();
      sqlite3_result_value(call, values[0]);
    });
    return define("cosh", [](sqlite3_context* call, int /*count*/, sqlite3_value** values) {
      if (first_out == 0) { first_out = running->questions(); }
      sqlite3_result_value(call, values[0]);
    });
  };
  int (*const extension)(sqlite3*, const char**, const sqlite3_api_routines*) = add;
  REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(extension)) == SQLITE_OK);
  const Context context;
  sealed_query::Query query(patient, context);
  running = &query;
  query.open(table());
  const auto answer = query.run(
      "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 20000) SELECT max(x) FROM "
      "(SELECT cosh(min(i)) AS x FROM r WHERE sinh(i) > 0 GROUP BY printf('%500d', -i))");
  sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(extension));
  CHECK(answer.rows.at(0).at(0) == Cell(std::int64_t{20'000}));
  // 10 MB are sorted; each page of 4096 bytes that is written or read is a question.
  CHECK(first_out - last_in > 100);
}

TEST_CASE("a query is asked whether to stop while one opcode counts") {
  Table big{{"text"}, {}};
  for (int i = 0; i < 2000; ++i) { big.rows.push_back({std::string(3000, 'x')}); }
  const auto image = sealed_query::build_image("big", big);
  const Context context;
  sealed_query::Query query(patient, context);
  query.open(image);
  const auto before = query.questions();
  CHECK(query.run("SELECT count(*) FROM big").rows.at(0).at(0) == Cell(std::int64_t{2000}));
  CHECK(query.questions() - before > 1000);  // a page holds one row
}

TEST_CASE("the longest value is shorter in SQL with many operations, and the error says so") {
  const std::string text = "(SELECT replace(hex(zeroblob(300000)), '0', '1') AS h LIMIT 1)";
  const auto sums = [&](int count) {
    return "SELECT " + support::numbered(count, ",", [](const std::string& number) { return "max(h) = " + number; }) +
           " FROM " + text;
  };
  CHECK(ask(table(), sums(20)).rows.size() == 1);
  const auto refused = failure(table(), sums(500));
  CHECK(refused == ErrorCode::resource_exhausted);
  CHECK(refused.says("for SQL with so many operations"));
  // Without long values there is no such limit.
  CHECK(ask(table(), "SELECT " +
                         support::numbered(500, ",", [](const std::string& number) { return "max(n) + " + number; }) +
                         " FROM t")
            .rows.size() == 1);
  const auto calls = failure(table(), "SELECT " + support::repeated("abs(n)", 1001, ",") + " FROM t");
  CHECK(calls == ErrorCode::resource_exhausted);
  CHECK(calls.says("calls of functions (1000)"));
}

TEST_CASE("LIKE and GLOB match as SQLite's own do, also those that are used for long texts") {
  const std::vector<std::string> texts{"",    "a",   "ab", "ba", "aab", "abab", "ä",   "aäb", "Ab",
                                       "a%b", "a_b", "*",  "[",  "]",   "a]b",  "äää", "^",   "😀a"};
  const std::vector<std::string> likes{"",   "%",   "_",  "a",    "a%",   "%a",  "%b",   "_b",  "%a%b", "a_b", "%ä%",
                                       "__", "%_%", "!%", "%!%%", "%!_b", "_%_", "%b_%", "%%a", "A%",   "😀_",  "a!"};
  const std::vector<std::string> globs{"",    "*",     "?",    "a*",   "*b",   "*a*b",  "[a-b]*", "*[^a]",
                                       "[]]", "*[]]*", "[^]]", "?[a]", "[",    "[a",    "*[",     "[[]",
                                       "[*]", "*ä",    "??",   "A*",   "[ä]*", "*[ä]*?"};
  const Context context;
  sealed_query::QueryGuard guard(1h, context);
  const auto quoted = [](std::string_view text) { return "'" + std::string(text) + "'"; };
  const auto compare = [&](const std::string& text, const std::string& pattern, auto syntax, const std::string& sql) {
    CAPTURE(text);
    CAPTURE(pattern);
    const bool expected = syntax.matches(pattern.c_str(), text.c_str());
    CHECK(sealed_query::Pattern(pattern, syntax).matches(text, guard) == expected);
    CHECK(ask(table(), "SELECT " + quoted(text) + sql).rows.at(0).at(0) == Cell(std::int64_t{expected}));
  };
  for (const auto& text : texts) {
    for (const auto& like : likes) {
      compare(text, like, sealed_query::LikeSyntax{}, " LIKE " + quoted(like));
      compare(text, like, sealed_query::LikeSyntax{'!'}, " LIKE " + quoted(like) + " ESCAPE '!'");
    }
    for (const auto& glob : globs) { compare(text, glob, sealed_query::GlobSyntax{}, " GLOB " + quoted(glob)); }
  }
}
