// The exact text of the errors of a configuration that users meet most; see tests/unit/messages_test.cpp.
#include "heddle/config/environment.hpp"
#include "heddle/open.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

using namespace heddle;

namespace {

/// Checks that opening this configuration throws an Error with this code and exactly this message.
void says(ErrorCode code, std::string_view message, std::string_view json) {
  const support::TemporaryFolder folder;
  const OpenOptions options{.context = {}, .environment = Environment::of({{"LOOM_DATA_DIR", folder.path().string()}})};
  CAPTURE(json);
  const Error error = support::error_of([&] { static_cast<void>(open_json(json, options)); });
  CHECK(error.code() == code);
  CHECK(std::string_view(error.what()) == message);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace

TEST_CASE("messages: a configuration that cannot be read") {
  const auto invalid = ErrorCode::invalid_argument;
  says(invalid,
       "the configuration's JSON cannot be read: it has no field bakend: use one of backend, sqlite, postgres, "
       "migration, metrics, read_only",
       R"({"bakend": "secret"})");
  const Error unknown = support::error_of([] { static_cast<void>(open_json(R"({"sqlite": {"pat": "secret"}})")); });
  CHECK(unknown.code() == invalid);
  CHECK(std::string_view(unknown.what())
            .starts_with("the configuration's JSON cannot be read: sqlite has no field pat: use one of path, "));
  says(invalid, "the configuration's JSON cannot be read: the value of sqlite.readers is invalid",
       R"({"sqlite": {"readers": "secret"}})");
  says(invalid,
       "the configuration's JSON cannot be read: the value of sqlite.durability is invalid: use one of "
       "SQLITE_DURABILITY_UNSPECIFIED, SQLITE_DURABILITY_FULL, SQLITE_DURABILITY_NORMAL",
       R"({"sqlite": {"durability": "secret"}})");
  says(invalid, "the configuration's JSON cannot be read: it is not valid JSON at line 1, column 2", "{");
  says(invalid, "the configuration's JSON cannot be read: it is not valid JSON at line 2, column 7", "{\n \"a\": x}");
  says(invalid, "the configuration's JSON cannot be read: it is empty", " ");
  says(invalid, "the configuration's JSON cannot be read: it is not a JSON object", "[]");
  says(invalid, "the configuration's JSON cannot be read: the value of sqlite is invalid", R"({"sqlite": []})");
  says(invalid, "the configuration names an unknown backend: 7", R"({"backend": 7})");
  const Error missing = support::error_of([] { static_cast<void>(open_file("/nowhere/heddle.json")); });
  CHECK(missing.code() == ErrorCode::not_found);
  CHECK(std::string_view(missing.what()) == "the configuration file cannot be opened: /nowhere/heddle.json");
}

TEST_CASE("messages: the section for SQLite") {
  const auto invalid = ErrorCode::invalid_argument;
  says(invalid, "sqlite.readers must be between 1 and 1000", R"({"sqlite": {"readers": 0}})");
  says(invalid, "sqlite.encryption_key is set but sqlite.encrypt is off: turn it on or remove the key",
       R"({"sqlite": {"encryption_key": "secret"}})");
  says(invalid, "encryption is on but no encryption key is configured", R"({"sqlite": {"encrypt": true}})");
  says(ErrorCode::failed_precondition,
       "encryption was asked for, but this build of Heddle cannot encrypt: turn `encrypt` off and encrypt the disk "
       "instead",
       R"({"sqlite": {"encrypt": true, "encryption_key": "secret"}})");
}

TEST_CASE("messages: the section for PostgreSQL") {
  const auto invalid = ErrorCode::invalid_argument;
  says(invalid,
       "the configuration has a section `postgres` but names no backend: set `backend` to "
       "STORAGE_BACKEND_TYPE_POSTGRES, or remove the section to open SQLite",
       R"({"postgres": {"dsn": "password=secret"}})");
  says(invalid, "the backend is PostgreSQL but the configuration has no section `postgres`: add one",
       R"({"backend": "STORAGE_BACKEND_TYPE_POSTGRES"})");
  says(invalid, "the section `postgres` names no database: set dsn (or LOOM_PG_DSN), or host and database",
       R"({"backend": 2, "postgres": {"host": "secret"}})");
  says(invalid, "postgres.port must be between 1 and 65535",
       R"({"backend": 2, "postgres": {"dsn": "password=secret", "port": 0}})");
  says(invalid, "postgres.ssl_mode must be disable, require, verify-ca or verify-full",
       R"({"backend": 2, "postgres": {"dsn": "password=secret", "ssl_mode": "secret"}})");
  says(invalid,
       "postgres.default_user_id is set but postgres.require_user_id is on (its default): turn it off or remove the "
       "user",
       R"({"backend": 2, "postgres": {"dsn": "password=secret", "default_user_id": "secret"}})");
  says(ErrorCode::failed_precondition,
       "Supabase is not supported: turn postgres.supabase off and connect to the project's database by the other "
       "fields of `postgres`",
       R"({"backend": 2, "postgres": {"supabase": {"enabled": true, "service_role_key": "secret"}}})");
}
