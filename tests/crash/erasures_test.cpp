#include "crash/erasures.hpp"
#include "crash/file_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: erase from SQLite until killed" * doctest::skip()) { crash::erase_until_killed<crash::FilePlace>(); }

TEST_CASE("an erasure from SQLite that is killed goes on, counts nothing twice, and leaves nothing") {
  support::Ends ends = crash::KilledErasures<crash::FilePlace>("child: erase from SQLite until killed").run();
  CHECK(ends["went on"] + ends["rows were gone"] >= 3);
}
