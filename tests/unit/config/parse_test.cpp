#include "heddle/config/parse.hpp"

#include "heddle/config/conversions.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

using heddle::ErrorCode;
using support::code_of;
using support::error_of;

namespace {

namespace v1 = heddle::v1;

constexpr const char* secret = "S3CRET";

}  // namespace

TEST_CASE("a configuration in JSON") {
  const auto config = heddle::parse_config_json(
      R"({"backend": "STORAGE_BACKEND_TYPE_SQLITE", "sqlite": {"path": "a.db"}, "migration": {"targetVersion": 3}})");
  CHECK(config.backend() == v1::STORAGE_BACKEND_TYPE_SQLITE);
  CHECK(config.sqlite().path() == "a.db");
  CHECK(config.migration().target_version() == 3);
  CHECK(!config.migration().has_auto_migrate());
  CHECK(!config.sqlite().has_wal_mode());

  const auto message_of = [](const char* json) {
    const auto error = error_of([&] { static_cast<void>(heddle::parse_config_json(json)); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    return std::string(error.what());
  };
  CHECK(message_of(R"({"sqlite": {"pat": "a"}})").find("pat") != std::string::npos);
  CHECK(message_of(R"({"bakend": 1})").find("bakend") != std::string::npos);
  CHECK(message_of(R"({"sqlite": {"readers": "S3CRET"}})").find("sqlite.readers") != std::string::npos);
  for (const char* json :
       {"", "[]", "{", "null", "S3CRET", "{} S3CRET", R"({"sqlite": {"encryption_key": "S3CRET" "x": 1}})",
        R"({"backend": "S3CRET"})", R"({"sqlite": "S3CRET"})", R"({"sqlite": {"encryption_key": ["S3CRET"]}})",
        R"({"postgres": {"dsn": "postgres://u:S3CRET@h/d", "x": 1}})", R"({"postgres://u:S3CRET@h/d": 1})",
        R"({"postgres": {"password": "S3CRET})"}) {
    CAPTURE(json);
    CHECK(message_of(json).find(secret) == std::string::npos);
  }
}

TEST_CASE("the error for a misspelled enumerator lists the valid ones") {
  const auto message = [](const char* json) {
    return std::string(error_of([&] { static_cast<void>(heddle::parse_config_json(json)); }).what());
  };
  CHECK(message(R"({"backend": "postgres"})").find("STORAGE_BACKEND_TYPE_POSTGRES") != std::string::npos);
  CHECK(message(R"({"sqlite": {"durability": "normal"}})").find("SQLITE_DURABILITY_NORMAL") != std::string::npos);
  CHECK(message(R"({"postgres": {"port": "five"}})").find("one of") == std::string::npos);
}

TEST_CASE("a configuration in binary") {
  v1::StorageConfig config;
  config.set_backend(v1::STORAGE_BACKEND_TYPE_SQLITE);
  config.mutable_sqlite()->set_wal_mode(false);
  config.mutable_sqlite()->set_readers(2);
  const auto read = heddle::parse_config_binary(config.SerializeAsString());
  CHECK(read.sqlite().has_wal_mode());
  CHECK(!read.sqlite().wal_mode());
  CHECK(read.sqlite().readers() == 2);
  CHECK(!read.migration().has_auto_migrate());
  CHECK(heddle::parse_config_binary("").backend() == v1::STORAGE_BACKEND_TYPE_UNSPECIFIED);

  // Field 1 as a varint in the wire format.
  CHECK(heddle::parse_config_binary("\x08\x02").backend() == v1::STORAGE_BACKEND_TYPE_POSTGRES);
  using namespace std::string_view_literals;
  // Truncated; field 6, which does not exist; field 99 of the section.
  for (const auto bytes : {"\x12\x05\x0a"sv, "\x30\x01"sv, "\x12\x03\x98\x06\x01"sv, "path = a.db"sv}) {
    CHECK(code_of([&] { static_cast<void>(heddle::parse_config_binary(bytes)); }) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("the wire format does not change") {
  // The field numbers that other programs use.
  const auto number_of = [](const auto& message, const char* field) {
    const auto* found = message.GetDescriptor()->FindFieldByName(field);
    return found == nullptr ? 0 : found->number();
  };
  const v1::StorageConfig config;
  CHECK(number_of(config, "backend") == 1);
  CHECK(number_of(config, "sqlite") == 2);
  CHECK(number_of(config, "postgres") == 3);
  CHECK(number_of(config, "migration") == 4);
  CHECK(config.GetDescriptor()->IsReservedNumber(5));
  const auto in_order = [&](const auto& message, const std::vector<const char*>& fields) {
    int expected = 0;
    for (const char* field : fields) {
      CAPTURE(field);
      CHECK(number_of(message, field) == ++expected);
    }
  };
  in_order(v1::SQLiteStorageConfig(), {"path", "encrypt", "encryption_key", "wal_mode"});
  in_order(v1::PostgresStorageConfig(), {"host", "port", "database", "user", "password", "dsn", "pool", "ssl_mode",
                                         "default_user_id", "schema", "supabase", "soft_delete", "require_user_id"});
  CHECK(number_of(v1::PostgresStorageConfig(), "admin_dsn") == 100);
  CHECK(number_of(v1::PostgresStorageConfig(), "migration_dsn") == 101);
  CHECK(number_of(v1::PostgresStorageConfig(), "named_statements") == 102);
  CHECK(number_of(v1::PostgresStorageConfig(), "allow_role_without_row_security") == 103);
  CHECK(number_of(v1::PostgresStorageConfig(), "artifact_directory") == 104);
  in_order(v1::PostgresPoolConfig(), {"max_connections", "min_connections", "max_idle_time_seconds",
                                      "max_lifetime_seconds", "health_check_interval_seconds"});
  in_order(v1::SupabaseConfig(), {"enabled", "project_url", "anon_key", "service_role_key"});
  in_order(v1::MigrationConfig(), {"auto_migrate", "migration_dir", "target_version"});
  in_order(v1::SoftDeleteConfig(), {"enabled", "grace_period_seconds", "cleanup_interval_seconds"});
  in_order(v1::StorageHealthStatus(), {"backend", "healthy", "latency_ms", "migration_version", "error", "pool_stats"});
  in_order(v1::PoolStats(), {"total_connections", "idle_connections", "active_connections", "max_connections",
                             "wait_count", "wait_duration_ms"});
  in_order(v1::MigrationStep(), {"version", "description", "sql"});
  in_order(v1::RunMigrationRequest(), {"target_version", "dry_run"});
  in_order(v1::DataReference(),
           {"id", "size_bytes", "location", "checksum", "compressed", "content_type", "metadata", "stored_at"});
}

TEST_CASE("a configuration in a file") {
  const support::TemporaryFolder folder;
  const auto file = folder.path() / "storage";
  const auto load = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    return heddle::load_config(file);
  };
  CHECK(load(" \n\t{\"sqlite\": {\"path\": \"a.db\"}}\n").sqlite().path() == "a.db");
  v1::StorageConfig config;
  config.mutable_sqlite()->set_path("b.db");
  CHECK(load(config.SerializeAsString()).sqlite().path() == "b.db");

  for (const char* content : {"", " \n", "{", "backend: 1", "S3CRET"}) {
    CAPTURE(content);
    const auto error = error_of([&] { static_cast<void>(load(content)); });
    CHECK(error.code() == ErrorCode::invalid_argument);
    CHECK(std::string(error.what()).find(secret) == std::string::npos);
  }
  CHECK(code_of([&] { static_cast<void>(heddle::load_config(folder.path() / "none")); }) == ErrorCode::not_found);
  CHECK_THROWS_AS(static_cast<void>(heddle::load_config(folder.path())), heddle::Error);
}

TEST_CASE("the model converts to messages and back") {
  const heddle::DataReference reference{.id = "r",
                                        .size_bytes = 12,
                                        .location = heddle::DataLocation::database,
                                        .checksum = "abc",
                                        .compressed = true,
                                        .content_type = "application/sql",
                                        .metadata = {{"a", "b"}},
                                        .stored_at = heddle::Timestamp(std::chrono::milliseconds(1234567))};
  const auto message = heddle::to_proto(reference);
  CHECK(message.location() == v1::STORAGE_LOCATION_DATABASE);
  CHECK(message.stored_at() == 1234567);
  CHECK(heddle::from_proto(message) == reference);
  for (const auto location : {heddle::DataLocation::memory, heddle::DataLocation::disk}) {
    CHECK(heddle::from_proto(heddle::to_proto(heddle::DataReference{.location = location})).location == location);
  }
  auto strange = message;
  strange.set_location(v1::STORAGE_LOCATION_UNSPECIFIED);
  CHECK(code_of([&] { static_cast<void>(heddle::from_proto(strange)); }) == ErrorCode::invalid_argument);
  strange = message;
  strange.set_stored_at(INT64_MAX);
  CHECK(code_of([&] { static_cast<void>(heddle::from_proto(strange)); }) == ErrorCode::invalid_argument);

  const auto step = heddle::to_proto(heddle::PendingMigration{3, "more", "SELECT 1"});
  CHECK(step.version() == 3);
  CHECK(step.description() == "more");
  CHECK(step.sql() == "SELECT 1");
}
