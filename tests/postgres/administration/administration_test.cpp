#include "heddle/any_backend.hpp"
#include "heddle/capabilities.hpp"
#include "heddle/postgres.hpp"
#include "heddle/postgres/policy.ipp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace heddle;
using support::code_of;
using support::error_of;

static_assert(StoragePolicy<Postgres>);

namespace {

using OnServer = Backend<Postgres>;

const Context ada = Context::for_user("ada");

/// A tracer that records warnings.
struct Warned {
  struct Span {
    std::vector<std::string>& warnings;
    void fail(const Error& /*error*/) noexcept {}
    void warn(std::string_view message) { warnings.emplace_back(message); }
  };
  Span start(const Call& /*call*/) noexcept { return {*warnings}; }

  std::shared_ptr<std::vector<std::string>> warnings = std::make_shared<std::vector<std::string>>();
};

}  // namespace

static_assert(StorageBackend<OnServer> && AdministersTenants<OnServer> && SoftDeletes<OnServer>);
static_assert(InspectsMigrations<OnServer> && ReportsDetails<OnServer> && !BacksUpOnline<OnServer>);

TEST_CASE("with its connection there is administration, for a backend of a known type and for a handle") {
  const support::MigratedDatabase database;
  const auto users_of = [](auto& storage) {
    const auto admin = administration(storage);
    REQUIRE(admin);
    return admin->statistics({}).users;
  };
  OnServer backend(database.config());
  backend.session_storage().save_session(ada, {.id = "s"});
  CHECK(backend.can_administer());
  CHECK(users_of(backend) == 1);
  auto handle = AnyBackend::make<OnServer>(database.config());
  CHECK(users_of(handle) == 1);
  static_assert(!decltype(online_backup(backend))::possible);
  static_assert(decltype(reindexing(backend))::possible);
  static_assert(decltype(retention(backend))::possible);
  static_assert(!decltype(scrubbing(backend))::possible);
  static_assert(!decltype(compaction(backend))::possible);
  CHECK(!compaction(handle));
}

TEST_CASE("validate_permissions returns the privileges of the administrator's role") {
  support::MigratedDatabase database;
  const Warned tracer;
  auto config = database.config();
  SUBCASE("all of them") {
    Backend<Postgres, Warned> backend(config, tracer);
    const auto permissions = backend.admin_storage().validate_permissions({});
    CHECK(permissions.bypasses_row_security);
    CHECK(permissions.problems.empty());
    CHECK(tracer.warnings->empty());
  }
  SUBCASE("of the role of the server") {
    config.admin_dsn = config.dsn;
    Backend<Postgres, Warned> backend(config, tracer);
    const auto permissions = backend.admin_storage().validate_permissions({});
    CHECK(!permissions.bypasses_row_security);
    REQUIRE(permissions.problems.size() == 1);
    CHECK(permissions.problems.front().find("sessions") != std::string::npos);
    CHECK(*tracer.warnings == permissions.problems);
    // The rows that such a role sees would be taken for all rows.
    const auto refused = [](const auto& ask) { return code_of(ask) == ErrorCode::permission_denied; };
    CHECK(refused([&] { static_cast<void>(backend.admin_storage().statistics({})); }));
    CHECK(refused([&] { static_cast<void>(backend.admin_storage().list_sessions({})); }));
    CHECK(refused([&] { backend.session_storage().purge_deleted_sessions({}, std::chrono::seconds(0)); }));
  }
  SUBCASE("without one of them") {
    support::RawPostgres(database.database().superuser_dsn()).execute("DROP POLICY owner ON artifacts");
    Backend<Postgres, Warned> backend(config, tracer);
    const auto permissions = backend.admin_storage().validate_permissions({});
    CHECK(!permissions.bypasses_row_security);
    CHECK(permissions.problems ==
          std::vector<std::string>{"the administrator's role does not see the rows of all tenants in artifacts"});
  }
}

TEST_CASE("validate_permissions waits for no lock on a table") {
  support::MigratedDatabase database;
  OnServer backend(database.config());
  support::RawPostgres other(database.database().superuser_dsn());
  other.execute("BEGIN");
  other.execute("LOCK TABLE artifacts, sessions IN ACCESS EXCLUSIVE MODE");
  const Context hurried = Context{}.with_timeout(std::chrono::minutes(1));
  const auto permissions = backend.admin_storage().validate_permissions(hurried);
  CHECK(permissions.bypasses_row_security);
  CHECK(permissions.problems.empty());
  other.execute("ROLLBACK");
}

TEST_CASE("a policy that shows an administrator only some tenants is a problem") {
  support::MigratedDatabase database;
  support::RawPostgres(database.database().superuser_dsn()).execute("ALTER POLICY owner ON artifacts USING (false)");
  OnServer backend(database.config());
  CHECK(backend.admin_storage().validate_permissions({}).problems ==
        std::vector<std::string>{"the administrator's role does not see the rows of all tenants in artifacts"});
}

TEST_CASE("the administrator removes the expired results of all tenants, and a role that sees one tenant does not") {
  support::MigratedDatabase database;
  OnServer backend(database.config());
  auto& results = backend.result_store();
  for (int i = 0; i < 70; ++i) {
    const auto tenant = Context::for_user("tenant " + std::to_string(i % 3));
    results.store(tenant, {.table = {{"n"}, {}}, .time_to_live = std::chrono::milliseconds(1)});
    if (i < 5) { results.store(tenant, {.table = {{"n"}, {}}}); }
  }
  auto config = database.config();
  config.admin_dsn = config.dsn;
  OnServer blind(config);
  CHECK(code_of([&] { blind.result_store().purge_expired(); }) == ErrorCode::permission_denied);
  support::RawPostgres server(database.database().superuser_dsn());
  server.execute("UPDATE sql_results SET expires_at = 1 WHERE expires_at - stored_at < 60000000");
  CHECK(results.purge_expired() == 70);
  CHECK(results.purge_expired() == 0);
  CHECK(server.integer("SELECT count(*) FROM sql_result_images") == 5);
}

TEST_CASE("the administrator removes old records of all tenants, and a role that sees one tenant does not") {
  support::MigratedDatabase database;
  OnServer backend(database.config());
  // More than one list of tenants has.
  constexpr int tenants = 300;
  for (int i = 0; i < tenants; ++i) {
    const auto tenant = Context::for_user("tenant " + std::to_string(i));
    for (const int number : {1, 2}) {
      backend.error_store().store(tenant, {.id = std::to_string(number), .raw_error = "x"});
    }
  }
  const RetentionConfig rules{.errors = {.max_count = 1}};
  auto config = database.config();
  config.admin_dsn = config.dsn;
  OnServer blind(config);
  CHECK(code_of([&] { blind.apply_retention({}, rules); }) == ErrorCode::permission_denied);
  CHECK(backend.apply_retention({}, rules).errors == tenants);
  support::RawPostgres server(database.database().superuser_dsn());
  CHECK(server.integer("SELECT count(*) FROM agent_errors") == tenants);
  CHECK(server.integer("SELECT count(*) FROM agent_errors WHERE id = '2'") == tenants);
}

TEST_CASE("without its connection there is no administration") {
  const support::MigratedDatabase database;
  auto config = database.config();
  config.admin_dsn.clear();
  OnServer backend(config);
  CHECK(!backend.can_administer());
  CHECK(!administration(backend));
  auto handle = AnyBackend::make<OnServer>(config);
  CHECK(!administration(handle));
  CHECK(soft_deletion(handle));
  const auto error = error_of([&] { static_cast<void>(backend.admin_storage().statistics({})); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find("admin_dsn") != std::string::npos);
  CHECK(code_of([&] { static_cast<void>(backend.admin_storage().validate_permissions({})); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { backend.session_storage().purge_deleted_sessions({}, std::chrono::seconds(0)); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { backend.result_store().purge_expired(); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { backend.apply_retention({}, {.keys = {.max_count = 1}}); }) == ErrorCode::failed_precondition);
  CHECK(!retention(backend));
  CHECK(!retention(handle));
  config.retention.keys.max_count = 1;
  CHECK(code_of([&] { const OnServer refused(config); }) == ErrorCode::invalid_argument);
  // Nothing is removed by itself, and one can see it.
  CHECK_FALSE(backend.details().removes_expired_results);
  CHECK_FALSE(detail_report(handle)->details().removes_expired_results);
  CHECK(OnServer(database.config()).details().removes_expired_results);
  // Operations that need no other role work.
  backend.session_storage().save_session(ada, {.id = "s"});
  CHECK(backend.session_storage().soft_delete_session(ada, "s"));
  CHECK(backend.session_storage().restore_session(ada, "s"));
}
