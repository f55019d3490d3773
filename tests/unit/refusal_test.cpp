#include "heddle/refusal.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

using namespace heddle;

TEST_CASE("an id in a message is quoted, and whole up to 64 bytes") {
  CHECK(quoted_id("s1") == "\"s1\"");
  CHECK(quoted_id("") == "\"\"");
  CHECK(quoted_id(std::string(64, 'x')) == "\"" + std::string(64, 'x') + "\"");
  CHECK(quoted_id(std::string(65, 'x')) == "\"" + std::string(64, 'x') + "...\"");
  CHECK(quoted_id(std::string(100'000, 'x')) == "\"" + std::string(64, 'x') + "...\"");
}

TEST_CASE("a long id is not cut in the middle of a character of UTF-8") {
  // Characters of two, three and four bytes, at every place around the 64th byte.
  for (const std::string_view character : {"\xC3\xA4", "\xE4\xB8\x96", "\xF0\x9F\x98\x80"}) {
    for (std::size_t before = 60; before <= 64; ++before) {
      CAPTURE(character);
      CAPTURE(before);
      const bool fits = before + character.size() <= 64;
      const std::string start(before, 'x');
      const std::string id = start + std::string(character) + std::string(10, 'y');
      const std::string rest = fits ? std::string(character) + std::string(64 - before - character.size(), 'y') : "";
      CHECK(quoted_id(id) == "\"" + start + rest + "...\"");
    }
  }
  // A character that ends at the end of the id is not cut.
  CHECK(quoted_id(std::string(62, 'x') + "\xC3\xA4") == "\"" + std::string(62, 'x') + "\xC3\xA4\"");
}

TEST_CASE("control characters of an id cannot change the lines of a log") {
  CHECK(quoted_id("a\nERROR\r\tb\x01\x1F") == "\"a ERROR  b  \"");
  CHECK(quoted_id("a\x1B[31mb\x7F"
                  "c") == "\"a [31mb c\"");
  CHECK(quoted_id("a\xC2\x85"
                  "b\xC2\x9B"
                  "31mc") == "\"a b 31mc\"");
  CHECK(quoted_id("\xC2\xA0\xC3\x85") == "\"\xC2\xA0\xC3\x85\"");
  CHECK(quoted_id("a'\\b") == "\"a'\\b\"");
}

TEST_CASE("a refusal names the kind of the record, its id and what is the matter") {
  constexpr Refusal missing{ErrorCode::not_found, "the session", "does not exist"};
  CHECK(missing.error().code() == ErrorCode::not_found);
  CHECK(std::string_view(missing.error().what()) == "the session does not exist");
  CHECK(std::string_view(missing.of("s").error().what()) == "the session \"s\" does not exist");
  CHECK(missing.of("s").error().code() == ErrorCode::not_found);
  CHECK(std::string_view(missing.error().what()) == "the session does not exist");
}
