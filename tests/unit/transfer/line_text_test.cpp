#include "heddle/transfer/line_text.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>

using heddle::transfer::append_text;

TEST_CASE("each byte that a string of JSON must escape is escaped, wherever it stands") {
  constexpr std::size_t longest = 25;
  for (std::size_t size = 1; size <= longest; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int code = 1; code < 256; ++code) {
        // Neighbours with the highest bit, and at both ends of what needs no escape.
        std::string text(size, place % 2 == 0 ? '\xff' : ' ');
        text[place] = static_cast<char>(code);
        if (place + 1 < size) { text[place + 1] = '\x80'; }
        const bool is_escaped = code < 0x20 || code == '"' || code == '\\';
        std::string found;
        append_text(found, text);
        REQUIRE(found.size() >= size + 2);
        REQUIRE(found.substr(1, place) == text.substr(0, place));
        REQUIRE((found[place + 1] == '\\') == is_escaped);
        REQUIRE(found.substr(found.size() - 1 - (size - place - 1), size - place - 1) == text.substr(place + 1));
        if (!is_escaped) { REQUIRE(found == "\"" + text + "\""); }
      }
    }
  }
  std::string found;
  append_text(found, std::string_view("\"\\\n\r\t\x01\x1f\"\"\"", 10));
  CHECK(found == R"("\"\\\n\r\t\u0001\u001f\"\"\"")");
}
