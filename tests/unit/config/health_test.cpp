#include "heddle/config/health.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/plain_backend.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

using heddle::AnyBackend;
using heddle::Context;
using heddle::health_status;
using support::Plain;

namespace {

using OnSqlite = heddle::Backend<heddle::Sqlite>;
namespace v1 = heddle::v1;

/// SQLite with results that a test can change.
class Patient : public OnSqlite {
 public:
  using OnSqlite::OnSqlite;

  void ping(const Context& context) {
    if (fails_strangely) { throw std::runtime_error("password=S3CRET"); }
    std::this_thread::sleep_for(delay);
    OnSqlite::ping(context);
  }
  heddle::StorageDetails details(const Context& context) {
    auto details = OnSqlite::details(context);
    details.pool = pool;
    return details;
  }

  std::optional<heddle::PoolStatistics> pool{};
  std::chrono::milliseconds delay{0};
  bool fails_strangely = false;
};

static_assert(
    noexcept(health_status(std::declval<OnSqlite&>())) && noexcept(health_status(std::declval<AnyBackend&>())));

}  // namespace

TEST_CASE("a healthy backend, static or erased") {
  OnSqlite backend({.path = ":memory:"});
  CHECK(health_status(backend).healthy());
  CHECK(health_status(backend).migration_version() == 0);

  backend.migrate();
  const auto version = backend.migrator().latest_version();
  const auto status = health_status(backend);
  CHECK(status.healthy());
  CHECK(status.backend() == v1::STORAGE_BACKEND_TYPE_SQLITE);
  CHECK(status.migration_version() == version);
  CHECK(status.removes_expired_results());
  CHECK(status.error().empty());
  CHECK(!status.has_pool_stats());
  CHECK(status.latency_ms() >= 0);

  auto erased = AnyBackend::make<OnSqlite>(heddle::sqlite::Config{.path = ":memory:"});
  erased.migrate();
  const auto same = health_status(erased);
  CHECK(same.healthy());
  CHECK(same.backend() == v1::STORAGE_BACKEND_TYPE_SQLITE);
  CHECK(same.migration_version() == version);
}

TEST_CASE("the status says whether expired results are removed by themselves") {
  OnSqlite backend({.path = ":memory:", .results = {.cleanup_interval = std::chrono::seconds(0)}});
  backend.migrate();
  CHECK(health_status(backend).healthy());
  CHECK_FALSE(health_status(backend).removes_expired_results());
}

TEST_CASE("a backend that reports no details is healthy as well") {
  Plain plain;
  CHECK(health_status(plain).healthy());
  CHECK(health_status(plain).backend() == v1::STORAGE_BACKEND_TYPE_UNSPECIFIED);
  CHECK(health_status(plain).migration_version() == 0);

  auto erased = AnyBackend::make<Plain>();
  CHECK(health_status(erased).healthy());
}

TEST_CASE("the status contains the pool and the latency") {
  Patient backend({.path = ":memory:"});
  backend.pool = heddle::PoolStatistics{5, 3, 2, 25, std::int64_t{1} << 40U, std::chrono::milliseconds(1234)};
  backend.delay = std::chrono::milliseconds(20);
  const auto status = health_status(backend);
  CHECK(status.healthy());
  CHECK(status.latency_ms() >= 20);
  REQUIRE(status.has_pool_stats());
  CHECK(status.pool_stats().total_connections() == 5);
  CHECK(status.pool_stats().idle_connections() == 3);
  CHECK(status.pool_stats().active_connections() == 2);
  CHECK(status.pool_stats().max_connections() == 25);
  CHECK(status.pool_stats().wait_count() == std::int64_t{1} << 40U);
  CHECK(status.pool_stats().wait_duration_ms() == 1234);
}

TEST_CASE("a failure is a status, never an exception") {
  SUBCASE("closed") {
    OnSqlite backend({.path = ":memory:"});
    backend.close();
    const auto status = health_status(backend);
    CHECK(!status.healthy());
    CHECK(status.backend() == v1::STORAGE_BACKEND_TYPE_SQLITE);
    CHECK(status.error() == "the backend is closed");
  }
  SUBCASE("past its deadline") {
    OnSqlite backend({.path = ":memory:"});
    const auto status = health_status(backend, Context{}.with_timeout(std::chrono::seconds(-1)));
    CHECK(!status.healthy());
    CHECK(!status.error().empty());
  }
  SUBCASE("an empty handle") {
    auto storage = AnyBackend::make<OnSqlite>(heddle::sqlite::Config{.path = ":memory:"});
    const AnyBackend other = std::move(storage);
    const auto status = health_status(storage);  // NOLINT(bugprone-use-after-move)
    CHECK(!status.healthy());
    CHECK(!status.error().empty());
  }
  SUBCASE("an exception that is not an Error is not quoted") {
    Patient backend({.path = ":memory:"});
    backend.fails_strangely = true;
    const auto status = health_status(backend);
    CHECK(!status.healthy());
    CHECK(!status.error().empty());
    CHECK(status.error().find("S3CRET") == std::string::npos);
  }
}
