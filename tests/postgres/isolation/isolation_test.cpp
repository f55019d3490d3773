#include "heddle/postgres.hpp"
#include "postgres/isolation/attacker.hpp"
#include "postgres/isolation/filled_tenants.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace isolation;
using support::RawPostgres;

namespace {

/// Raw SQL on one table without any condition on the user, generated from the catalogue.
class TableAttacks {
 public:
  TableAttacks(RawPostgres& superuser, std::string table) : superuser_(superuser), table_(std::move(table)) {
    const std::string columns = " FROM pg_attribute WHERE attrelid = '" + table_ +
                                "'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''";
    names_ = superuser_.text("SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum)" + columns);
    // A row of alice, as literals.
    const std::string literals = superuser_.text(
        "SELECT string_agg(CASE attname WHEN 'user_id' THEN '''USER''' ELSE 'quote_nullable(' || "
        "quote_ident(attname) || '::text)' END, ' || '', '' || ' ORDER BY attnum)" +
        columns);
    row_ = superuser_.text("SELECT " + literals + " FROM " + table_ + " WHERE user_id = 'alice' LIMIT 1");
    key_ = superuser_.text(
        "SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_index i JOIN pg_attribute a "
        "ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indisprimary AND i.indrelid = '" +
        table_ + "'::regclass");
  }

  [[nodiscard]] bool has_rows() const { return !row_.empty(); }

  /// Returns the row of alice with another user.
  [[nodiscard]] std::string insert(const std::string& user) const {
    std::string row = row_;
    row.replace(row.find("USER"), 4, "'" + user + "'");
    return "INSERT INTO " + table_ + " (" + names_ + ") OVERRIDING SYSTEM VALUE VALUES (" + row + ")";
  }
  [[nodiscard]] std::string upsert(const std::string& user) const {
    return insert(user) + " ON CONFLICT (" + key_ + ") DO UPDATE SET user_id = excluded.user_id";
  }

  /// Returns statements that read or change every row that they can access.
  [[nodiscard]] std::vector<std::string> broad() const {
    return {"SELECT * FROM " + table_,
            "SELECT * FROM " + table_ + " FOR UPDATE",
            "TABLE " + table_,
            "UPDATE " + table_ + " SET user_id = user_id",
            "UPDATE " + table_ + " SET user_id = 'mallory'",
            "DELETE FROM " + table_,
            "MERGE INTO " + table_ + " USING (VALUES (1)) v ON user_id <> '' WHEN MATCHED THEN DELETE"};
  }
  /// Returns statements that insert rows for other tenants.
  [[nodiscard]] std::vector<std::string> intrusions() const {
    return {insert("alice"),
            insert("alice") + " ON CONFLICT DO NOTHING",
            insert("nobody"),
            insert(""),
            upsert("alice"),
            upsert("nobody"),
            "MERGE INTO " + table_ + " USING (VALUES (1)) v ON false WHEN NOT MATCHED THEN " +
                insert("alice").replace(0, std::string("INSERT INTO " + table_).size(), "INSERT")};
  }

 private:
  RawPostgres& superuser_;
  std::string table_;
  std::string names_;
  std::string row_;
  std::string key_;
};

/// Returns a call of each function that reads rows of tenants with its owner's privileges, from the catalogue: that of
/// topics reads none.
std::vector<std::string> privileged_calls(RawPostgres& superuser) {
  std::vector<std::string> calls;
  for (const auto& signature :
       superuser.texts("SELECT proname || ' ' || array_to_string(proargtypes::regtype[], ' ') FROM pg_proc "
                       "WHERE pronamespace = 'public'::regnamespace AND prosecdef "
                       "AND proname <> 'heddle_announcement_topic' ORDER BY proname")) {
    if (signature == "heddle_find_messages text text text bigint bigint bigint boolean boolean bigint bigint bigint") {
      for (const char* order : {"true", "false"}) {
        calls.push_back(std::string("SELECT * FROM heddle_find_messages('gold', NULL, NULL, -1, NULL, NULL, ") + order +
                        ", false, 1000, 1000, 0)");
      }
      continue;
    }
    if (signature ==
        "heddle_find_artifacts text text text text text bigint bigint boolean boolean bigint bigint bigint") {
      for (const char* order : {"true", "false"}) {
        calls.push_back(
            std::string("SELECT * FROM heddle_find_artifacts('gold', NULL, NULL, NULL, NULL, NULL, NULL, ") + order +
            ", false, 1000, 1000, 0)");
      }
      continue;
    }
    std::string call;
    int texts = 0;
    int numbers = 0;
    for (std::size_t at = 0; at < signature.size();) {
      const std::size_t end = std::min(signature.find(' ', at), signature.size());
      const std::string word = signature.substr(at, end - at);
      at = end + 1;
      if (call.empty()) {
        call = "SELECT * FROM " + word + "(";
        continue;
      }
      if (word != "text" && word != "bigint") { throw std::runtime_error("how is this called? " + signature); }
      if (call.back() != '(') { call += ", "; }
      if (word == "text") { call += texts++ == 0 ? "'gold'" : "NULL"; }
      if (word == "bigint") { call += numbers++ == 0 ? "1000" : "0"; }
    }
    calls.push_back(call + ")");
  }
  return calls;
}

/// Returns what is wrong with the protection of one table; empty if nothing is wrong. `app` and `owner` run statements
/// as these roles, `superuser` sees their changes. Precondition: the user setting was never made on the connection of
/// `app`.
std::vector<std::string> problems_of(const std::string& table, RawPostgres& superuser, Attacker& app, Attacker& owner) {
  std::vector<std::string> problems;
  const auto expect = [&](bool holds, const std::string& what) {
    if (!holds) { problems.push_back(table + ": " + what); }
  };
  const TableAttacks attacks(superuser, table);
  if (!attacks.has_rows()) { return {table + ": there is no row of alice, so that nothing would be shown"}; }
  expect(superuser.text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = '" + table +
                        "'::regclass") == "t",
         "row security is not enabled and forced");

  const auto calls = privileged_calls(superuser);
  const auto before = digest_of_all(superuser);
  const std::vector<std::pair<std::string, std::optional<std::string>>> identities{
      {"never set", std::nullopt}, {"set to nothing", ""}, {"foreign", "mallory"}, {"blank", " "}};
  for (const auto& identity : identities) {
    const std::string& name = identity.first;
    app.become(identity.second);
    const auto judge = [&](const std::string& sql, const Attempt& attempt) {
      expect(attempt.rows == 0, name + ": saw or changed something: " + sql);
    };
    for (const auto& sql : attacks.broad()) {
      const auto attempt = app(sql);
      expect(attempt.sqlstate.empty(), name + ": failed: " + sql + ": " + attempt.error);
      judge(sql, attempt);
    }
    for (const auto& sql : attacks.intrusions()) {
      const auto attempt = app(sql);
      expect(attempt.sqlstate == "42501", name + ": not refused: " + sql + ": " + attempt.error);
      judge(sql, attempt);
    }
    for (const auto& sql : calls) { judge(sql, app(sql)); }
    expect(digest_of_all(superuser) == before, name + ": the database is not what it was");
    // A transaction that set an identity leaves none behind; the next round starts with that state.
    app.become("alice");
    expect(app(attacks.broad().front()).rows > 0, "alice does not see her rows");
    for (const auto& sql : calls) { expect(app(sql).rows == 1, "alice does not find hers: " + sql); }
  }

  // A tenant sees all rows of its own, and cannot give them to another tenant.
  const auto of_alice = superuser.integer("SELECT count(*) FROM " + table + " WHERE user_id = 'alice'");
  for (const auto& sql :
       {"SELECT * FROM " + table, "UPDATE " + table + " SET user_id = user_id", "DELETE FROM " + table}) {
    expect(app.tries(sql).rows == of_alice, "alice does not have exactly her rows: " + sql);
  }
  const auto gift = app.tries("UPDATE " + table + " SET user_id = 'mallory'");
  expect(gift.sqlstate == "42501", "alice can give rows away: " + gift.error);

  // The owner, which migrates, administers and searches, has access to the rows of all tenants.
  const auto all = superuser.integer("SELECT count(*) FROM " + table);
  for (const auto& sql :
       {"SELECT * FROM " + table, "UPDATE " + table + " SET user_id = user_id", "DELETE FROM " + table}) {
    expect(owner.tries(sql).rows == all, "the owner does not have all rows: " + sql);
  }
  expect(digest_of_all(superuser) == before, "the database is not what it was");
  return problems;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const auto& line : lines) { all += line + "\n"; }
  return all;
}

}  // namespace

TEST_CASE("isolation: raw SQL of another tenant, or without a tenant, reads and changes nothing in any table") {
  FilledTenants tenants;
  auto superuser = tenants.superuser();
  const auto tables = tables_of_tenants(superuser);
  CHECK(tables.size() >= 10);
  for (const auto& table : tables) {
    CAPTURE(table);
    // A connection on which the user setting was never made.
    auto app = tenants.app();
    RawPostgres admin(tenants.database().admin_dsn());
    Attacker attacker(app);
    Attacker owner(admin);
    const auto problems = problems_of(table, superuser, attacker, owner);
    CHECK(joined(problems) == "");
  }
}

TEST_CASE("isolation: an identity that is local to a transaction ends with it, also after a rollback") {
  FilledTenants tenants;
  for (const char* end : {"COMMIT", "ROLLBACK"}) {
    CAPTURE(end);
    auto app = tenants.app();
    app.execute("BEGIN; SELECT set_config('heddle.user_id', 'alice', true)");
    CHECK(app.integer("SELECT count(*) FROM sessions") == 2);
    app.execute(end);
    CHECK(app.integer("SELECT count(*) FROM sessions") == 0);
    CHECK(app.execute("DELETE FROM sessions") == 0);
    CHECK(app.text("SELECT current_setting('heddle.user_id', true) IS NULL OR "
                   "current_setting('heddle.user_id', true) = ''") == "t");
  }
}

TEST_CASE("isolation: without any one of the policies the check of isolation fails") {
  FilledTenants tenants;
  std::vector<std::string> tables;
  std::vector<std::pair<std::string, std::string>> policies;
  {
    auto superuser = tenants.superuser();
    tables = tables_of_tenants(superuser);
    for (const auto& table : tables) {
      for (const auto& policy : superuser.texts("SELECT policyname FROM pg_policies WHERE schemaname = 'public' "
                                                "AND tablename = '" +
                                                table + "'")) {
        policies.emplace_back(table, policy);
      }
    }
  }
  CHECK(policies.size() == 2 * tables.size());

  const auto problems_with = [&](const std::string& table, const std::string& change) {
    auto superuser = tenants.superuser();
    superuser.execute("BEGIN");
    superuser.execute(change);
    Attacker app(superuser, "heddle_app");
    Attacker owner(superuser, "heddle_owner");
    auto problems = problems_of(table, superuser, app, owner);
    superuser.execute("ROLLBACK");
    return problems;
  };
  for (const auto& each : policies) {
    const auto& table = each.first;
    const auto& policy = each.second;
    CAPTURE(table);
    CAPTURE(policy);
    CHECK(!problems_with(table, "DROP POLICY " + policy + " ON " + table).empty());
  }
  for (const auto& table : tables) {
    for (const std::string change :
         {"ALTER TABLE # DISABLE ROW LEVEL SECURITY", "ALTER TABLE # NO FORCE ROW LEVEL SECURITY",
          "ALTER POLICY tenant ON # USING (true)", "ALTER POLICY tenant ON # WITH CHECK (true)",
          "ALTER POLICY tenant ON # USING (user_id = coalesce(nullif(current_setting('heddle.user_id', true), ''), "
          "user_id))",
          "ALTER POLICY tenant ON # TO heddle_owner", "ALTER POLICY owner ON # TO PUBLIC",
          "ALTER POLICY owner ON # USING (user_id = 'alice')", "CREATE POLICY another ON # FOR SELECT USING (true)",
          "CREATE POLICY another ON # FOR INSERT WITH CHECK (true)"}) {
      std::string sql = change;
      sql.replace(sql.find('#'), 1, table);
      CAPTURE(sql);
      CHECK(!problems_with(table, sql).empty());
    }
    // The check itself does not cause the failure.
    CHECK(joined(problems_with(table, "SELECT 1")) == "");
  }
}
