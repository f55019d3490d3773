#include "heddle/stores/detail/content_type.hpp"
#include "support/crew.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using heddle::stores::detail::bytes_of_type;
using heddle::stores::detail::content_type_of;

// Compiled twice: with libmagic, if it is installed, and without.

namespace {

std::string type_of(std::string_view bytes) { return content_type_of(bytes); }

}  // namespace

TEST_CASE("the first bytes of a content tell its type, with libmagic and without") {
  CHECK(type_of("") == "text/plain");
  CHECK(type_of("x") == "text/plain");
  CHECK(type_of(std::string(bytes_of_type - 1, 'x') + "\xc3") == "text/plain");
  // libmagic wants more of a picture than the start.
  CHECK(type_of("\x89PNG\r\n\x1a\n") == "image/png");
  CHECK(type_of("%PDF-1.7\n") == "application/pdf");
  CHECK(type_of(std::string_view("a\0b", 3)) == "application/octet-stream");
}

TEST_CASE("types of many threads are those of one") {
#ifdef HEDDLE_WITH_LIBMAGIC
  const std::string json = "application/json";
  const std::string table = "text/csv";
#else
  const std::string json = "text/plain";
  const std::string table = "text/plain";
#endif
  support::together(4, [&](int number) {
    for (int round = 0; round < 100; ++round) {
      const bool is_json = (number + round) % 2 == 0;
      CHECK(type_of(is_json ? R"({"a": [1, 2]})" : "a,b\n1,2\n3,4\n") == (is_json ? json : table));
    }
  });
}
