#include "heddle/transfer/line_fields.hpp"
#include "heddle/error.hpp"
#include "heddle/validation/json_check.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using heddle::transfer::LineFields;

bool is_read(const std::string& line) {
  LineFields fields;
  try {
    fields.parse(line, 7);
  } catch (const heddle::Error& error) {
    CHECK(error.code() == heddle::ErrorCode::data_loss);
    CHECK(std::string_view(error.what()) == "line 7 of the stream is not one JSON object");
    return false;
  }
  return true;
}

/// What the parser of all other JSON says.
bool is_object(const std::string& line) {
  return line.starts_with('{') && heddle::validation::find_json_error(line) == std::string::npos;
}

}  // namespace

TEST_CASE("a line is read exactly if it is a JSON object, whichever of its bytes is another one") {
  const std::string_view lines[]{
      R"({"type":"message","text":"a\"\\\/\b\f\n\r\tz","pair":"\ud83d\uDE00\u00e4\u001f","integer":-120,"zero":0})",
      R"({ "a" : 1.5e+10 ,"b":-0.25, "c":true,"d":null ,"e":{"f":["]}",{}], "g":"\u0041"} , "h":[1,[],"\\"] } )",
      "{\"\":\"\u00e4\u20ac\U0001f600 \uffff plain text of more than eight bytes\",\"\u00e4\":\"\"}",
      "{}",
      "{ }",
  };
  for (const std::string_view sample : lines) {
    std::string line(sample);
    REQUIRE(is_read(line));
    for (std::size_t at = 0; at < sample.size(); ++at) {
      REQUIRE(is_read(line.substr(0, at)) == is_object(line.substr(0, at)));
      for (int code = 0; code < 256; ++code) {
        // No line has its own end in it.
        if (code == '\n') { continue; }
        line[at] = static_cast<char>(code);
        CAPTURE(line);
        REQUIRE(is_read(line) == is_object(line));
      }
      line[at] = sample[at];
    }
  }
}

TEST_CASE("the fields of a line are read by their names, in any order, and what is left over is refused") {
  const std::string line = R"({"last":"\u00e4\n","first":-5,"json":{"a":[1,"}"]}})";
  LineFields fields;
  fields.parse(line, 1);
  CHECK(fields.get<std::int64_t>("first") == -5);
  CHECK(fields.get<std::string>("last") == "\u00e4\n");
  CHECK_THROWS_WITH(fields.require_end(), "line 1 of the stream has a field that its type has not");
  std::int64_t missing = 0;
  CHECK(!fields.find("missing", missing));
  CHECK(fields.get<heddle::transfer::JsonColumn>("json").text == R"({"a":[1,"}"]})");
  CHECK_NOTHROW(fields.require_end());
  CHECK(!fields.find("missing", missing));
  CHECK_THROWS_WITH(static_cast<void>(fields.get<std::string>("missing")),
                    "line 1 of the stream lacks the field missing");
}
