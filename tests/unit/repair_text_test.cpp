#include "heddle/repair_text.hpp"
#include "heddle/validation/text.hpp"

#include <doctest/doctest.h>

#include <random>
#include <string>

using heddle::repair_text;

TEST_CASE("a text that can be stored is not changed") {
  for (const std::string text : {"", "abc", "äöü 世界 🍕", "\x7f\t\n"}) { CHECK(repair_text(text) == text); }
}

TEST_CASE("each maximal part of a broken sequence becomes one replacement character") {
  const std::string r = "\xEF\xBF\xBD";
  CHECK(repair_text(std::string("a\0b", 3)) == "a" + r + "b");
  CHECK(repair_text("caf\xe9") == "caf" + r);
  // Unicode 15, section 3.9, tables 3-8 to 3-11.
  CHECK(repair_text("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41") == r + r + r + r + r + r + r + r + "A");
  CHECK(repair_text("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41") == r + r + r + r + r + r + r + r + "A");
  CHECK(repair_text("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42") == r + r + r + r + r + "A" + r + r + "B");
  CHECK(repair_text("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41") == r + r + r + r + "A");
}

TEST_CASE("whatever the bytes, the repaired text can be stored, and is its own repair") {
  std::mt19937 random(7);
  std::uniform_int_distribution<int> byte(0, 255);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(static_cast<std::size_t>(round % 16), '\0');
    for (char& each : bytes) { each = static_cast<char>(byte(random)); }
    const std::string repaired = repair_text(bytes);
    const bool clean = heddle::validation::is_clean_utf8(repaired);
    if (!clean || repair_text(repaired) != repaired ||
        (heddle::validation::is_clean_utf8(bytes) && bytes != repaired)) {
      FAIL("round ", round);
    }
  }
}
