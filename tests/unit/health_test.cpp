#include "heddle/health.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/plain_backend.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace heddle;

namespace {

using OnSqlite = Backend<Sqlite>;

/// SQLite with results that a test can change.
class Patient : public OnSqlite {
 public:
  using OnSqlite::OnSqlite;

  void ping(const Context& context) {
    if (is_strange) { throw std::runtime_error("password=S3CRET"); }
    if (failure) { throw Error(*failure, "the words"); }
    OnSqlite::ping(context);
  }
  StorageDetails details(const Context& context) {
    if (has_unknown_records) { throw Error(ErrorCode::failed_precondition, "a newer schema", native_code); }
    StorageDetails details = OnSqlite::details(context);
    details.pool = pool;
    details.migration_version += ahead;
    return details;
  }

  std::optional<PoolStatistics> pool{};
  std::optional<ErrorCode> failure{};
  bool is_strange = false;
  bool has_unknown_records = false;
  std::string native_code{};  ///< of that error
  std::int32_t ahead = 0;
};

std::vector<HealthProblem> problems_of(const Health& health) {
  std::vector<HealthProblem> problems;
  for (const HealthReason& reason : health.reasons) {
    CHECK_FALSE(reason.text.empty());
    problems.push_back(reason.problem);
  }
  return problems;
}

using Problems = std::vector<HealthProblem>;

static_assert(noexcept(health(std::declval<OnSqlite&>())) && noexcept(health(std::declval<AnyBackend&>())));

}  // namespace

TEST_CASE("a migrated backend is live and ready, without reasons") {
  OnSqlite backend({.path = ":memory:"});
  backend.migrate();
  const Health found = health(backend);
  CHECK(found.live);
  CHECK(found.ready);
  CHECK(found.reasons.empty());
  CHECK(found.backend == "sqlite");
  REQUIRE(found.details.has_value());
  CHECK(found.details->migration_version == found.details->latest_version);
  CHECK(found.details->latest_version == backend.migrator().latest_version());
}

TEST_CASE("a schema that is older than the program is not ready") {
  OnSqlite backend({.path = ":memory:"});
  CHECK(problems_of(health(backend)) == Problems{HealthProblem::not_migrated});
  backend.migrate();
  backend.migrator().down({}, 1);
  const Health found = health(backend);
  CHECK(found.live);
  CHECK_FALSE(found.ready);
  CHECK(problems_of(found) == Problems{HealthProblem::not_migrated});
  CHECK(found.reasons[0].text.find(std::to_string(found.details->latest_version)) != std::string::npos);
}

TEST_CASE("servers of a version before go on when the schema becomes newer") {
  Patient backend({.path = ":memory:"});
  backend.migrate();
  SUBCASE("as PostgreSQL says it") { backend.ahead = 1; }
  SUBCASE("as SQLite says it") { backend.has_unknown_records = true; }
  const Health found = health(backend);
  CHECK(found.live);
  CHECK(found.ready);
  CHECK(problems_of(found) == Problems{HealthProblem::unknown_schema});
}

TEST_CASE("a backend that can never serve again is not live") {
  OnSqlite backend({.path = ":memory:"});
  backend.migrate();
  backend.close();
  const Health found = health(backend);
  CHECK_FALSE(found.live);
  CHECK_FALSE(found.ready);
  CHECK(problems_of(found) == Problems{HealthProblem::closed});

  auto storage = AnyBackend::make<OnSqlite>(sqlite::Config{.path = ":memory:"});
  const AnyBackend other = std::move(storage);
  CHECK_FALSE(health(storage).live);  // NOLINT(bugprone-use-after-move)
}

TEST_CASE("a database that does not answer leaves the server alive") {
  Patient backend({.path = ":memory:"});
  backend.migrate();
  const std::vector<std::pair<ErrorCode, HealthProblem>> expected{
      {ErrorCode::unavailable, HealthProblem::unreachable},
      {ErrorCode::permission_denied, HealthProblem::unreachable},
      {ErrorCode::resource_exhausted, HealthProblem::unreachable},
      {ErrorCode::internal, HealthProblem::unreachable},
      {ErrorCode::deadline_exceeded, HealthProblem::no_answer_in_time},
      {ErrorCode::cancelled, HealthProblem::no_answer_in_time},
      {ErrorCode::data_loss, HealthProblem::damaged}};
  for (const auto& each : expected) {
    const HealthProblem problem = each.second;
    CAPTURE(to_string(each.first));
    backend.failure = each.first;
    const Health found = health(backend);
    CHECK(found.live);
    CHECK_FALSE(found.ready);
    CHECK(problems_of(found) == Problems{problem});
    CHECK(found.reasons[0].text == "the words");
  }
  backend.failure.reset();
  CHECK(health(backend).ready);
  CHECK(problems_of(health(backend, Context{}.with_timeout(std::chrono::seconds(-1)))) ==
        Problems{HealthProblem::no_answer_in_time});
}

TEST_CASE("a server that refuses the next connection after it has answered is unreachable, not newer") {
  Patient backend({.path = ":memory:"});
  backend.migrate();
  backend.has_unknown_records = true;
  backend.native_code = "55000";
  const Health found = health(backend);
  CHECK(found.live);
  CHECK_FALSE(found.ready);
  CHECK(problems_of(found) == Problems{HealthProblem::unreachable});
}

TEST_CASE("calls that wait for a connection are a reason, and the backend serves") {
  Patient backend({.path = ":memory:"});
  backend.migrate();
  backend.pool =
      PoolStatistics{.total_connections = 2, .active_connections = 2, .max_connections = 2, .waiting_calls = 1};
  const Health found = health(backend);
  CHECK(found.ready);
  CHECK(problems_of(found) == Problems{HealthProblem::busy});
  backend.pool->waiting_calls = 0;
  CHECK(health(backend).reasons.empty());
}

TEST_CASE("an exception that is not an Error is not quoted") {
  Patient backend({.path = ":memory:"});
  backend.is_strange = true;
  const Health found = health(backend);
  CHECK(found.live);
  CHECK_FALSE(found.ready);
  REQUIRE(found.reasons.size() == 1);
  CHECK(found.reasons[0].text.find("S3CRET") == std::string::npos);
}

TEST_CASE("a backend that reports no details can be ready as well") {
  support::Plain plain;
  CHECK(health(plain).ready);
  CHECK(health(plain).backend.empty());
  CHECK_FALSE(health(plain).details.has_value());
  auto erased = AnyBackend::make<support::Plain>();
  CHECK(health(erased).ready);
}
