#include "heddle/postgres.hpp"
#include "postgres/isolation/attacker.hpp"
#include "postgres/isolation/filled_tenants.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

using namespace heddle;
using namespace isolation;
using support::code_of;
using support::RawPostgres;

namespace {

const Context alice = Context::for_user("alice");
const Context bob = Context::for_user("bob");
const Context mallory = Context::for_user("mallory");

/// Returns the tables with a foreign key to sessions, from the catalogue.
std::vector<std::string> tables_of_sessions(RawPostgres& superuser) {
  return superuser.texts(
      "SELECT DISTINCT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND "
      "confrelid = 'sessions'::regclass AND conrelid <> confrelid ORDER BY 1");
}

/// A role that may connect; the destructor drops it.
class LoginRole {
 public:
  LoginRole(FilledTenants& tenants, const std::string& kind, const std::string& grants)
      : superuser_(tenants.superuser()), name_(tenants.database().name() + "_" + kind) {
    superuser_.execute("CREATE ROLE " + name_ + " LOGIN " + grants);
  }
  LoginRole(const LoginRole&) = delete;
  LoginRole& operator=(const LoginRole&) = delete;
  LoginRole(LoginRole&&) = delete;
  LoginRole& operator=(LoginRole&&) = delete;
  ~LoginRole() { static_cast<void>(superuser_.failure_of("DROP OWNED BY " + name_ + "; DROP ROLE " + name_)); }

  [[nodiscard]] const std::string& name() const noexcept { return name_; }

 private:
  RawPostgres superuser_;
  std::string name_;
};

}  // namespace

TEST_CASE("fault 4: the purge needs no tenant, and removes hidden sessions of all tenants") {
  FilledTenants tenants;
  auto& sessions = tenants.backend().session_storage();
  REQUIRE(sessions.soft_delete_session(alice, known));
  REQUIRE(sessions.soft_delete_session(bob, known));
  CHECK(sessions.purge_deleted_sessions({}, std::chrono::seconds(0)) == 2);
  auto superuser = tenants.superuser();
  for (const auto& table : tables_of_sessions(superuser)) {
    CAPTURE(table);
    CHECK(superuser.integer("SELECT count(*) FROM " + table + " t WHERE to_jsonb(t) ->> 'session_id' = '" + known +
                            "'") == 0);
  }
  CHECK(superuser.integer("SELECT count(*) FROM messages") == 0);
  // Rows of other sessions stay.
  CHECK(superuser.integer("SELECT count(*) FROM sql_results") == 2);
  CHECK(superuser.integer("SELECT count(*) FROM sessions") == 2);
}

TEST_CASE("fault 7: saving over a soft-deleted session is refused and changes nothing") {
  FilledTenants tenants;
  auto& sessions = tenants.backend().session_storage();
  REQUIRE(sessions.soft_delete_session(alice, known));
  auto superuser = tenants.superuser();
  const auto before = digest_of_all(superuser);
  CHECK(code_of([&] { sessions.save_session(alice, {.id = known, .name = "over"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(alice, {.id = known}, {.idempotency_key = "again"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.save_session(alice, {.id = known, .name = "over", .revision = 1}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.ensure_session(alice, {.id = known, .name = "over"}); }) ==
        ErrorCode::failed_precondition);
  CHECK(code_of([&] { sessions.update_session(alice, known, {.name = "over"}); }) == ErrorCode::not_found);
  CHECK(digest_of_all(superuser) == before);
  REQUIRE(sessions.restore_session(alice, known));
  CHECK(sessions.load_session(alice, known)->name == known);
}

TEST_CASE("fault 10: a result is under row security, its table and its content") {
  FilledTenants tenants;
  auto app = tenants.app();
  Attacker attacker(app);
  attacker.become("mallory");
  for (const std::string table : {"sql_results", "sql_result_images"}) {
    CHECK(attacker("SELECT * FROM " + table).rows == 0);
    CHECK(attacker("DELETE FROM " + table).rows == 0);
    CHECK(attacker("DROP TABLE " + table + " CASCADE").sqlstate == "42501");
  }
  auto& results = tenants.backend().result_store();
  CHECK(!results.metadata(mallory, known));
  CHECK(!results.remove(mallory, known));
  CHECK(code_of([&] { static_cast<void>(results.query(mallory, known, "SELECT * FROM result")); }) ==
        ErrorCode::not_found);
  CHECK(results.query(alice, known, "SELECT * FROM result").rows.size() == 1);
  // Results have no tables of their own, which would need owners and policies.
  auto superuser = tenants.superuser();
  const auto tables = tables_of_tenants(superuser);
  results.store(mallory, {.id = "new", .table_name = "sessions", .table = {{"c"}, {}}});
  CHECK(tables_of_tenants(superuser) == tables);
}

TEST_CASE("fault 11: every foreign key is within one tenant") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  CHECK(superuser.integer("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND "
                          "connamespace = 'public'::regnamespace") >= 9);
  CHECK(superuser
            .texts("SELECT conrelid::regclass || ' ' || conname FROM pg_constraint c WHERE contype = 'f' AND "
                   "connamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM "
                   "unnest(conkey, confkey) k (from_column, to_column) "
                   "JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.from_column "
                   "JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.to_column "
                   "WHERE a.attname = 'user_id' AND b.attname = 'user_id')")
            .empty());

  // In every table, a row that names another tenant's session fails like a row that names a missing one.
  auto app = tenants.app();
  Attacker attacker(app);
  attacker.become("mallory");
  const auto number = superuser.text("SELECT number FROM sessions WHERE user_id = 'alice' AND id = '" + known + "'");
  for (const auto& table : tables_of_sessions(superuser)) {
    CAPTURE(table);
    const std::string columns =
        superuser.text("SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute WHERE attrelid = '" + table +
                       "'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''");
    const auto row_of = [&](const std::string& session, const std::string& number_of_session) {
      const std::string row = superuser.text(
          "SELECT quote_literal(to_jsonb(t) || '{\"user_id\": \"mallory\", "
          "\"session_id\": \"" +
          session + "\", \"session_number\": " + number_of_session + ", \"branch_number\": " + number_of_session +
          "}') FROM " + table + " t WHERE user_id = 'alice' LIMIT 1");
      return "INSERT INTO " + table + " (" + columns + ") OVERRIDING SYSTEM VALUE SELECT " + columns +
             " FROM jsonb_populate_record(null::" + table + ", " + row + ")";
    };
    const auto foreign = attacker(row_of(known, number));
    const auto missing = attacker(row_of("never", "999999999"));
    CHECK(foreign.sqlstate == "23503");
    CHECK(missing.sqlstate == "23503");
    const auto without_key = [](const std::string& error) { return error.substr(0, error.find("DETAIL")); };
    CHECK(without_key(foreign.error) == without_key(missing.error));
  }
  for (const auto& parent : {known, std::string("never")}) {
    CHECK(code_of([&] {
            tenants.backend().session_storage().save_session(mallory, {.id = "m", .parent_session_id = parent});
          }) == ErrorCode::not_found);
  }

  // Rows are removed only with their own tenant's session.
  const auto of_bob = digest_of_all(superuser, "user_id = 'bob'");
  CHECK(tenants.backend().session_storage().soft_delete_session(alice, known));
  CHECK(tenants.backend().session_storage().purge_deleted_sessions({}, std::chrono::seconds(0)) == 1);
  CHECK(tenants.backend().session_storage().delete_session(alice, known + " child"));
  CHECK(digest_of_all(superuser, "user_id = 'bob'") == of_bob);
}

TEST_CASE("fault 12: every key starts with the tenant, so that an id of one tenant is free for others") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  CHECK(superuser
            .texts("SELECT indexrelid::regclass FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid "
                   "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] WHERE indisunique AND "
                   "t.relnamespace = 'public'::regnamespace AND t.relname <> 'heddle_migrations' "
                   "AND a.attname <> 'user_id' "
                   // A receipt outlives its tenant, and has only the digest of the id.
                   "AND NOT (t.relname = 'erasure_receipts' AND a.attname = 'tenant')")
            .empty());
  // A table without a key would pass this check.
  for (const auto& table : tables_of_tenants(superuser)) {
    CAPTURE(table);
    CHECK(superuser.integer("SELECT count(*) FROM pg_index WHERE indisprimary AND indrelid = '" + table +
                            "'::regclass") == 1);
  }
  const auto before = digest_of_all(superuser, "user_id <> 'mallory'");
  CHECK_NOTHROW(fill(tenants.backend(), "mallory"));
  CHECK(digest_of_all(superuser, "user_id <> 'mallory'") == before);
}

TEST_CASE("fault 13: everything of a soft-deleted session is hidden with it") {
  FilledTenants tenants;
  auto& backend = tenants.backend();
  auto& sessions = backend.session_storage();
  const auto seen = [&] {
    const auto statistics = sessions.statistics(alice);
    return std::vector<std::size_t>{sessions.load_messages(alice, known).items.size(),
                                    sessions.load_agent_messages(alice, known).items.size(),
                                    sessions.load_parent_messages(alice, known + " child").items.size(),
                                    sessions.search_messages(alice, {.query = "gold"}).items.size(),
                                    sessions.list_tool_executions(alice, known).items.size(),
                                    sessions.load_snapshots(alice, known, known).items.size(),
                                    backend.error_store().list(alice).items.size(),
                                    backend.artifact_store().list(alice, {.include_deleted = true}).items.size(),
                                    backend.artifact_store().search(alice, {.query = "gold"}).items.size(),
                                    backend.human_request_store().list_pending(alice).items.size(),
                                    static_cast<std::size_t>(statistics.messages),
                                    static_cast<std::size_t>(statistics.tool_executions),
                                    static_cast<std::size_t>(backend.artifact_store().statistics(alice).files)};
  };
  const auto before = seen();
  CHECK(std::count(before.begin(), before.end(), 0U) == 0);
  REQUIRE(sessions.soft_delete_session(alice, known));
  CHECK(seen() == std::vector<std::size_t>(before.size(), 0U));
  const auto system = backend.admin_storage().statistics({});
  CHECK(system.sessions == 3);
  CHECK(system.messages == 3);
  CHECK(system.tool_executions == 1);
  REQUIRE(sessions.restore_session(alice, known));
  CHECK(seen() == before);
}

TEST_CASE("fault 14: the administrator sees all tenants, over a connection that no tenant uses") {
  FilledTenants tenants;
  auto& backend = tenants.backend();
  CHECK(backend.admin_storage().validate_permissions({}).problems.empty());
  CHECK(backend.admin_storage().statistics({}).users == 2);
  for (const auto& context : {Context{}, mallory, alice}) {
    CHECK(backend.admin_storage().list_sessions(context).total == 4);
    CHECK(backend.admin_storage().sessions_per_user(context).items ==
          std::vector<SessionCount>{{"alice", 2}, {"bob", 2}});
  }
  // Immediately afterwards, tenants still see only their own rows.
  CHECK(backend.session_storage().list_sessions(mallory).items.empty());
  CHECK(backend.session_storage().list_sessions(alice).items.size() == 2);
  auto superuser = tenants.superuser();
  CHECK(superuser.text("SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE datname = "
                       "current_database() AND usename LIKE 'heddle%'") == "heddle_admin heddle_app");
}

TEST_CASE("fault 15: cleanup hooks run only for removed sessions, with their own tenant") {
  FilledTenants tenants;
  auto& sessions = tenants.backend().session_storage();
  std::vector<std::string> cleaned;
  sessions.add_cleanup_hook(
      [&](const Context& context, const std::string& id) { cleaned.push_back(context.user_id + "/" + id); });
  CHECK(!sessions.delete_session(mallory, known));
  CHECK(!sessions.soft_delete_session(mallory, known));
  CHECK(sessions.purge_deleted_sessions({}, std::chrono::seconds(0)) == 0);
  CHECK(sessions.soft_delete_session(alice, known));
  CHECK(!sessions.delete_session(alice, known));
  CHECK(sessions.purge_deleted_sessions({}, std::chrono::hours(1)) == 0);
  CHECK(cleaned.empty());
  CHECK(sessions.purge_deleted_sessions(mallory, std::chrono::seconds(0)) == 1);
  CHECK(sessions.delete_session(bob, known));
  CHECK(cleaned == std::vector<std::string>{"alice/" + known, "bob/" + known});
}

TEST_CASE("fault 16: a role that row security does not apply to is refused") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  const auto opens = [&](const std::string& user, bool allowed = false) {
    heddle::postgres::Config config;
    config.dsn = support::with_settings(tenants.database().superuser_dsn(), {{"user", user}});
    config.pool.min_connections = 0;
    config.allow_role_without_row_security = allowed;
    OnServer backend(config);
    return backend.session_storage().list_sessions(mallory).items.empty();
  };
  const LoginRole bypass(tenants, "bypass", "BYPASSRLS IN ROLE heddle_app");
  const LoginRole member(tenants, "member", "IN ROLE heddle_app, heddle_owner");
  const LoginRole another(tenants, "another", "IN ROLE heddle_app");
  const std::string super = superuser.text("SELECT current_user");
  for (const std::string& user : {super, std::string("heddle_admin"), bypass.name(), member.name()}) {
    CAPTURE(user);
    CHECK(code_of([&] { opens(user); }) == ErrorCode::permission_denied);
  }
  // The statements name the tenant nevertheless.
  CHECK(opens(super, true));
  CHECK(opens("heddle_app"));
  CHECK(opens(another.name()));
  for (const auto& table : tables_of_tenants(superuser)) {
    CAPTURE(table);
    for (const std::string off : {"DISABLE", "NO FORCE"}) {
      superuser.execute("ALTER TABLE " + table + " " + off + " ROW LEVEL SECURITY");
      CHECK(code_of([&] { opens("heddle_app"); }) == ErrorCode::permission_denied);
      superuser.execute("ALTER TABLE " + table + " ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY");
    }
  }
  CHECK(opens("heddle_app"));
}
