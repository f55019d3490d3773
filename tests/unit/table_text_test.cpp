#include "heddle/table_text.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle;
using support::code_of;

namespace {

std::string csv(const Table& table, const CsvOptions& options = {}) {
  std::string text;
  write_csv(
      table, [&](std::string_view part) { text += part; }, options);
  return text;
}

std::string json_lines(const Table& table) {
  std::ostringstream text;
  write_json_lines(table, text);
  return text.str();
}

const Table mixed{{"city", "people, all", "share", "old"},
                  {{"Köln", std::int64_t{1084831}, 0.1, true},
                   {"it's \"so\"", std::numeric_limits<std::int64_t>::min(), 123456789.0, false},
                   {Cell{}, Cell{}, -0.0, Cell{}},
                   {"", "a,b", 1e300, "line\r\nbreak\tand tab"}}};

}  // namespace

TEST_CASE("a table as CSV: names, quotation marks where they are needed, exact numbers, and nulls") {
  CHECK(csv(mixed) ==
        "city,\"people, all\",share,old\r\n"
        "Köln,1084831,0.1,true\r\n"
        "\"it's \"\"so\"\"\",-9223372036854775808,123456789.0,false\r\n"
        ",,-0.0,\r\n"
        "\"\",\"a,b\",1e+300,\"line\r\nbreak\tand tab\"\r\n");
  CHECK(csv({{"n"}, {}}) == "n\r\n");
  // A text that reads like the null has quotation marks.
  CHECK(csv({{"t"}, {{Cell{}}, {"NULL"}, {"null"}, {""}}}, {.null = "NULL"}) ==
        "t\r\nNULL\r\n\"NULL\"\r\nnull\r\n\"\"\r\n");
}

TEST_CASE("a table as JSON lines: an object for each row, with the columns in order") {
  CHECK(json_lines(mixed) ==
        R"({"city":"Köln","people, all":1084831,"share":0.1,"old":true})"
        "\n"
        R"({"city":"it's \"so\"","people, all":-9223372036854775808,"share":123456789.0,"old":false})"
        "\n"
        R"({"city":null,"people, all":null,"share":-0.0,"old":null})"
        "\n"
        R"({"city":"","people, all":"a,b","share":1e+300,"old":"line\u000d\nbreak\u0009and tab"})"
        "\n");
  CHECK(json_lines({{"a\"\\\n"}, {{"\x01\x1f\x7f"}}}) == "{\"a\\\"\\\\\\n\":\"\\u0001\\u001f\x7f\"}\n");
  CHECK(json_lines({{"n"}, {}}).empty());
  CHECK(json_lines({{}, {{}}}) == "{}\n");
}

TEST_CASE("every number is read back as the same") {
  for (const double number : {0.1, 1.0 / 3, 5e-324, 1.7976931348623157e308, 1e21, 1e22, 100.0, 9007199254740993.0}) {
    const std::string text = csv({{"n"}, {{number}}});
    const std::string digits = text.substr(3, text.size() - 5);
    CAPTURE(digits);
    CHECK(std::strtod(digits.c_str(), nullptr) == number);
    CHECK(digits.find_first_of(".e") != std::string::npos);
  }
}

TEST_CASE("a table is written row by row, and what cannot be written is refused") {
  std::vector<std::size_t> parts;
  write_csv({{"n"}, {{std::int64_t{1}}, {std::int64_t{2}}}},
            [&](std::string_view part) { parts.push_back(part.size()); });
  CHECK(parts == std::vector<std::size_t>{3, 3, 3});

  const auto refuses = [](const Table& table) {
    const bool as_json = code_of([&] { json_lines(table); }) == ErrorCode::invalid_argument;
    return as_json && code_of([&] { csv(table); }) == ErrorCode::invalid_argument;
  };
  CHECK(refuses({{"n"}, {{std::numeric_limits<double>::infinity()}}}));
  CHECK(refuses({{"n"}, {{std::numeric_limits<double>::quiet_NaN()}}}));
  CHECK(refuses({{"n"}, {{1.0, 2.0}}}));
  CHECK(refuses({{"n"}, {{}}}));
  // CSV has names and bytes as they are; an object of JSON cannot have them.
  const auto refused = [](const Table& table) {
    return code_of([&] { json_lines(table); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({{"n", "n"}, {}}));
  CHECK(refused({{"n"}, {{"\xFF"}}}));
  CHECK(csv({{"n", "n"}, {{"\xFF", 1.5}}}) == "n,n\r\n\xFF,1.5\r\n");
}
