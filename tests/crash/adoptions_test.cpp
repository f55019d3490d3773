#include "crash/adoptions.hpp"
#include "crash/file_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: adopt into SQLite until killed" * doctest::skip()) { crash::adopt_until_killed<crash::FilePlace>(); }

TEST_CASE("an adoption into SQLite that is killed goes on, and nothing is lost or stored twice") {
  support::Ends ends = crash::KilledAdoptions<crash::FilePlace>("child: adopt into SQLite until killed").run();
  CHECK(ends["went on"] >= 3);
}
