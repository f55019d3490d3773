#include "crash/erasures.hpp"
#include "crash/server_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: erase from PostgreSQL until killed" * doctest::skip()) {
  crash::erase_until_killed<crash::ServerPlace>();
}

TEST_CASE("an erasure from PostgreSQL that is killed goes on, counts nothing twice, and leaves nothing") {
  support::Ends ends = crash::KilledErasures<crash::ServerPlace>("child: erase from PostgreSQL until killed").run();
  CHECK(ends["went on"] + ends["rows were gone"] >= 3);
}
