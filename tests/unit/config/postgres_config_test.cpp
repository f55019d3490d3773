#include "heddle/config/postgres_config.hpp"

#include "heddle/config/parse.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

using heddle::Environment;
using heddle::ErrorCode;
using support::code_of;
using support::error_of;

namespace {

namespace fs = std::filesystem;
namespace v1 = heddle::v1;
using std::chrono::seconds;

constexpr const char* secret = "S3CRET";

/// Returns an environment with these variables and a data folder.
Environment with(std::map<std::string, std::string> variables = {}) {
  variables.emplace("LOOM_DATA_DIR", "/srv/loom");
  variables.emplace("HOME", "/home/ada");
  return Environment::of(std::move(variables));
}

heddle::postgres::Config settings_of(const std::string& json, const Environment& environment = with()) {
  return heddle::postgres_config(heddle::parse_config_json(json), environment);
}

/// Returns a configuration whose section has these members and a database.
heddle::postgres::Config with_members(const std::string& members, const Environment& environment = with()) {
  return settings_of(R"({"postgres": {"dsn": "d", )" + members + "}}", environment);
}

heddle::Error refusal_of(const heddle::postgres::Config& config) {
  return error_of([&] { heddle::postgres::check(config); });
}

}  // namespace

TEST_CASE("the defaults for PostgreSQL are those of the backend") {
  const auto settings = settings_of(R"({"postgres": {"host": "h", "database": "d"}})");
  const heddle::postgres::Config defaults;
  CHECK(settings.dsn == "host='h' port='5432' dbname='d' sslmode='require'");
  CHECK(settings.admin_dsn.empty());
  CHECK(settings.migration_dsn.empty());
  CHECK(settings.schema == "public");
  CHECK(settings.default_user_id.empty());
  CHECK(settings.named_statements);
  CHECK(!settings.allow_role_without_row_security);
  CHECK(settings.artifact_directory == "/srv/loom/artifacts");
  CHECK(settings.migration_directory.empty());
  CHECK(settings.pool.max_connections == defaults.pool.max_connections);
  CHECK(settings.pool.min_connections == defaults.pool.min_connections);
  CHECK(settings.pool.max_idle_time == seconds(300));
  CHECK(settings.pool.max_lifetime == seconds(3600));
  CHECK(settings.pool.health_check_interval == seconds(30));
  CHECK(settings.results.quota_bytes == 0);
  CHECK(settings.results.cleanup_interval == std::chrono::hours(1));
  CHECK(settings.page_bytes == 64 * 1024 * 1024);
  CHECK(settings.search_candidates == 10'000);
  CHECK(settings.reindex_interval == std::chrono::hours(1));
  CHECK(!settings.read_only);
  CHECK(settings.artifact_content == heddle::ArtifactContent::database);
  CHECK(settings.artifact_quota_bytes == 0);
  CHECK(!settings.soft_delete.enabled);
  CHECK(settings.soft_delete.grace_period == seconds(2'592'000));
  CHECK(settings.soft_delete.cleanup_interval == seconds(86'400));
  CHECK(settings.retention == heddle::RetentionConfig{});
  CHECK(settings.query_budget.queries == defaults.query_budget.queries);
  CHECK(settings.query_budget.bytes == defaults.query_budget.bytes);
}

TEST_CASE("every field of the PostgreSQL section reaches the backend's configuration") {
  const auto settings = settings_of(R"({"postgres": {
      "dsn": "own", "admin_dsn": "admin", "migration_dsn": "migration", "schema": "Agents_2",
      "require_user_id": false, "default_user_id": "ada", "named_statements": false,
      "allow_role_without_row_security": true, "artifact_directory": "~/files",
      "page_bytes": "7000000000", "search_candidates": 1000000, "reindex_interval_seconds": 0, "artifact_content": "ARTIFACT_CONTENT_FILES",
      "artifact_quota_bytes": "6000000000", "query_budget": {"queries": 3, "bytes": "5000000000"},
      "results": {"quota_bytes": "6000000000", "cleanup_interval_seconds": 0},
      "retention": {"errors": {"max_age_seconds": 5}, "keys": {"max_count": 9}, "interval_seconds": 10},
      "pool": {"max_connections": 10000, "min_connections": 0, "max_idle_time_seconds": 0, "max_lifetime_seconds": 1,
               "health_check_interval_seconds": 2},
      "soft_delete": {"enabled": true, "grace_period_seconds": 0, "cleanup_interval_seconds": 3}},
    "migration": {"migration_dir": "~/sql"}, "read_only": true})");
  CHECK(settings.dsn == "own");
  CHECK(settings.read_only);
  CHECK(settings.admin_dsn == "admin");
  CHECK(settings.migration_dsn == "migration");
  CHECK(settings.schema == "Agents_2");
  CHECK(settings.default_user_id == "ada");
  CHECK(!settings.named_statements);
  CHECK(settings.allow_role_without_row_security);
  CHECK(settings.artifact_directory == "/home/ada/files");
  CHECK(settings.migration_directory == "/home/ada/sql");
  CHECK(settings.pool.max_connections == 10'000);
  CHECK(settings.pool.min_connections == 0);
  CHECK(settings.pool.max_idle_time == seconds(0));
  CHECK(settings.pool.max_lifetime == seconds(1));
  CHECK(settings.pool.health_check_interval == seconds(2));
  CHECK(settings.results.quota_bytes == 6'000'000'000);
  CHECK(settings.results.cleanup_interval == std::chrono::seconds(0));
  CHECK(settings.page_bytes == 7'000'000'000);
  CHECK(settings.search_candidates == 1'000'000);
  CHECK(settings.reindex_interval == std::chrono::seconds(0));
  CHECK(settings.artifact_content == heddle::ArtifactContent::files);
  CHECK(settings.artifact_quota_bytes == 6'000'000'000);
  CHECK(settings.soft_delete.enabled);
  CHECK(settings.soft_delete.grace_period == seconds(0));
  CHECK(settings.soft_delete.cleanup_interval == seconds(3));
  CHECK(settings.retention ==
        heddle::RetentionConfig{.errors = {.max_age = seconds(5)}, .keys = {.max_count = 9}, .interval = seconds(10)});
  CHECK(settings.query_budget.queries == 3);
  CHECK(settings.query_budget.bytes == 5'000'000'000);
}

TEST_CASE("the fields make a connection string") {
  const auto dsn_of = [](const v1::PostgresStorageConfig& section, const Environment& environment) {
    v1::StorageConfig config;
    *config.mutable_postgres() = section;
    return heddle::postgres_config(config, environment).dsn;
  };
  v1::PostgresStorageConfig section;
  section.set_host("/run/postgresql");
  section.set_port(1);
  section.set_database("my agents");
  section.set_user("o'hara");
  section.set_password(R"(it's \ 'quoted' = host='evil')");
  section.set_ssl_mode("verify-full");
  CHECK(dsn_of(section, with({{"LOOM_PG_PASSWORD", "not this one"}})) ==
        R"(host='/run/postgresql' port='1' dbname='my agents' user='o\'hara' )"
        R"(password='it\'s \\ \'quoted\' = host=\'evil\'' sslmode='verify-full')");

  section.clear_password();
  CHECK(dsn_of(section, with({{"LOOM_PG_PASSWORD", "p"}})).find("password='p'") != std::string::npos);
  CHECK(dsn_of(section, with()).find("password") == std::string::npos);

  // A value that a C string would cut is refused.
  section.set_user(std::string("a\0b", 3));
  CHECK(code_of([&] { static_cast<void>(dsn_of(section, with())); }) == ErrorCode::invalid_argument);
}

TEST_CASE("a connection string is used unchanged") {
  const std::string uri = "postgresql://u@one,two/d?target_session_attrs=read-write";
  const auto variables = with({{"LOOM_PG_PASSWORD", secret}, {"LOOM_PG_DSN", "from outside"}});
  const std::string fields = R"("host": "h", "database": "d", "password": "S3CRET", "ssl_mode": "disable")";
  CHECK(settings_of(R"({"postgres": {"dsn": ")" + uri + R"(", )" + fields + "}}", variables).dsn == uri);
  CHECK(settings_of(R"({"postgres": {)" + fields + "}}", variables).dsn == "from outside");
}

TEST_CASE("the environment provides what the PostgreSQL section lacks") {
  const auto outside = with({{"LOOM_PG_DSN", "dsn from outside"},
                             {"LOOM_PG_ADMIN_DSN", "admin from outside"},
                             {"LOOM_PG_MIGRATION_DSN", "migration from outside"}});
  const auto settings = settings_of(R"({"postgres": {}})", outside);
  CHECK(settings.dsn == "dsn from outside");
  CHECK(settings.admin_dsn == "admin from outside");
  CHECK(settings.migration_dsn == "migration from outside");
  const auto own = with_members(R"("admin_dsn": "a", "migration_dsn": "m")", outside);
  CHECK(own.dsn == "d");
  CHECK(own.admin_dsn == "a");
  CHECK(own.migration_dsn == "m");
}

TEST_CASE("the tenant of calls that name none") {
  CHECK(with_members(R"("require_user_id": true)").default_user_id.empty());
  CHECK(with_members(R"("require_user_id": false)").default_user_id == "default-user");
  CHECK(with_members(R"("require_user_id": false, "default_user_id": "ada")").default_user_id == "ada");
  CHECK(code_of([] { static_cast<void>(with_members(R"("default_user_id": "ada")")); }) == ErrorCode::invalid_argument);
}

TEST_CASE("the default of min_connections is at most max_connections") {
  CHECK(with_members(R"("pool": {"max_connections": 2})").pool.min_connections == 2);
  CHECK(with_members(R"("pool": {"max_connections": 9})").pool.min_connections == 5);
}

TEST_CASE("the folder of artifacts") {
  CHECK(with_members(R"("schema": "s")", Environment::of({{"HOME", "/h"}})).artifact_directory == "/h/.loom/artifacts");
  CHECK(with_members(R"("artifact_directory": "files")").artifact_directory == fs::current_path() / "files");
  CHECK(code_of([] { static_cast<void>(with_members(R"("schema": "s")", Environment::of({}))); }) ==
        ErrorCode::failed_precondition);
}

TEST_CASE("invalid values for PostgreSQL are refused") {
  for (const char* json : {"{}", R"({"postgres": {}})", R"({"postgres": {"host": "h", "password": "S3CRET"}})",
                           R"({"postgres": {"database": "d"}})"}) {
    CAPTURE(json);
    const auto error = error_of([&] { static_cast<void>(settings_of(json)); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).find(secret) == std::string::npos);
  }
  const std::string too_long(64, 'a');
  for (const std::string& members :
       std::initializer_list<std::string>{R"("port": 0)",
                                          R"("port": 65536)",
                                          R"("ssl_mode": "S3CRET")",
                                          R"("schema": "9S3CRET")",
                                          R"("schema": "S3CRET, public")",
                                          R"("schema": "S3CRET\u0000")",
                                          R"("schema": ")" + too_long + '"',
                                          R"("admin_dsn": "S3CRET\u0000")",
                                          R"("migration_dsn": "S3CRET\u0000")",
                                          R"("require_user_id": false, "default_user_id": "\u0000S3CRET")",
                                          R"("pool": {"max_connections": 0})",
                                          R"("pool": {"max_connections": -1})",
                                          R"("pool": {"max_connections": 10001})",
                                          R"("pool": {"min_connections": -1})",
                                          R"("pool": {"min_connections": 26})",
                                          R"("pool": {"max_idle_time_seconds": -1})",
                                          R"("pool": {"max_lifetime_seconds": 0})",
                                          R"("pool": {"health_check_interval_seconds": 0})",
                                          R"("soft_delete": {"grace_period_seconds": -1})",
                                          R"("soft_delete": {"cleanup_interval_seconds": 0})",
                                          R"("search_candidates": 0)",
                                          R"("search_candidates": 1000001)",
                                          R"("query_budget": {"queries": 0})",
                                          R"("query_budget": {"bytes": "0"})",
                                          R"("retention": {"errors": {"max_count": 1}})",
                                          R"("retention": {"interval_seconds": 0})",
                                          R"("soft_delete": {"enabled": true})"}) {
    CAPTURE(members);
    const auto error = error_of([&] { static_cast<void>(with_members(members)); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).find(secret) == std::string::npos);
  }
}

TEST_CASE("the backend's own configuration is validated, too") {
  CHECK(refusal_of({}).code() == ErrorCode::invalid_argument);
  heddle::postgres::check({.dsn = "d", .schema = std::string(63, 'a')});
  CHECK(refusal_of({.dsn = std::string("host=h\0password=S3CRET", 22)}).code() == ErrorCode::invalid_argument);
  CHECK(refusal_of({.dsn = "d", .schema = ""}).code() == ErrorCode::invalid_argument);
  CHECK(code_of([] { heddle::postgres::require_admin({.dsn = "d"}); }) == ErrorCode::failed_precondition);
  heddle::postgres::require_admin({.dsn = "d", .admin_dsn = "a"});
}

TEST_CASE("the refusal of Supabase does not contain its keys") {
  const auto error = error_of(
      [] { static_cast<void>(with_members(R"("supabase": {"enabled": true, "service_role_key": "S3CRET"})")); });
  CHECK(error.code() == ErrorCode::failed_precondition);
  CHECK(std::string(error.what()).find(secret) == std::string::npos);
}
