#include "heddle/health.hpp"
#include "heddle/postgres/libpq/connect_error.hpp"
#include "heddle/postgres/libpq/dsn_fault.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

/// Opening fails: the error says where and why, whether a retry can help, and no secret.
namespace {

using namespace std::chrono_literals;
using heddle::Error;
using heddle::ErrorCode;
using support::error_of;
using support::MigratedDatabase;
using support::postgres_server;
using support::RawPostgres;
using support::with_settings;

Error error_of_opening(const std::string& dsn, std::chrono::milliseconds timeout = 30s) {
  return error_of([&] {
    heddle::postgres::Config config;
    config.dsn = dsn;
    config.open_timeout = timeout;
    config.pool.min_connections = 0;
    heddle::Backend<heddle::Postgres> backend(config);
  });
}

void check_error(const Error& error, ErrorCode code, std::initializer_list<std::string_view> words) {
  const std::string message = error.what();
  INFO(message);
  CHECK(error.code() == code);
  CHECK(error.retryable() == (code == ErrorCode::unavailable));
  for (const std::string_view each : words) {
    CAPTURE(each);
    CHECK(message.find(each) != std::string::npos);
  }
  CHECK(message.find("s3cret") == std::string::npos);
}

/// A database of the tests' server that the destructor drops.
class OtherDatabase {
 public:
  OtherDatabase(std::string name, const std::string& how) : name_(std::move(name)) {
    drop();
    server_.execute("CREATE DATABASE " + name_ + " " + how);
  }
  OtherDatabase(const OtherDatabase&) = delete;
  OtherDatabase& operator=(const OtherDatabase&) = delete;
  OtherDatabase(OtherDatabase&&) = delete;
  OtherDatabase& operator=(OtherDatabase&&) = delete;
  ~OtherDatabase() { drop(); }

  [[nodiscard]] std::string dsn() const { return with_settings(postgres_server(), {{"dbname", name_}}); }
  void execute(const std::string& sql) { server_.execute(sql); }

 private:
  void drop() { server_.execute("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)"); }

  RawPostgres server_{postgres_server()};
  std::string name_;
};

}  // namespace

TEST_CASE("postgres refusals: the error of an unreachable server names it, with the words of the system") {
  check_error(error_of_opening("host=127.0.0.1 port=1 user=u password=s3cret"), ErrorCode::unavailable,
              {"127.0.0.1", "port 1", "refused"});
  check_error(error_of_opening("host=/nowhere port=7 user=u password=s3cret"), ErrorCode::unavailable,
              {"/nowhere", "port 7", "No such file"});
  check_error(error_of_opening("host=/nowhere,127.0.0.1 port=7,1 user=u password=s3cret"), ErrorCode::unavailable,
              {"/nowhere port 7", "127.0.0.1 port 1"});
  check_error(error_of_opening("postgresql://u:s3cret@name.invalid:5499/d"), ErrorCode::unavailable,
              {"name.invalid", "port 5499", "could not translate host name"});
  MigratedDatabase database;
  check_error(error_of_opening(with_settings(database.database().app_dsn(), {{"user", "heddle_test_nobody"}})),
              ErrorCode::permission_denied,
              {support::server_address(database.database().app_dsn()).host, "heddle_test_nobody"});
}

TEST_CASE("postgres refusals: the error of a server that does not respond names it") {
  MigratedDatabase database;
  support::ProtocolProxy silent(database.database().app_dsn());
  const std::string dsn = with_settings(silent.dsn(database.database().app_dsn()), {{"password", "s3cret"}});
  const std::string host = support::server_address(dsn).host;
  silent.freeze();
  check_error(error_of_opening(dsn, 300ms), ErrorCode::unavailable, {host, "port 5432"});
  check_error(error_of_opening(with_settings(dsn, {{"connect_timeout", "1"}})), ErrorCode::unavailable,
              {host, "port 5432", "timed out"});
}

TEST_CASE("postgres refusals: the error of an invalid connection string names the setting") {
  const auto invalid = ErrorCode::invalid_argument;
  check_error(error_of_opening("host=h usr=u password=s3cret"), invalid, {"dsn", "\"usr\""});
  check_error(error_of_opening("postgresql://u:s3cret@h/d?usr=u"), invalid, {"dsn", "\"usr\""});
  check_error(error_of_opening("host=h port=54x99 password=s3cret"), invalid, {"port", "54x99"});
  check_error(error_of_opening("host=h port=s3cret password=s3cret"), invalid, {"port"});
  check_error(error_of_opening("host=h sslmode=s3cret password=s3cret"), invalid, {"sslmode"});
  check_error(error_of_opening("host=h sslmode=maybe password=s3cret"), invalid, {"sslmode", "maybe"});
  check_error(error_of_opening("host=h connect_timeout=soon password=s3cret"), invalid, {"connect_timeout"});
  check_error(error_of_opening("hostaddr=nowhere password=s3cret"), invalid, {"nowhere"});
  check_error(error_of_opening("service=heddle_test_none password=s3cret"), invalid, {"heddle_test_none"});
  check_error(error_of_opening("host=h,h,h port=1,2 password=s3cret"), invalid, {"port"});
  check_error(error_of_opening("host=h user password=s3cret"), invalid, {"="});
  check_error(error_of_opening("host=h password='s3cret"), invalid, {"password", "quote"});
}

TEST_CASE("postgres refusals: a password that was written the wrong way is not quoted") {
  for (const char* const dsn :
       {"host=h password=my s3cret", "host=h password=my s3cret=1 user=u", "host=h password=my s3cret user=u",
        "postgresql://u:s3cret%zz@h/d", "postgresql://u:/s3cret@127.0.0.1:1/d", "postgresql://u:s3cret/x@h/d",
        "postgresql://u:a@s3cret@127.0.0.1:1/d", "postgresql://u:a?s3cret=1@h:x/d", "postgresql://u:a/b?s3cret=1@h/d",
        "s3cret", "postgresql://h:s3cret/d@x"}) {
    CAPTURE(dsn);
    check_error(error_of_opening(dsn, 300ms), error_of_opening(dsn, 300ms).code(), {});
  }
}

TEST_CASE("postgres refusals: a process whose server takes no connections is not ready, but lives") {
  const MigratedDatabase database;
  heddle::Backend<heddle::Postgres> backend(database.config());
  CHECK(heddle::health(backend).ready);
  RawPostgres server(postgres_server());
  const std::string& name = database.database().name();
  server.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
  server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'");
  heddle::Health health;
  // The first one finds that its connection has ended.
  for (int calls = 0; calls < 2; ++calls) {
    health = heddle::health(backend);
    CHECK(health.live);
    CHECK_FALSE(health.ready);
  }
  server.execute("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
  CHECK(heddle::health(backend).ready);
}

TEST_CASE("postgres refusals: what stays wrong until it is changed is not retryable") {
  const MigratedDatabase database;
  const std::string dsn = with_settings(postgres_server(), {{"password", "s3cret"}});
  const auto with = [&](const std::map<std::string, std::string>& settings) {
    return error_of_opening(with_settings(dsn, settings));
  };
  check_error(with({{"gssencmode", "require"}}), ErrorCode::failed_precondition, {"GSSAPI"});
  check_error(with({{"channel_binding", "require"}}), ErrorCode::failed_precondition, {"channel binding"});
  check_error(with({{"requirepeer", "nobody_at_all"}}), ErrorCode::failed_precondition, {"requirepeer"});
  check_error(with({{"host", "/" + std::string(150, 'x')}}), ErrorCode::invalid_argument, {"too long"});
  check_error(with({{"options", "-c heddle_no_such_setting=1"}}), ErrorCode::failed_precondition,
              {"heddle_no_such_setting"});
  check_error(with({{"options", "--what"}}), ErrorCode::failed_precondition, {"what"});
  check_error(with({{"options", "-c work_mem=nonsense"}}), ErrorCode::failed_precondition, {"work_mem"});
  check_error(with({{"dbname", "heddle_test_none"}}), ErrorCode::failed_precondition, {"heddle_test_none"});
  OtherDatabase closed("heddle_test_closed", "");
  closed.execute("ALTER DATABASE heddle_test_closed ALLOW_CONNECTIONS false");
  check_error(error_of_opening(closed.dsn()), ErrorCode::failed_precondition, {"heddle_test_closed"});
  OtherDatabase locked("heddle_test_locked", "");
  locked.execute("REVOKE CONNECT ON DATABASE heddle_test_locked FROM PUBLIC");
  check_error(error_of_opening(with_settings(locked.dsn(), {{"user", "heddle_app"}})), ErrorCode::permission_denied,
              {"heddle_test_locked"});
}

TEST_CASE("postgres refusals: words of libpq that a test's server does not cause") {
  using heddle::postgres::libpq::code_of_words;
  CHECK(code_of_words("server does not support SSL, but SSL was required") == ErrorCode::failed_precondition);
  CHECK(code_of_words("SSL error: certificate verify failed") == ErrorCode::failed_precondition);
  CHECK(code_of_words("root certificate file \"/x\" does not exist") == ErrorCode::failed_precondition);
  CHECK(code_of_words("SSL SYSCALL error: Connection reset by peer") == ErrorCode::unavailable);
  CHECK(code_of_words("SSL connection has been closed unexpectedly") == ErrorCode::unavailable);
  CHECK(code_of_words("server closed the connection unexpectedly") == ErrorCode::unavailable);
  CHECK(code_of_words("session is read-only") == ErrorCode::unavailable);
}

TEST_CASE("postgres refusals: a database with another encoding than UTF8 is refused when it is opened") {
  for (const char* const encoding : {"LATIN1", "SQL_ASCII"}) {
    CAPTURE(encoding);
    const OtherDatabase other("heddle_test_encoding", std::string("ENCODING '") + encoding +
                                                          "' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0");
    check_error(error_of_opening(other.dsn()), ErrorCode::failed_precondition, {encoding, "UTF8"});
  }
}

TEST_CASE("postgres refusals: opening waits for no lock on a table") {
  MigratedDatabase database;
  RawPostgres holder(database.database().superuser_dsn());
  holder.execute("BEGIN");
  holder.execute(
      "LOCK TABLE sessions, messages, tool_executions, memory_snapshots, agent_errors, artifacts, sql_results, "
      "sql_result_images, human_requests, idempotency_keys IN ACCESS EXCLUSIVE MODE");
  auto config = database.config();
  config.open_timeout = 1min;
  heddle::Backend<heddle::Postgres> backend(config);
  backend.migrate(heddle::Context{}.with_timeout(1min));
  // A statement that needs the table ends at its deadline, of course.
  CHECK(support::code_of([&] {
          static_cast<void>(backend.session_storage().load_session(heddle::Context{}.with_timeout(200ms), "s"));
        }) == ErrorCode::deadline_exceeded);
}
