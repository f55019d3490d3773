#include "crash/transfers.hpp"
#include "crash/file_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: import into SQLite until killed" * doctest::skip()) {
  crash::import_until_killed<crash::FilePlace>();
}

TEST_CASE("an import into SQLite that is killed goes on or is undone, and nothing is lost or stored twice") {
  support::Ends ends = crash::KilledImports<crash::FilePlace>("child: import into SQLite until killed").run();
  CHECK(ends["went on"] >= 2);
  CHECK(ends["undone"] >= 2);
}
