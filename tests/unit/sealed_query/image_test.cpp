#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/preview.hpp"
#include "heddle/sealed_query/query_image.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

using heddle::Cell;
using heddle::ErrorCode;
using heddle::Table;
using heddle::sealed_query::build_image;

Table ask(const std::vector<std::byte>& image, std::string_view sql) {
  return heddle::sealed_query::query_image(image, sql, {}, {});
}

std::optional<ErrorCode> refusal(std::string_view name, const Table& table) {
  try {
    static_cast<void>(build_image(name, table));
  } catch (const heddle::Error& error) { return error.code(); }
  return std::nullopt;
}

Table numbers(std::int64_t count) {
  Table table{{"n"}, {}};
  for (std::int64_t i = 0; i < count; ++i) { table.rows.push_back({i}); }
  return table;
}

}  // namespace

TEST_CASE("an image returns every row as it was stored; booleans as 1 and 0") {
  const Table table{{"a", "b"},
                    {{std::monostate{}, std::string("text")},
                     {std::int64_t{7}, 2.5},
                     {std::string(), std::string("Grüße, 世界 🧵")},
                     {true, false}}};
  Table expected = table;
  expected.rows[3] = {std::int64_t{1}, std::int64_t{0}};
  CHECK(ask(build_image("t", table), "SELECT * FROM t ORDER BY rowid") == expected);
}

TEST_CASE("fault 26: numbers keep their type and every digit") {
  const std::vector<Cell> values{123456789.0,
                                 std::int64_t{123456789},
                                 0.1,
                                 1e300,
                                 -0.0,
                                 std::numeric_limits<double>::denorm_min(),
                                 std::numeric_limits<double>::max(),
                                 9007199254740993.0,
                                 std::int64_t{9007199254740993},
                                 std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::int64_t>::max(),
                                 std::string("00123"),
                                 std::string("1e5"),
                                 std::string("123456789.0")};
  Table table{{"v"}, {}};
  for (const auto& value : values) { table.rows.push_back({value}); }
  const auto image = build_image("numbers", table);
  CHECK(ask(image, "SELECT v FROM numbers ORDER BY rowid") == table);
  const auto types = ask(image, "SELECT group_concat(DISTINCT typeof(v)) FROM numbers");
  CHECK(types.rows.at(0).at(0) == Cell(std::string("real,integer,text")));
  CHECK(ask(image, "SELECT sum(v) FROM numbers WHERE rowid = 1").rows.at(0).at(0) == Cell(123456789.0));
}

TEST_CASE("fault 23: any column or table name works, quoted") {
  const std::vector<std::string> names{"order", "select", "a b", "say \"hi\"", "it's", "größe",
                                       "[x]",   "a;b",    "--",  "`",          "1",    "rowid"};
  const Table table{names, {std::vector<Cell>(names.size(), Cell(std::int64_t{1}))}};
  for (const auto* name : {"t", "group", "my table", "\"quoted\"", "x'; DROP TABLE y; --", "データ", "json_each"}) {
    CAPTURE(name);
    const auto quoted = heddle::sql::quote_identifier(name);
    CHECK(ask(build_image(name, table), "SELECT * FROM " + quoted) == table);
  }
  const auto picked = ask(build_image("t", table), R"(SELECT "order", "say ""hi""", "größe" FROM t)");
  CHECK(picked.columns == std::vector<std::string>{"order", "say \"hi\"", "größe"});
}

TEST_CASE("fault 26: a table name may be longer than 63 bytes") {
  const std::string name(255, 'n');
  CHECK(ask(build_image(name, numbers(1)), "SELECT count(*) FROM " + name).rows.at(0).at(0) == Cell(std::int64_t{1}));
  CHECK(refusal(std::string(256, 'n'), numbers(1)) == ErrorCode::invalid_argument);
}

TEST_CASE("a table without rows keeps its columns; equal tables make equal images") {
  const Table table{{"a", "b"}, {}};
  CHECK(ask(build_image("t", table), "SELECT * FROM t") == table);
  CHECK(build_image("t", numbers(100)) == build_image("t", numbers(100)));
}

TEST_CASE("2000 columns are stored, 2001 refused") {
  Table table;
  for (int i = 0; i < 2000; ++i) { table.columns.push_back("c" + std::to_string(i)); }
  table.rows.assign(3, std::vector<Cell>(2000, Cell(std::string("x"))));
  CHECK(ask(build_image("t", table), "SELECT * FROM t") == table);
  table.columns.emplace_back("one too many");
  table.rows.clear();
  CHECK(refusal("t", table) == ErrorCode::invalid_argument);
}

TEST_CASE("a table that cannot be stored exactly is refused before any work") {
  const auto nul = std::string("a\0b", 3);
  const std::string invalid = "\xff";
  for (const std::string& name : {std::string(), std::string("sqlite_x"), std::string("SQLite_master"), nul, invalid}) {
    CAPTURE(name);
    CHECK(refusal(name, numbers(1)) == ErrorCode::invalid_argument);
  }
  const auto columns = [](std::vector<std::string> names) { return Table{std::move(names), {}}; };
  for (const auto& table : {columns({}), columns({""}), columns({"a", "A"}), columns({nul}), columns({invalid}),
                            columns({std::string(4097, 'c')})}) {
    CHECK(refusal("t", table) == ErrorCode::invalid_argument);
  }
  CHECK(refusal("t", columns({"ä", "Ä"})) == std::nullopt);  // SQLite folds ASCII only
  const auto row = [](std::vector<Cell> cells) { return Table{{"a"}, {{std::int64_t{1}}, std::move(cells)}}; };
  for (const auto& table :
       {row({}), row({true, true}), row({nul}), row({invalid}), row({std::numeric_limits<double>::infinity()}),
        row({std::numeric_limits<double>::quiet_NaN()}),
        row({std::string(heddle::sealed_query::max_row_bytes, 'x')})}) {
    CHECK(refusal("t", table) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("the largest row can be stored and queried again") {
  const std::string big(heddle::sealed_query::max_row_bytes - heddle::sealed_query::cell_overhead, 'x');
  const Table table{{"a"}, {{big}}};
  CHECK(ask(build_image("t", table), "SELECT a FROM t") == table);

  Table wide;
  for (int i = 0; i < 2000; ++i) { wide.columns.push_back("c" + std::to_string(i)); }
  const std::string part(heddle::sealed_query::max_row_bytes / 2000 - heddle::sealed_query::cell_overhead, 'y');
  wide.rows.push_back(std::vector<Cell>(2000, Cell(part)));
  CHECK(ask(build_image("t", wide), "SELECT * FROM t") == wide);
}

TEST_CASE("a result over 256 MiB is refused as resource_exhausted") {
  const std::vector<Cell> row{std::string(1'000'000, 'x')};
  CHECK(refusal("t", Table{{"a"}, std::vector<std::vector<Cell>>(290, row)}) == ErrorCode::resource_exhausted);
}

TEST_CASE("a preview shows the first and the last five rows, each once") {
  using heddle::sealed_query::preview;
  CHECK(preview(Table{}) == Table{});
  for (const std::int64_t few : {0, 1, 4, 5, 6, 9, 10}) {
    CAPTURE(few);
    CHECK(preview(numbers(few)) == numbers(few));
  }
  const auto shown = preview(numbers(100));
  REQUIRE(shown.rows.size() == 10);
  CHECK(shown.columns == std::vector<std::string>{"n"});
  CHECK(shown.rows[4] == std::vector<Cell>{std::int64_t{4}});
  CHECK(shown.rows[5] == std::vector<Cell>{std::int64_t{95}});
  CHECK(shown.rows[9] == std::vector<Cell>{std::int64_t{99}});
  CHECK(preview(numbers(11)).rows[5] == std::vector<Cell>{std::int64_t{6}});
}
