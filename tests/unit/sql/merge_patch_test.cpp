#include "heddle/sql/merge_patch.hpp"

#include <doctest/doctest.h>

#include <string>

using heddle::sql::merge_patch;

// RFC 7396, appendix A, for objects.
TEST_CASE("a merge patch replaces, adds and removes members") {
  CHECK(merge_patch(R"({"a":"b"})", R"({"a":"c"})") == R"({"a":"c"})");
  CHECK(merge_patch(R"({"a":"b"})", R"({"b":"c"})") == R"({"a":"b","b":"c"})");
  CHECK(merge_patch(R"({"a":"b"})", R"({"a":null})") == "{}");
  CHECK(merge_patch(R"({"a":"b","b":"c"})", R"({"a":null})") == R"({"b":"c"})");
  CHECK(merge_patch(R"({"a":["b"]})", R"({"a":"c"})") == R"({"a":"c"})");
  CHECK(merge_patch(R"({"a":"c"})", R"({"a":["b"]})") == R"({"a":["b"]})");
  CHECK(merge_patch(R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})") == R"({"a":{"b":"d"}})");
  CHECK(merge_patch(R"({"a":[{"b":"c"}]})", R"({"a":[1]})") == R"({"a":[1]})");
  CHECK(merge_patch(R"({"e":null})", R"({"a":1})") == R"({"e":null,"a":1})");
  CHECK(merge_patch(R"({"a":1})", R"({"a":{"bb":{"ccc":null}}})") == R"({"a":{"bb":{}}})");
  CHECK(merge_patch("{}", R"({"a":{"bb":{"ccc":null}}})") == R"({"a":{"bb":{}}})");
}

TEST_CASE("a merge patch leaves the text of all other values as it is") {
  const std::string target =
      R"( { "big" : 123456789012345678901234567890 , "e":1.50E+0,"s":"\u00e9\n\"" ,"l":[ 1, {"x": [ ] } ], "o":{"k" : 1} } )";
  CHECK(merge_patch(target, "{}") == target);
  CHECK(merge_patch(target, R"({"new":[ 1 ]})") ==
        R"({"big":123456789012345678901234567890,"e":1.50E+0,"s":"\u00e9\n\"","l":[ 1, {"x": [ ] } ],)"
        R"("o":{"k" : 1},"new":[ 1 ]})");
}

TEST_CASE("a merge patch compares names of members, not how they are written") {
  CHECK(merge_patch(R"({"\u0061":1,"b":2})", R"({"a":3})") == R"({"\u0061":3,"b":2})");
  CHECK(merge_patch(R"({"a":1,"b":2,"a":5})", R"({"a":3})") == R"({"b":2,"a":3})");
  CHECK(merge_patch(R"({"a":{"x":1}})", R"({"a":1,"a":{"y":2}})") == R"({"a":{"x":1,"y":2}})");
  CHECK(merge_patch(R"({":,":":,"})", R"({"x":":,"})") == R"({":,":":,","x":":,"})");
}

TEST_CASE("a merge patch of a large or deep object takes time that grows with its size") {
  std::string target = "{";
  std::string patch = "{";
  for (int index = 0; index < 100'000; ++index) {
    target += (index == 0 ? "\"" : ",\"") + std::to_string(index) + "\":0";
    patch += (index == 0 ? "\"" : ",\"") + std::to_string(index) + "\":1";
  }
  CHECK(merge_patch(target + "}", patch + "}") == patch + "}");
  std::string deep = "1";
  for (int depth = 0; depth < 512; ++depth) { deep = "{\"a\":" + deep + "}"; }
  CHECK(merge_patch("{}", deep) == deep);
}
