// Sums of usage read the rows that the query selects, and no others.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/sqlite_plan.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <string>

using support::plan_of;

namespace {

bool has(const std::string& plan, const std::string& step) { return plan.find(step) != std::string::npos; }

}  // namespace

TEST_CASE("sums of usage are found by the days of the tenant, or by the session, or by the sessions of the agent") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite> backend({.path = path});
  backend.migrate();
  const SQLite::Database database(path);
  const auto& statements = heddle::sql::statements<heddle::Sqlite::Dialect::Messages::UsageLists>();
  const std::string of_row = "SEARCH u USING PRIMARY KEY (user_id=? AND session_id=?)";

  const std::string tenant = plan_of(database, statements.of_tenant.text());
  CHECK(has(tenant, "SEARCH u USING INDEX usage_by_day_of_user (user_id=? AND day>? AND day<?)"));
  const std::string session = plan_of(database, statements.of_session.text());
  CHECK(has(session, of_row));
  CHECK(has(session, "SEARCH s USING INDEX sqlite_autoindex_sessions_1 (user_id=? AND id=?)"));
  const std::string agent = plan_of(database, statements.of_agent.text());
  CHECK(has(agent, of_row));
  CHECK(has(agent, "SEARCH s USING INDEX sessions_by_agent (user_id=? AND agent_id=?)"));
  for (const std::string& plan : {tenant, session, agent}) { CHECK_FALSE(has(plan, "SCAN")); }
}
