#include "conformance/sample.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using namespace heddle;
using namespace std::chrono_literals;
using conformance::alice;
using support::code_of;

namespace {

/// SQLite in which every id of the usual length is in use.
struct Crowded : Sqlite {
  struct CrowdedErrors : heddle::sqlite::Dialect::Errors {
    CrowdedErrors() {
      std::string sql = insert.text();
      const std::string values = "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
      sql.replace(sql.find(values), values.size(), "SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE length(?2) > 26");
      insert = decltype(insert){sql};
    }
  };
  struct Dialect : heddle::sqlite::Dialect {
    using Errors = CrowdedErrors;
  };
};

}  // namespace

TEST_CASE("a generated error id that is in use is replaced, the caller's id is not") {
  Backend<Crowded> backend({.path = ":memory:"});
  backend.migrate();
  auto& store = backend.error_store();
  const Timestamp leap_day = std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 13h + 5min + 9s;
  const StoredError error{.timestamp = leap_day, .raw_error = "x"};
  const auto is_stored_alone = [&](const std::string& id) {
    const auto stored = store.list(alice).items;
    return stored.size() == 1 && stored.front().id == id;
  };
  const std::string id = store.store(alice, error, {.idempotency_key = "k1"});
  // The id gets longer so that the error is not lost.
  CHECK(id.starts_with("err_20240229_130509_"));
  CHECK(id.size() > 26);
  CHECK(store.store(alice, error, {.idempotency_key = "k1"}) == id);
  CHECK(is_stored_alone(id));
  CHECK(code_of([&] { store.store(alice, {.id = "e1", .raw_error = "x"}); }) == ErrorCode::already_exists);
  CHECK(is_stored_alone(id));
}
