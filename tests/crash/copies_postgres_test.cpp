#include "crash/copies.hpp"
#include "crash/file_place.hpp"
#include "crash/server_place.hpp"

#include <doctest/doctest.h>

TEST_CASE("child: copy SQLite to PostgreSQL until killed" * doctest::skip()) {
  crash::copy_until_killed<crash::FilePlace, crash::ServerPlace>();
}

TEST_CASE("a copy from SQLite to PostgreSQL that is killed goes on, and nothing is lost or stored twice") {
  const auto found =
      crash::KilledCopies<crash::FilePlace, crash::ServerPlace>("child: copy SQLite to PostgreSQL until killed").run();
  CHECK(found.resumed >= 3);
  CHECK(found.unchanged >= 1);
}

TEST_CASE("child: copy PostgreSQL to SQLite until killed" * doctest::skip()) {
  crash::copy_until_killed<crash::ServerPlace, crash::FilePlace>();
}

TEST_CASE("a copy from PostgreSQL to SQLite that is killed goes on, and nothing is lost or stored twice") {
  const auto found =
      crash::KilledCopies<crash::ServerPlace, crash::FilePlace>("child: copy PostgreSQL to SQLite until killed").run();
  CHECK(found.resumed >= 3);
  CHECK(found.unchanged >= 1);
}
