#include "heddle/sqlite.hpp"
#include "support/decorated_backend.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace heddle;

TEST_CASE("a decorator policy gets each operation as one unit of work") {
  static_assert(StorageBackend<Backend<support::DecoratedSqlite>>);
  Backend<support::DecoratedSqlite> backend({.path = ":memory:"});
  backend.migrate();
  const auto units = [&](auto&& action) {
    const auto before = support::DecoratedSqlite::units_of_work();
    action();
    return support::DecoratedSqlite::units_of_work() - before;
  };
  auto& store = backend.session_storage();
  CHECK(units([&] { store.save_session({}, {.id = "s"}); }) == 1);
  CHECK(units([&] {
          store.save_message({}, "s", {.content = "x"}, {.idempotency_key = "k", .expected_sequence = 0});
        }) == 1);
  CHECK(units([&] { store.save_turn({}, "s", {{{.content = "a"}, {.content = "b"}}, {{.tool_name = "t"}}}); }) == 1);
  CHECK(units([&] { (void)store.load_session({}, "s"); }) == 1);
  CHECK(units([&] { (void)store.search_messages({}, {.query = "x"}); }) == 1);
  CHECK(units([&] { (void)store.statistics({}); }) == 1);
  CHECK(units([&] { backend.error_store().store({}, {.raw_error = "x"}); }) == 1);
  CHECK(units([&] { backend.artifact_store().index({}, {.name = "a"}); }) == 1);
  CHECK(units([&] { backend.result_store().store({}, {.id = "r", .table = {{"c"}, {}}}); }) == 1);
  CHECK(units([&] { (void)backend.result_store().query({}, "r", "SELECT 1"); }) == 1);
  std::string request;
  CHECK(units([&] { request = backend.human_request_store().store({}, {.question = "?"}); }) == 1);
  CHECK(units([&] { backend.human_request_store().respond({}, request, {}); }) == 1);
}
