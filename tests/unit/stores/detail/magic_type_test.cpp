#include "heddle/sqlite.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;

TEST_CASE("a build with libmagic stores the types that it tells, unless they are given") {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  auto& store = backend.artifact_store();
  const std::string json = R"({"a": [1, 2]})";
  CHECK(store.put({}, {.id = "a"}, json).content_type == "application/json");
  CHECK(store.put({}, {.id = "b", .content_type = "text/plain"}, json).content_type == "text/plain");
  CHECK(store.put({}, {.id = "c"}, "").content_type == "text/plain");
}
