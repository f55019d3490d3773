#include "crash/adoptions.hpp"
#include "crash/server_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: adopt into PostgreSQL until killed" * doctest::skip()) {
  crash::adopt_until_killed<crash::ServerPlace>();
}

TEST_CASE("an adoption into PostgreSQL that is killed goes on, and nothing is lost or stored twice") {
  support::Ends ends = crash::KilledAdoptions<crash::ServerPlace>("child: adopt into PostgreSQL until killed").run();
  CHECK(ends["went on"] >= 3);
}
