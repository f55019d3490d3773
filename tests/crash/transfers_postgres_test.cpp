#include "crash/server_place.hpp"
#include "crash/transfers.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: import into PostgreSQL until killed" * doctest::skip()) {
  crash::import_until_killed<crash::ServerPlace>();
}

TEST_CASE("an import into PostgreSQL that is killed goes on or is undone, and nothing is lost or stored twice") {
  support::Ends ends = crash::KilledImports<crash::ServerPlace>("child: import into PostgreSQL until killed").run();
  CHECK(ends["went on"] >= 2);
  CHECK(ends["undone"] >= 2);
}
