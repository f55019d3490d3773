#include "postgres/distribution/statement_texts.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace distribution;

namespace {

/// Whether a step of a plan reads messages, or their chunks or calls of tools, by less than their branch.
bool reads_all_of_a_tenant(const std::vector<std::string>& plan) {
  static const std::regex reads(
      "(using|Index Scan on) (messages|message_chunks|tool_links)_pkey\\b"
      "|Seq Scan on (messages|message_chunks|tool_links)\\b");
  for (std::size_t line = 0; line < plan.size(); ++line) {
    if (!std::regex_search(plan[line], reads)) { continue; }
    const std::string condition = line + 1 < plan.size() ? plan[line + 1] : std::string();
    if (condition.find("Index Cond: ") == std::string::npos ||
        condition.find("branch_number = ") == std::string::npos) {
      return true;
    }
  }
  return false;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) { text += line + '\n'; }
  return text;
}

}  // namespace

// From the sixth execution on, a connection keeps the plan that it makes then until the next ANALYZE, also if no table
// has had one.
TEST_CASE("postgres: plans that were made without statistics, for empty tables, look for messages by their branch") {
  support::MigratedDatabase database;
  support::RawPostgres raw(database.database().app_dsn());
  raw.execute("SET plan_cache_mode = force_generic_plan; SET heddle.user_id = 'tenant'");
  // Redactions are rare, and written otherwise they are slower where there are statistics.
  const std::set<std::string> rare{"Messages::Branches.redact", "Messages::Branches.forget_calls"};
  int planned = 0;
  for (const StatementText& statement : all_statements()) {
    if (!is_planned(statement.text)) { continue; }
    Prepared prepared(raw, statement);
    const std::vector<std::string> plan = prepared.plan("tenant", "1", "true");
    CAPTURE(statement.name);
    CAPTURE(text_of(plan));
    if (!rare.contains(statement.name)) { CHECK_FALSE(reads_all_of_a_tenant(plan)); }
    ++planned;
  }
  CHECK(planned > 150);
}
