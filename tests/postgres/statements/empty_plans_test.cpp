#include "postgres/distribution/statement_texts.hpp"
#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>

using namespace distribution;

namespace {

/// Whether a plan looks for messages by nothing but their tenant. Those of another analysis have an index of their own.
bool reads_all_messages(const std::string& plan) {
  static const std::regex by_tenant(R"((messages_pkey on|on messages_pkey|Seq Scan on messages)[^\n]*\n)"
                                    R"( *(Index Cond: \(user_id = (?![^\n]* AND )|Filter: ))");
  return std::regex_search(plan, by_tenant);
}

}  // namespace

// A connection keeps its plans until the next ANALYZE, also those that it made when the tables were empty.
TEST_CASE("postgres: plans that were made for empty tables look for messages by their branch, too") {
  support::MigratedDatabase database;
  support::RawPostgres raw(database.database().app_dsn());
  raw.execute("SET plan_cache_mode = force_generic_plan; SET heddle.user_id = 'tenant'");
  int planned = 0;
  for (const StatementText& statement : all_statements()) {
    if (!is_planned(statement.text)) { continue; }
    Prepared prepared(raw, statement);
    std::string plan;
    for (const std::string& line : prepared.plan("tenant", "1", "true")) { plan += line + "\n"; }
    CAPTURE(statement.name);
    CAPTURE(plan);
    CHECK_FALSE(reads_all_messages(plan));
    ++planned;
  }
  CHECK(planned > 150);
}
