// Lists of requests to humans read the rows of their page, and a removal of errors the oldest ones.
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/sqlite_plan.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <doctest/doctest.h>

#include <string>

using support::plan_of;

TEST_CASE("open requests by priority, open calls and old errors are found by their indexes") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  heddle::Backend<heddle::Sqlite> backend({.path = path});
  backend.migrate();
  const SQLite::Database database(path);
  const auto& requests = heddle::sql::statements<heddle::Sqlite::Dialect::HumanRequests>();
  const std::string by_priority = plan_of(database, requests.list_by_priority.text());
  CAPTURE(by_priority);
  CHECK(by_priority.starts_with(
      "SEARCH human_requests USING INDEX human_requests_by_urgency (user_id=? AND (urgency,id)>(?,?))\n"));
  CHECK(by_priority.find("USE TEMP B-TREE") == std::string::npos);
  const auto& calls = heddle::sql::statements<heddle::Sqlite::Dialect::Messages::ToolCalls>();
  for (const std::string& sql : {calls.list.text(), calls.list_of_session.text()}) {
    CHECK(plan_of(database, sql).find("SEARCH l USING") != std::string::npos);
  }
  const auto& errors = heddle::sql::statements<heddle::Sqlite::Dialect::Errors>();
  for (const std::string& sql : {errors.prune_by_age.text(), errors.prune.text()}) {
    const std::string plan = plan_of(database, sql);
    CAPTURE(plan);
    CHECK(plan.find("USE TEMP B-TREE") == std::string::npos);
    CHECK(plan.find("SEARCH agent_errors USING INDEX agent_errors_by_time (user_id=?") != std::string::npos);
  }
}
