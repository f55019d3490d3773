#include "support/hostile_corpus.hpp"
#include "support/hostile_sql.hpp"
#include "support/long_run.hpp"
#include "support/small_stack.hpp"
#include "unit/sealed_query/ask.hpp"

#include <doctest/doctest.h>

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

using namespace heddle;
using namespace sealed_query_tests;
using namespace std::chrono_literals;

/// SQL made to do harm, on a thread with the least stack that a query needs.
namespace {

constexpr std::size_t least_stack = 256 * 1024;
constexpr std::string_view canary = "canary-7788";

const Image& table() {
  static const Image image = [] {
    Table table{{"n", "word", "h"}, {}};
    for (std::int64_t i = 0; i < 2000; ++i) {
      table.rows.push_back({i, "word " + std::to_string(i * 7919 % 2000), std::monostate{}});
    }
    for (int i = 0; i < 3; ++i) {
      table.rows.push_back({std::int64_t{i}, std::string("long"), std::string(300'000, '1')});
    }
    return sealed_query::build_image("t", table);
  }();
  return image;
}

/// A result of another tenant: no query on another result may return its text.
const Image& other_table() {
  static const Image image =
      sealed_query::build_image("canary", Table{{"canary"}, {{std::string(canary)}, {std::string(canary)}}});
  return image;
}

/// A function that the program gives to all of its connections.
int add_canary(sqlite3* connection, const char** /*message*/, const sqlite3_api_routines* /*api*/) {
  return sqlite3_create_function_v2(
      connection, "canary", 0, SQLITE_UTF8, nullptr,
      [](sqlite3_context* call, int /*count*/, sqlite3_value** /*values*/) {
        sqlite3_result_text(call, canary.data(), static_cast<int>(canary.size()), SQLITE_STATIC);
      },
      nullptr, nullptr, nullptr);
}

bool shows_canary(const Table& answer) {
  const auto shows = [](std::string_view text) { return text.find(canary) != std::string_view::npos; };
  for (const auto& row : answer.rows) {
    for (const auto& cell : row) {
      if (const auto* text = std::get_if<std::string>(&cell); text != nullptr && shows(*text)) { return true; }
    }
  }
  return false;
}

/// True if the SQL ended as it may: with rows, or with an error that is the SQL's own.
bool ends_well(const std::string& sql, std::string& message) {
  QueryLimits limits;
  limits.time = 10ms;
  // What other queries have left in memory could be seen.
  static_cast<void>(ask(other_table(), "SELECT canary || '' FROM canary ORDER BY 1"));
  try {
    const auto answer = ask(table(), sql, limits);
    message = "the answer contains what belongs to others";
    return !shows_canary(answer);
  } catch (const Error& error) {
    message = error.what();
    const auto code = error.code();
    const bool own = code == ErrorCode::invalid_argument || code == ErrorCode::resource_exhausted ||
                     code == ErrorCode::deadline_exceeded;
    return own && message.find(canary) == std::string::npos;
  }
}

}  // namespace

TEST_CASE("generated SQL ends with rows or with an error of its own, crashes no small stack, and sees nothing else") {
  REQUIRE(sqlite3_auto_extension(reinterpret_cast<void (*)()>(&add_canary)) == SQLITE_OK);
  const char* const given = std::getenv("HEDDLE_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::stoull(given) : 20260817;
  CAPTURE(seed);
  support::HostileSql generator(seed);
  for (std::int64_t i = 0; i < support::size_of_run(2000, 200'000); ++i) {
    const auto sql = generator.next();
    std::string message;
    bool well = false;
    support::on_small_stack(least_stack, [&] { well = ends_well(sql, message); });
    CAPTURE(i);
    CAPTURE(sql);
    CHECK_MESSAGE(well, message);
  }
  for (const auto& each : support::statements_that_ran_long()) {
    std::string message;
    bool well = false;
    support::on_small_stack(least_stack, [&] { well = ends_well(each.sql, message); });
    CAPTURE(each.name);
    CHECK_MESSAGE(well, message);
  }
  sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&add_canary));
}

TEST_CASE("SQL and JSON that nest deeply crash no thread with the least stack") {
  std::vector<std::string> all;
  for (const int steps : {50, 120, 190, 1500}) {
    for (const std::string_view step :
         {"VALUES (1 IN @)", "VALUES (1 IN @), (2 IN @)", "SELECT y + 1 FROM @", "SELECT y IN @ FROM @",
          "SELECT (SELECT y FROM @) FROM @", "SELECT * FROM @ LIMIT 5", "SELECT max(y) OVER () FROM @", "SELECT 1 IN @",
          "SELECT y FROM @ UNION SELECT 1", "VALUES (EXISTS (SELECT 1 FROM @))", "VALUES (1 IN @) UNION VALUES (2)"}) {
      all.push_back(support::chain("VALUES (1)", step, steps));
    }
  }
  using support::repeated;
  for (const int depth : {900, 1990, 20'000}) {
    all.push_back("SELECT json('" + repeated("[", depth) + repeated("]", depth) + "')");
    all.push_back("SELECT json_extract('" + repeated("{\"a\":", depth) + "1" + repeated("}", depth) + "', '$.a')");
    all.push_back("SELECT max(fullkey) FROM json_tree('" + repeated("[", depth) + repeated("]", depth) + "')");
  }
  all.push_back("SELECT " + repeated("(", 90) + "1" + repeated(")", 90));
  all.push_back("SELECT " + repeated("NOT ", 240) + "1");
  all.push_back("SELECT " + repeated("1", 240, "+"));
  all.push_back("SELECT " + repeated("CASE WHEN n THEN ", 60) + "1" + repeated(" END", 60) + " FROM t");
  all.push_back("SELECT * FROM " + repeated("(SELECT * FROM ", 150) + "t" + repeated(")", 150));
  all.push_back("SELECT " + repeated("(SELECT ", 150) + "1" + repeated(")", 150));
  for (const auto& sql : all) {
    std::string message;
    bool well = false;
    support::on_small_stack(least_stack, [&] { well = sql.size() > max_sql_bytes || ends_well(sql, message); });
    CAPTURE(sql);
    CHECK_MESSAGE(well, message);
  }
}
