#include "heddle/postgres.hpp"
#include "heddle/postgres/libpq/search_path.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace heddle;
using support::code_of;
using support::error_of;
using support::RawPostgres;

namespace {

using OnServer = Backend<Postgres>;

const Context ada = Context::for_user("ada");

/// Roles belong to the whole server, which other tests use too: these are named after the test's database.
class Roles {
 public:
  explicit Roles(support::PostgresDatabase& database)
      : database_(database), server_(database.superuser_dsn()), prefix_(database.name() + "_") {}
  Roles(const Roles&) = delete;
  Roles& operator=(const Roles&) = delete;
  Roles(Roles&&) = delete;
  Roles& operator=(Roles&&) = delete;
  ~Roles() {
    for (const auto& role : made_) {
      static_cast<void>(server_.failure_of("DROP OWNED BY " + role));
      static_cast<void>(server_.failure_of("DROP ROLE " + role));
    }
  }

  /// Creates a role that can log in, with the privileges of the app; returns its name.
  std::string make(const std::string& name, const std::string& attributes = {}) {
    made_.insert(made_.begin(), prefix_ + name);
    server_.execute("CREATE ROLE " + made_.front() + " LOGIN " + attributes);
    server_.execute("GRANT USAGE ON SCHEMA public TO " + made_.front());
    server_.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO " + made_.front());
    return made_.front();
  }

  /// Returns the configuration of a server with this role.
  [[nodiscard]] heddle::postgres::Config config(const std::string& role) const {
    heddle::postgres::Config config;
    config.dsn = support::with_settings(database_.superuser_dsn(), {{"user", role}});
    config.pool.min_connections = 0;
    return config;
  }

  /// Returns the message of the refusal of a role; empty if it is accepted. Checks also that the role is accepted if
  /// the configuration allows it.
  std::string refusal(const heddle::postgres::Config& config) {
    auto allowed = config;
    allowed.allow_role_without_row_security = true;
    CHECK_NOTHROW(OnServer(allowed).ping());
    try {
      OnServer backend(config);
      return {};
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::permission_denied);
      const std::string text = error.what();
      CHECK(text.find("allow_role_without_row_security") != std::string::npos);
      return text;
    }
  }
  std::string refusal(const std::string& role) { return refusal(config(role)); }

  RawPostgres& server() { return server_; }

 private:
  support::PostgresDatabase& database_;
  RawPostgres server_;
  std::string prefix_;
  std::vector<std::string> made_;
};

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("postgres roles: a role that can bypass row security is refused") {
  support::MigratedDatabase migrated;
  Roles roles(migrated.database());
  CHECK(roles.refusal("heddle_app").empty());
  CHECK(roles.refusal(roles.make("plain")).empty());

  SUBCASE("a superuser") {
    CHECK(says(roles.refusal("postgres"), "superuser"));
    const std::string super = roles.make("super", "SUPERUSER");
    CHECK(says(roles.refusal(super), "superuser"));
    const std::string member = roles.make("member", "NOINHERIT");
    roles.server().execute("GRANT " + super + " TO " + member);
    CHECK(says(roles.refusal(member), "superuser"));
  }
  SUBCASE("a role with BYPASSRLS, and an indirect member of it") {
    const std::string bypassing = roles.make("bypassing", "BYPASSRLS");
    CHECK(says(roles.refusal(bypassing), "BYPASSRLS"));
    const std::string between = roles.make("between");
    const std::string member = roles.make("member", "NOINHERIT");
    roles.server().execute("GRANT " + bypassing + " TO " + between + "; GRANT " + between + " TO " + member);
    CHECK(says(roles.refusal(member), "BYPASSRLS"));
  }
  SUBCASE("a superuser that acts as the app") {
    auto config = roles.config("postgres");
    config.dsn = support::with_settings(config.dsn, {{"options", "-c role=heddle_app"}});
    CHECK(says(roles.refusal(config), "superuser"));
  }
  SUBCASE("the owner, and its members") {
    CHECK(says(roles.refusal("heddle_admin"), "owns the tables"));
    for (const char* inherits : {"INHERIT", "NOINHERIT"}) {
      const std::string member = roles.make(std::string("member_") + (*inherits == 'N' ? "alone" : "heir"), inherits);
      roles.server().execute("GRANT heddle_owner TO " + member);
      CHECK(says(roles.refusal(member), "owns the tables"));
    }
    const std::string owner = roles.make("owner");
    roles.server().execute("ALTER TABLE human_requests OWNER TO " + owner);
    CHECK(says(roles.refusal(owner), "owns the tables"));
    CHECK(roles.refusal("heddle_app").empty());
  }
}

TEST_CASE("postgres roles: each table without isolation of tenants is refused") {
  support::MigratedDatabase migrated;
  Roles roles(migrated.database());
  RawPostgres& server = roles.server();
  const auto tables = server.texts(
      "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> "
      "ALL ('{heddle_migrations,heddle_announcement_key}') ORDER BY 1");
  REQUIRE(tables.size() >= 10);
  for (const auto& table : tables) {
    CAPTURE(table);
    const std::string tenant = table == "erasure_receipts" ? "tenant" : "user_id";
    server.execute("ALTER TABLE " + table + " DISABLE ROW LEVEL SECURITY");
    CHECK(says(roles.refusal("heddle_app"), "disabled"));
    server.execute("ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY");
    CHECK(says(roles.refusal("heddle_app"), "not forced"));
    server.execute("ALTER TABLE " + table + " FORCE ROW LEVEL SECURITY");
    server.execute("CREATE POLICY another ON " + table + " TO PUBLIC USING (true)");
    CHECK(says(roles.refusal("heddle_app"), "policy"));
    server.execute("ALTER POLICY another ON " + table + " TO heddle_admin");  // does not apply to the app
    CHECK(roles.refusal("heddle_app").empty());
    server.execute("ALTER POLICY another ON " + table + " TO heddle_app USING (" + tenant + " <> 'nobody')");
    CHECK(says(roles.refusal("heddle_app"), "policy"));
    server.execute("DROP POLICY another ON " + table);
    // Restrictive policies are accepted.
    server.execute("CREATE POLICY narrow ON " + table + " AS RESTRICTIVE USING (" + tenant + " <> 'nobody')");
    CHECK(roles.refusal("heddle_app").empty());
    server.execute("ALTER POLICY tenant ON " + table + " USING (true)");
    CHECK(says(roles.refusal("heddle_app"), "policy"));
    server.execute("DROP POLICY tenant ON " + table);  // then no role sees any row
    CHECK(roles.refusal("heddle_app").empty());
  }
}

TEST_CASE("postgres roles: a view in the place of a table is refused") {
  support::MigratedDatabase migrated;
  Roles roles(migrated.database());
  roles.server().execute("ALTER TABLE agent_errors RENAME TO other; CREATE VIEW agent_errors AS SELECT * FROM other");
  CHECK(says(roles.refusal("heddle_app"), "disabled"));
}

TEST_CASE("postgres roles: the role of the server cannot migrate, and a role that did is refused by the first call") {
  support::PostgresDatabase database(support::PostgresDatabase::Contents::roles_only);
  Roles roles(database);
  const std::string owner = roles.make("owner");
  roles.server().execute("GRANT CREATE ON SCHEMA public TO " + owner);
  OnServer backend(roles.config(owner));  // owns no table yet
  CHECK_NOTHROW(backend.ping());
  const Error refused = error_of([&] { backend.migrate(); });
  CHECK(refused.code() == ErrorCode::permission_denied);
  CHECK(says(refused.what(), "must not own the tables"));
  CHECK_FALSE(backend.pending_migrations().empty());

  auto allowed = roles.config(owner);
  allowed.allow_role_without_row_security = true;
  OnServer(allowed).migrate();
  for (int i = 0; i < 2; ++i) {
    const Error error = error_of([&] { static_cast<void>(backend.session_storage().list_sessions(ada)); });
    CHECK(error.code() == ErrorCode::permission_denied);
    CHECK(says(error.what(), "owns the tables"));
    CHECK(code_of([&] { backend.session_storage().save_session(ada, {.id = "s"}); }) == ErrorCode::permission_denied);
  }
  CHECK(says(roles.refusal(owner), "owns the tables"));
  roles.server().execute("REASSIGN OWNED BY " + owner + " TO heddle_owner");
}

TEST_CASE("postgres roles: a role that only migrates may own the tables") {
  support::PostgresDatabase database(support::PostgresDatabase::Contents::roles_only);
  Roles roles(database);
  auto config = roles.config("heddle_app");
  config.migration_dsn = database.admin_dsn();
  OnServer backend(config);
  backend.migrate();
  backend.session_storage().save_session(ada, {.id = "s"});
  CHECK(backend.session_storage().statistics(ada).sessions == 1);
}

TEST_CASE("postgres roles: a temporary table does not replace one of Heddle's") {
  support::MigratedDatabase migrated;
  auto config = migrated.config();
  // Settings that a role could have for its logins.
  RawPostgres server(migrated.database().superuser_dsn());
  server.execute("ALTER ROLE heddle_app IN DATABASE " + migrated.database().name() +
                 " SET search_path TO pg_temp, public");
  OnServer backend(config);
  auto& sessions = backend.session_storage();
  sessions.save_session(ada, {.id = "s"});
  sessions.save_message(ada, "s", {.content = "dog"});
  CHECK(sessions.load_messages(ada, "s").items.size() == 1);

  // In one session of the server, as behind a pooler.
  RawPostgres same(migrated.database().app_dsn());
  for (const char* table : {"sessions", "messages"}) {
    same.execute(std::string("CREATE TEMPORARY TABLE ") + table + " (LIKE public." + table + ")");
  }
  CHECK(same.text("SELECT relpersistence FROM pg_class WHERE oid = 'messages'::regclass") == "t");
  same.execute("BEGIN");
  static_cast<void>(same.text("SELECT set_config('search_path', '" + heddle::postgres::libpq::search_path("public") +
                              "', true), set_config('heddle.user_id', 'ada', true)"));
  CHECK(same.text("SELECT relpersistence FROM pg_class WHERE oid = 'messages'::regclass") == "p");
  CHECK(same.integer("SELECT count(*) FROM messages") == 1);
  CHECK(same.integer("SELECT count(*) FROM heddle_search_messages('dog', NULL, NULL, 10, 0)") == 1);
  same.execute("COMMIT");
  // The function that searches as the owner uses its own search path, whatever that of its caller is.
  CHECK(same.integer("SELECT count(*) FROM messages") == 0);
  static_cast<void>(same.text("SELECT set_config('heddle.user_id', 'ada', false)"));
  CHECK(same.integer("SELECT count(*) FROM public.heddle_search_messages('dog', NULL, NULL, 10, 0)") == 1);
}
