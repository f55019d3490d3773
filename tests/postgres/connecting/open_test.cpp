#include "heddle/open.hpp"

#include "heddle/capabilities.hpp"
#include "heddle/config/health.hpp"
#include "heddle/erasure.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/postgres_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <libpq-fe.h>

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <thread>

using heddle::Environment;
using heddle::ErrorCode;
using support::code_of;
using support::error_of;
using support::PostgresDatabase;

namespace {

namespace v1 = heddle::v1;

const heddle::Context ada = heddle::Context::for_user("ada");

/// Returns a configuration without a server.
v1::StorageConfig empty_config() {
  v1::StorageConfig config;
  config.set_backend(v1::STORAGE_BACKEND_TYPE_POSTGRES);
  config.mutable_postgres()->mutable_pool()->set_max_connections(2);
  return config;
}

heddle::OpenOptions with(const support::TemporaryFolder& folder, std::map<std::string, std::string> variables = {}) {
  variables["LOOM_DATA_DIR"] = folder.path().string();
  return {.environment = Environment::of(std::move(variables))};
}

}  // namespace

TEST_CASE("a configuration opens PostgreSQL and migrates it with the role for that") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database(PostgresDatabase::Contents::roles_only);
  auto config = empty_config();
  config.mutable_postgres()->set_migration_dsn(database.admin_dsn());
  auto storage = heddle::open(config, with(folder, {{"LOOM_PG_DSN", database.app_dsn()}}));
  CHECK(storage.name() == "postgres");
  storage.session_storage().save_session(ada, {.id = "s"});
  CHECK(storage.session_storage().load_session(ada, "s"));
  CHECK(code_of([&] { storage.session_storage().save_session({}, {.id = "s"}); }) == ErrorCode::invalid_argument);

  const auto status = heddle::health_status(storage);
  CHECK(status.healthy());
  CHECK(status.backend() == v1::STORAGE_BACKEND_TYPE_POSTGRES);
  CHECK(status.migration_version() >= 1);
  CHECK(status.pool_stats().max_connections() == 2);

  CHECK(!heddle::online_backup(storage));
  REQUIRE(heddle::soft_deletion(storage));
  CHECK(heddle::soft_deletion(storage)->soft_delete_session(ada, "s"));
  CHECK(heddle::user_transfer(storage));
  CHECK(heddle::erase_user(storage, ada, {.idempotency_key = "k"}).digest.size() == 64);
  // The role that migrates is not used for administration.
  CHECK(!heddle::administration(storage));
  CHECK(code_of([&] { static_cast<void>(heddle::administration(storage)->statistics({})); }) ==
        ErrorCode::failed_precondition);
  CHECK(storage.artifact_store()
            .folder(ada, heddle::ArtifactFolder::user)
            .string()
            .starts_with((folder.path() / "artifacts").string()));
}

TEST_CASE("the error of a role that may not migrate names the needed role") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database(PostgresDatabase::Contents::roles_only);
  auto config = empty_config();
  config.mutable_postgres()->set_dsn(database.app_dsn());
  const auto error = error_of([&] { static_cast<void>(heddle::open(config, with(folder))); });
  CHECK(error.code() == ErrorCode::permission_denied);
  CHECK(std::string(error.what()).find("LOOM_PG_ADMIN_DSN") != std::string::npos);
  config.mutable_postgres()->set_admin_dsn(database.admin_dsn());
  static_cast<void>(heddle::open(config, with(folder)));
  // Any role may migrate a database that lacks no migration.
  config.mutable_postgres()->clear_admin_dsn();
  auto storage = heddle::open(config, with(folder));
  storage.session_storage().save_session(ada, {.id = "s"});
}

TEST_CASE("migrating another database than the served one is refused and changes nothing there") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  const PostgresDatabase other(PostgresDatabase::Contents::roles_only);
  for (const char* variable : {"LOOM_PG_ADMIN_DSN", "LOOM_PG_MIGRATION_DSN"}) {
    CAPTURE(variable);
    const auto options = with(folder, {{"LOOM_PG_DSN", database.app_dsn()}, {variable, other.admin_dsn()}});
    const auto error = error_of([&] { static_cast<void>(heddle::open(empty_config(), options)); });
    CHECK(error.code() == ErrorCode::failed_precondition);
    CHECK(std::string(error.what()).find("another database") != std::string::npos);
  }
  CHECK(support::RawPostgres(other.superuser_dsn()).text("SELECT to_regclass('sessions')").empty());
}

TEST_CASE("a value in a connection string that libpq refuses is invalid_argument") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  for (const std::string wrong : {"port=54x2", "port=99999", "sslmode=requir", "target_session_attrs=readwrite",
                                  "connect_timeout=soon", "options='-c foo=1'"}) {
    CAPTURE(wrong);
    const auto options = with(folder, {{"LOOM_PG_DSN", database.app_dsn() + " " + wrong}});
    const auto error = error_of([&] { static_cast<void>(heddle::open(empty_config(), options)); });
    CAPTURE(error.what());
    CHECK_FALSE(error.retryable());
  }
}

TEST_CASE("fields can name a PostgreSQL database") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  support::RawPostgres raw(database.superuser_dsn());
  auto config = empty_config();
  auto& section = *config.mutable_postgres();
  section.set_host(::PQhost(raw.handle()));
  section.set_port(std::stoi(::PQport(raw.handle())));
  section.set_database(database.name());
  section.set_user("heddle_app");
  section.set_ssl_mode("disable");
  section.set_require_user_id(false);
  config.mutable_migration()->set_auto_migrate(false);
  auto storage = heddle::open(config, with(folder, {{"LOOM_PG_ADMIN_DSN", database.admin_dsn()}}));
  storage.session_storage().save_session({}, {.id = "s"});
  CHECK(heddle::administration(storage)->sessions_per_user({}).items ==
        std::vector<heddle::SessionCount>{{"default-user", 1}});
}

TEST_CASE("a role that row security does not apply to is refused unless the configuration allows it") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  auto config = empty_config();
  config.mutable_postgres()->set_dsn(database.superuser_dsn());
  config.mutable_migration()->set_auto_migrate(false);
  const auto error = error_of([&] { static_cast<void>(heddle::open(config, with(folder))); });
  CHECK(error.code() == ErrorCode::permission_denied);
  CHECK(std::string(error.what()).find("allow_role_without_row_security") != std::string::npos);
  config.mutable_postgres()->set_allow_role_without_row_security(true);
  heddle::open(config, with(folder)).ping();
}

TEST_CASE("errors of opening do not contain the password") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  // Settings that the server, libpq's connecting and libpq's parser refuse; the last one breaks the string itself.
  for (const std::string wrong : {"user='nobody'", "dbname='none'", "host='none.invalid'", "sslmode='S3CRET'",
                                  "nonsense='S3CRET'", "port='S3CRET'", "application_name='S3CRET"}) {
    CAPTURE(wrong);
    auto config = empty_config();
    config.mutable_postgres()->set_dsn(database.app_dsn() + " password='S3CRET' " + wrong);
    const auto error = error_of([&] { static_cast<void>(heddle::open(config, with(folder))); });
    CHECK(std::string(error.what()).find("S3CRET") == std::string::npos);
  }
}

TEST_CASE("opening a server that does not respond ends at the deadline and when a stop is requested") {
  const support::TemporaryFolder folder;
  const PostgresDatabase database;
  support::ProtocolProxy proxy(database.app_dsn());
  proxy.freeze();
  auto options = with(folder, {{"LOOM_PG_DSN", proxy.dsn(database.app_dsn())}});
  options.context = heddle::Context{}.with_timeout(std::chrono::milliseconds(200));
  CHECK(code_of([&] { static_cast<void>(heddle::open(empty_config(), options)); }) == ErrorCode::deadline_exceeded);

  std::stop_source stop;
  options.context = heddle::Context{}.with_stop(stop.get_token());
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    stop.request_stop();
  });
  CHECK(code_of([&] { static_cast<void>(heddle::open(empty_config(), options)); }) == ErrorCode::cancelled);
}

TEST_CASE("an invalid connection string is invalid_argument, and is not in the message") {
  const support::TemporaryFolder folder;
  for (const char* dsn : {"password=secret nonsense=1", "postgresql://ada:secret@[", "secret"}) {
    CAPTURE(dsn);
    const auto error = error_of([&] {
      static_cast<void>(heddle::open(empty_config(), with(folder, {{"LOOM_PG_DSN", dsn}})));
    });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).find("postgres: dsn ") != std::string::npos);
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
  }
  // The same for the other connection strings, before they are used.
  const PostgresDatabase database;
  const auto message = [&](std::map<std::string, std::string> variables) {
    variables["LOOM_PG_DSN"] = database.app_dsn();
    return std::string(
        error_of([&] { static_cast<void>(heddle::open(empty_config(), with(folder, variables))); }).what());
  };
  CHECK(message({{"LOOM_PG_ADMIN_DSN", "secret"}}).find("admin_dsn") != std::string::npos);
  CHECK(message({{"LOOM_PG_MIGRATION_DSN", "secret"}}).find("migration_dsn") != std::string::npos);
}
