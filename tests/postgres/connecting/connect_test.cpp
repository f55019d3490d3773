#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/transaction.hpp"
#include "heddle/sql/statement.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/stopwatch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What a connection string and the environment may set, and what they may not change.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using support::code_of;
using support::error_of;
using support::MigratedDatabase;
using support::ProtocolProxy;
using support::saying;
using support::Stopwatch;
using support::with_settings;

/// Additional time for a loaded machine.
constexpr auto leeway = 30s;

/// Sets an environment variable as long as the object exists.
class Variable {
 public:
  Variable(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* const before = std::getenv(name_.c_str()); before != nullptr) { before_ = before; }
    ::setenv(name_.c_str(), value.c_str(), 1);
  }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  Variable(Variable&&) = delete;
  Variable& operator=(Variable&&) = delete;
  ~Variable() {
    if (before_) {
      ::setenv(name_.c_str(), before_->c_str(), 1);
    } else {
      ::unsetenv(name_.c_str());
    }
  }

 private:
  std::string name_;
  std::optional<std::string> before_{};
};

/// A migrated database and its connection strings.
class Target {
 public:
  [[nodiscard]] std::string dsn(const std::map<std::string, std::string>& settings = {}) {
    return with_settings(database_.database().app_dsn(), settings);
  }
  /// Returns the folder of the server's socket.
  [[nodiscard]] std::string folder() { return support::server_address(dsn()).host; }
  [[nodiscard]] std::string name() { return database_.database().name(); }
  void execute(const std::string& sql) { support::RawPostgres(support::postgres_server()).execute(sql); }

  /// Writes and reads through a backend with this connection string.
  void use(const std::string& dsn, const Context& context = {}) {
    heddle::Backend<heddle::Postgres> backend(config(dsn));
    heddle::Session session;
    session.id = "session";
    backend.session_storage().save_session(context, session);
    const auto number = backend.session_storage().save_message(context, "session", saying("grüße \\ 'x'"));
    const auto messages = backend.session_storage().load_messages(context, "session").items;
    REQUIRE(messages.size() == static_cast<std::size_t>(number));
    CHECK(messages.back().content == "grüße \\ 'x'");
  }
  heddle::postgres::Config config(const std::string& dsn) {
    auto config = database_.config();
    config.dsn = dsn;
    config.admin_dsn.clear();
    return config;
  }

 private:
  MigratedDatabase database_{};
};

}  // namespace

TEST_CASE("postgres connect: the first host that works is used") {
  Target target;
  target.use(target.dsn({{"host", "/nowhere," + target.folder()}}));
  target.use(target.dsn(
      {{"host", "/nowhere," + target.folder()}, {"port", "1," + support::server_address(target.dsn()).port}}));
  const Error error = error_of([&] {
    target.use(target.dsn({{"host", "/nowhere,/nowhere"}, {"password", "secret"}}));
  });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(error.retryable());
  CHECK(std::string(error.what()).find("secret") == std::string::npos);
  CHECK(std::string(error.what()).find("nowhere") != std::string::npos);
}

TEST_CASE("postgres connect: a refusal is recognised in any language of the server") {
  const auto said = [](const std::string& text) {
    const auto at = heddle::postgres::libpq::find_sqlstate(text);
    return at == std::string::npos ? std::string("nothing") : text.substr(at);
  };
  CHECK(said("connection to server at \"h\", port 1 failed: FATAL:  28P01: no\n") == "28P01: no\n");
  CHECK(said("ВАЖНО:  28P01: нет\n") == "28P01: нет\n");
  CHECK(said("first failed: FATAL:  57P03: starting\nthen: FATAL:  3D000: no database \"a:  b\"\n") ==
        "3D000: no database \"a:  b\"\n");
  CHECK(said("could not connect:  refused") == "nothing");
  CHECK(said(":  ") == "nothing");
  CHECK(said("") == "nothing");
}

TEST_CASE("postgres connect: a host that does not respond is given up after connect_timeout") {
  Target target;
  ProtocolProxy silent(target.dsn());
  const std::string silent_host = support::server_address(silent.dsn(target.dsn())).host;
  silent.freeze();
  const Stopwatch watch;
  const Error error = error_of([&] {
    target.use(silent.dsn(target.dsn({{"connect_timeout", "1"}, {"password", "secret"}})));
  });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(std::string(error.what()).find("secret") == std::string::npos);
  CHECK(watch.elapsed() >= 1s);
  CHECK(watch.elapsed() < 1s + leeway);

  // The next one is tried.
  const std::string port = support::server_address(target.dsn()).port;
  const std::map<std::string, std::string> both{{"host", silent_host + "," + target.folder()},
                                                {"port", "5432," + port}};
  auto settings = both;
  settings["connect_timeout"] = "5";
  const Stopwatch second;
  target.use(target.dsn(settings));
  CHECK(second.elapsed() < 5s + leeway);
}

TEST_CASE("postgres connect: a deadline leaves time for each host") {
  Target target;
  ProtocolProxy proxy(target.dsn());
  const std::string port = support::server_address(target.dsn()).port;
  const std::string silent = support::server_address(proxy.dsn(target.dsn())).host;
  proxy.freeze();
  const auto dsn = target.dsn({{"host", silent + "," + silent + "," + target.folder()}, {"port", "5432,5432," + port}});
  const auto connection = heddle::postgres::libpq::connect(dsn, Context{}.with_timeout(15s));
  CHECK(::PQhost(connection.get()) == target.folder());
  CHECK(code_of([&] {
          static_cast<void>(heddle::postgres::libpq::connect(proxy.dsn(target.dsn()), Context{}.with_timeout(100ms)));
        }) == ErrorCode::deadline_exceeded);
}

TEST_CASE("postgres connect: a read-only server is not used as a writable one") {
  Target target;
  target.use(target.dsn());
  target.execute("ALTER DATABASE " + target.name() + " SET default_transaction_read_only = on");
  const auto dsn = target.dsn({{"host", target.folder() + "," + target.folder()},
                               {"target_session_attrs", "read-write"},
                               {"password", "secret"}});
  const Error error = error_of([&] { target.use(dsn); });
  CHECK(error.code() == ErrorCode::unavailable);
  CHECK(std::string(error.what()).find("secret") == std::string::npos);
  // Without that setting the first write fails.
  CHECK(code_of([&] { target.use(target.dsn()); }) == ErrorCode::failed_precondition);
  target.execute("ALTER DATABASE " + target.name() + " RESET default_transaction_read_only");
  target.use(dsn);
}

TEST_CASE("postgres connect: the connection uses UTF-8, whatever the settings are") {
  Target target;
  target.use(target.dsn({{"client_encoding", "LATIN1"}}));
  const Variable encoding("PGCLIENTENCODING", "SQL_ASCII");
  target.use(target.dsn());
}

TEST_CASE("postgres connect: the environment and the options cannot break the connection") {
  Target target;
  for (const std::string options :
       {"-c client_encoding=LATIN1", "-c bytea_output=escape", "-c DateStyle=German -c IntervalStyle=sql_standard",
        "-c search_path=pg_catalog", "-c extra_float_digits=-10", "-c default_transaction_isolation=serializable",
        "-c heddle.user_id=somebody -c heddle.answer=7", "-c plan_cache_mode=force_generic_plan",
        "-c TimeZone=Asia/Tokyo", "-c default_transaction_deferrable=on",
        "-c idle_in_transaction_session_timeout=60000", "-c backslash_quote=on -c escape_string_warning=on",
        "-c array_nulls=off -c transform_null_equals=on", "-c synchronous_commit=off",
        "-c lock_timeout=5000 -c statement_timeout=5000", "-c enable_seqscan=off -c jit=on -c jit_above_cost=0",
        "-c client_min_messages=debug1"}) {
    INFO(options);
    target.use(target.dsn({{"options", options}}));
    const Variable variable("PGOPTIONS", options);
    target.use(target.dsn());
  }
  // With these settings results would be wrong, so the connection is refused.
  for (const std::string options : {"-c standard_conforming_strings=off", "-c row_security=off"}) {
    INFO(options);
    const auto code = code_of([&] { target.use(target.dsn({{"options", options}})); });
    CHECK((code == ErrorCode::failed_precondition || code == ErrorCode::permission_denied));
  }
  const Variable timeout("PGCONNECT_TIMEOUT", "10");
  const Variable application("PGAPPNAME", "other");
  const Variable zone("PGTZ", "Asia/Tokyo");
  const Variable dates("PGDATESTYLE", "SQL");
  const Variable query_optimizer("PGGEQO", "off");
  const Variable attributes("PGTARGETSESSIONATTRS", "any");
  target.use(target.dsn());
}

TEST_CASE("postgres connect: prepared statements of two processes have different names") {
  using heddle::postgres::libpq::Connection;
  using heddle::postgres::transaction::Mode;
  using heddle::postgres::transaction::Pipeline;
  Target target;
  const heddle::sql::Statement<std::string> names{"SELECT name FROM pg_prepared_statements ORDER BY prepare_time"};
  const auto name_of = [&](const std::vector<Oid>& types, const std::string& text) {
    const Context context;
    Connection connection(target.dsn(), true, context);
    Pipeline preparing(connection, context, Mode::read);
    REQUIRE(connection.send(5000, types, [&] { return text; }));
    preparing.add();
    preparing.add();
    preparing.complete();
    Pipeline looking(connection, context, Mode::read);
    heddle::postgres::transaction::Transaction transaction(connection, looking, {});
    const auto answer = transaction.all(names);
    looking.complete();
    return answer().front();
  };
  const std::string name = name_of({}, "SELECT 1");
  CHECK(name.size() < 64);  // the server truncates longer names
  CHECK(name == name_of({}, "SELECT 1"));
  CHECK(name != name_of({}, "SELECT 2"));
}

TEST_CASE("postgres connect: a refusal by the server is not a temporary error") {
  const MigratedDatabase database;
  const auto opening = [&](const std::map<std::string, std::string>& settings) {
    auto config = database.config();
    config.dsn = with_settings(config.dsn, settings);
    return error_of([&] { heddle::Backend<heddle::Postgres> backend(config); });
  };
  const Error no_database = opening({{"dbname", "heddle_test_none"}});
  CHECK(no_database.code() == ErrorCode::failed_precondition);
  CHECK(no_database.native_code() == "3D000");
  CHECK_FALSE(no_database.retryable());
  CHECK(std::string(no_database.what()).find("heddle_test_none") != std::string::npos);
  const Error no_role = opening({{"user", "heddle_test_nobody"}});
  CHECK(no_role.code() == ErrorCode::permission_denied);
  CHECK_FALSE(no_role.retryable());
  const Error no_host = opening({{"host", "name.invalid"}});
  CHECK(no_host.code() == ErrorCode::unavailable);
  CHECK(std::string(no_host.what()).find("name.invalid") != std::string::npos);
}
