#include "support/migrated_database.hpp"
#include "support/plans.hpp"
#include "support/raw_postgres.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int tenants = 4;
constexpr int sessions = 50;   // of a tenant
constexpr int messages = 100;  // of a session

/// A database with messages of several tenants; `common` is in all of them, `rare` in a few.
class Filled {
 public:
  Filled() {
    heddle::Backend<heddle::Postgres> backend(database_.config());
    for (int tenant = 0; tenant < tenants; ++tenant) {
      const auto context = heddle::Context::for_user("tenant" + std::to_string(tenant));
      for (int session = 0; session < sessions; ++session) {
        const std::string id = "s" + std::to_string(session);
        backend.session_storage().save_session(context, {.id = id, .agent_id = "agent" + std::to_string(session % 5)});
        std::vector<heddle::Message> batch(messages);
        for (int index = 0; index < messages; ++index) {
          batch[static_cast<std::size_t>(index)].content =
              "common word" + std::to_string(index) + (session == 7 && index % 50 == 0 ? " very rare" : " nothing");
        }
        backend.session_storage().save_messages(context, id, batch);
      }
    }
    // Every search reads the pending entries of the index: of so few messages these would be most.
    support::RawPostgres(database_.database().superuser_dsn())
        .execute("SELECT gin_clean_pending_list('messages_search')");
  }

  [[nodiscard]] std::string app_dsn() { return database_.database().app_dsn(); }
  void analyze() { support::RawPostgres(database_.database().superuser_dsn()).execute("ANALYZE"); }

  /// Returns the plans of a search, with the settings that Heddle makes before it.
  std::vector<std::string> search(const std::string& arguments) {
    return plans("heddle_search_messages(" + arguments + ")");
  }
  std::vector<std::string> plans(const std::string& call) {
    support::Plans plans(database_.database().superuser_dsn(), "heddle_app");
    return plans.of(
        "BEGIN; SELECT set_config('search_path', 'public', true), set_config('heddle.user_id', 'tenant1', true); "
        "SELECT * FROM " +
        call + "; COMMIT");
  }
  std::string rows(const std::string& arguments) { return count("heddle_search_messages(" + arguments + ")"); }
  std::string count(const std::string& call) {
    support::RawPostgres connection(database_.database().app_dsn());
    connection.execute("SET heddle.user_id = 'tenant1'");
    return connection.text("SELECT count(*) FROM " + call);
  }

 private:
  support::MigratedDatabase database_;
};

/// Returns the plan that reads messages, without those of its callers.
std::string plan_of_messages(const std::vector<std::string>& plans) {
  for (const std::string& plan : plans) {
    if (plan.find("messages m") != std::string::npos) { return plan; }
  }
  FAIL("no plan reads messages");
  return {};
}

bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

/// Returns how many rows all steps of some plans returned or dropped.
std::int64_t rows_of(const std::vector<std::string>& plans) {
  std::int64_t rows = 0;
  for (const std::string& plan : plans) {
    std::istringstream lines(plan);
    std::int64_t loops = 1;
    const auto number = [](const std::string& line, const std::string& name) {
      const std::size_t at = line.find(name);
      return at == std::string::npos ? 0 : std::stoll(line.substr(at + name.size()));
    };
    for (std::string line; std::getline(lines, line);) {
      if (line.find("(actual rows=") != std::string::npos) {
        loops = number(line, " loops=");
        rows += loops * number(line, "(actual rows=");
      } else if (const std::size_t at = line.find("Rows Removed by "); at != std::string::npos) {
        rows += loops * number(line.substr(at), ": ");
      }
    }
  }
  return rows;
}

}  // namespace

TEST_CASE("search: the application's role finds words through the index, under row security") {
  Filled filled;
  SUBCASE("without statistics") {}
  SUBCASE("with statistics") { filled.analyze(); }
  CHECK(filled.rows("'rare', NULL, NULL, 100, 0") == "2");
  // A rare word, a phrase, an agent's messages.
  for (const char* arguments :
       {"'rare', NULL, NULL, 20, 0", "'veri rare', NULL, NULL, 20, 0", "'rare', NULL, 'agent2', 20, 0"}) {
    const std::string plan = plan_of_messages(filled.search(arguments));
    CAPTURE(plan);
    CHECK(has(plan, "Bitmap Index Scan on messages_search"));
    CHECK_FALSE(has(plan, "Seq Scan on messages"));
  }
  // In one session its rows may be read one by one: they are few.
  const std::string plan = plan_of_messages(filled.search("'rare', 's7', NULL, 20, 0"));
  CAPTURE(plan);
  CHECK((has(plan, "messages_pkey") || has(plan, "messages_search")));
  CHECK_FALSE(has(plan, "Seq Scan on messages"));
}

TEST_CASE("search: few matches are found by the index, and of many only as many messages are read as are needed") {
  Filled filled;
  SUBCASE("without statistics") {}
  SUBCASE("with statistics") { filled.analyze(); }
  // Whether the index is asked.
  const auto uses_index = [&filled](const std::string& words, const std::string& newest, const std::string& any) {
    const std::string call =
        "heddle_find_messages(" + words + ", NULL, NULL, -1, NULL, NULL, " + newest + ", " + any + ", 1000, 20, 0)";
    CAPTURE(call);
    CHECK(filled.count(call) == (words.find("rar") == std::string::npos ? "20" : "2"));
    bool index = false;
    for (const std::string& plan : filled.plans(call)) {
      CAPTURE(plan);
      CHECK_FALSE(has(plan, "Seq Scan on messages"));
      index = index || has(plan, "Bitmap Index Scan on messages_search");
    }
    return index;
  };
  CHECK(uses_index("'rare'", "false", "false"));
  CHECK(uses_index("'veri rare'", "false", "false"));
  CHECK(uses_index("'rar*|=rar*'", "true", "false"));
  CHECK(uses_index("E'rare\\nveri'", "false", "true"));
  CHECK_FALSE(uses_index("'common'", "false", "false"));
  CHECK_FALSE(uses_index("'common'", "true", "false"));
  CHECK_FALSE(uses_index("E'common\\nword'", "true", "true"));
}

TEST_CASE("search: the messages of a short session are read, by statements that are planned once") {
  Filled filled;
  SUBCASE("without statistics") {}
  SUBCASE("with statistics") { filled.analyze(); }
  const std::string call = "heddle_find_messages('rare', 's7', NULL, -1, NULL, NULL, false, false, 1000, 20, 0)";
  CHECK(filled.count(call) == "2");
  int readers = 0;
  for (const std::string& plan : filled.plans(call)) {
    CAPTURE(plan);
    CHECK_FALSE(has(plan, "Bitmap Index Scan on messages_search"));
    CHECK_FALSE(has(plan, "Seq Scan on"));
    if (!has(plan, "messages_pkey")) { continue; }
    ++readers;
    CHECK(has(plan, "user_id = $"));  // a plan for every tenant
  }
  CHECK(readers == 1);
}

TEST_CASE("search: plans that were made without statistics, or for empty tables, read about as little as others") {
  support::MigratedDatabase database;
  support::RawPostgres superuser(database.database().superuser_dsn());
  for (const char* table : {"messages", "sessions", "branches", "segments"}) {
    superuser.execute(std::string("ALTER TABLE ") + table + " SET (autovacuum_enabled = off)");
  }
  const auto search = [](support::Plans& plans, const std::string& arguments) {
    return plans.of(
        "BEGIN; SELECT set_config('search_path', 'public', true), set_config('heddle.user_id', 'tenant', "
        "true); SELECT * FROM heddle_find_messages(" +
        arguments + ", 1000, 20, 0); COMMIT");
  };
  // Not the newest of an agent: without statistics, its sessions are looked for among all of the tenant.
  const std::vector<std::string> all{"'rare', NULL, NULL, -1, NULL, NULL, false, false",
                                     "'rare', NULL, NULL, -1, NULL, NULL, true, false",
                                     "'common', NULL, NULL, -1, NULL, NULL, false, false",
                                     "'common', NULL, NULL, -1, NULL, NULL, true, false",
                                     "'veri rare', NULL, NULL, -1, NULL, NULL, false, false",
                                     "'rare', 's7', NULL, -1, NULL, NULL, false, false",
                                     "'rare', NULL, 'agent2', -1, NULL, NULL, false, false",
                                     "E'rare\nveri', NULL, NULL, -1, NULL, NULL, false, true"};
  support::Plans early(database.database().superuser_dsn(), "heddle_app");
  const auto search_all = [&] {
    for (const std::string& arguments : all) { static_cast<void>(search(early, arguments)); }
  };
  search_all();
  heddle::Backend<heddle::Postgres> backend(database.config());
  const auto context = heddle::Context::for_user("tenant");
  for (int session = 0; session < 400; ++session) {
    const std::string id = "s" + std::to_string(session);
    backend.session_storage().save_session(context, {.id = id, .agent_id = "agent" + std::to_string(session % 5)});
    std::vector<heddle::Message> batch(10);
    for (heddle::Message& message : batch) { message.content = "common nothing"; }
    if (session % 20 == 7) { batch.front().content = "common very rare"; }
    backend.session_storage().save_messages(context, id, batch);
    // Statements that are not reached without messages are planned with the first ones.
    if (session == 0) { search_all(); }
  }
  // Many other sessions, with a branch and a segment each, that no search has to read.
  superuser.execute(
      "INSERT INTO sessions (user_id, id, name, agent_id, context, created_at, updated_at, total_cost_usd, "
      "total_tokens) SELECT 'tenant', 'old' || n, '', 'old', '{}', n, n, 0, 0 FROM generate_series(1, 5000) n");
  superuser.execute("SELECT gin_clean_pending_list('messages_search')");
  const auto rows_by = [&](support::Plans& plans) {
    std::vector<std::int64_t> rows;
    for (const std::string& arguments : all) { rows.push_back(rows_of(search(plans, arguments))); }
    return rows;
  };
  const auto by_early_plans = rows_by(early);
  support::Plans without(database.database().superuser_dsn(), "heddle_app");
  const auto by_plans_without = rows_by(without);
  superuser.execute("ANALYZE");
  support::Plans with(database.database().superuser_dsn(), "heddle_app");
  const auto by_plans_with = rows_by(with);
  for (std::size_t number = 0; number < all.size(); ++number) {
    CAPTURE(all[number]);
    CHECK(by_plans_with[number] > 10);
    CHECK(by_early_plans[number] <= 2 * by_plans_with[number] + 100);
    CHECK(by_plans_without[number] <= 2 * by_plans_with[number] + 100);
  }
}

TEST_CASE("search: what follows in the transaction is planned as before, also after a failure") {
  Filled filled;
  support::RawPostgres connection(filled.app_dsn());
  connection.execute("BEGIN; SET LOCAL heddle.user_id = 'tenant1'");
  const auto settings = [&connection] {
    std::string all;
    for (const char* name :
         {"plan_cache_mode", "enable_seqscan", "enable_bitmapscan", "enable_sort", "jit", "search_path"}) {
      all += connection.text(std::string("SHOW ") + name) + "; ";
    }
    return all;
  };
  const std::string before = settings();
  // Of many messages in order, by the index, of many to be ranked, of any word, and of a short session.
  for (const char* arguments :
       {"'common', NULL, NULL, -1, NULL, NULL, true, false", "'rare', NULL, NULL, -1, NULL, NULL, false, true",
        "'common', NULL, NULL, -1, NULL, NULL, false, false", "E'rare\ncommon', NULL, NULL, -1, NULL, NULL, true, true",
        "'rare', 's7', NULL, -1, NULL, NULL, false, false"}) {
    CAPTURE(arguments);
    const std::string search = std::string("SELECT count(*) FROM heddle_find_messages(") + arguments;
    static_cast<void>(connection.text(search + ", 1000, 20, 0)"));
    CHECK(settings() == before);
    // It fails at its end: where a page would begin before the first match.
    connection.execute("SAVEPOINT search");
    CHECK(connection.failure_of(search + ", 1000, 20, -1)") == "2201X");
    connection.execute("ROLLBACK TO search");
    CHECK(settings() == before);
  }
  connection.execute("COMMIT");
  CHECK(settings() == before);
}

TEST_CASE("search: artifacts are found and counted through the index, under row security") {
  support::MigratedDatabase database;
  {
    heddle::Backend<heddle::Postgres> backend(database.config());
    for (int number = 0; number < 600; ++number) {
      backend.artifact_store().index(
          heddle::Context::for_user("tenant" + std::to_string(number % 3)),
          {.name = "common " + std::to_string(number), .purpose = number % 200 == 1 ? "very rare" : "nothing"});
    }
  }
  support::RawPostgres superuser(database.database().superuser_dsn());
  superuser.execute("SELECT gin_clean_pending_list('artifacts_search')");
  SUBCASE("without statistics") {}
  SUBCASE("with statistics") { superuser.execute("ANALYZE"); }
  support::Plans plans(database.database().superuser_dsn(), "heddle_app");
  for (const char* call : {"'rare', NULL, NULL, NULL, NULL, NULL, NULL, false, false, 1000, 20, 0",
                           "E'rare\nveri', NULL, NULL, NULL, NULL, NULL, NULL, false, true, 1000, 20, 0",
                           "'veri rare', NULL, 'user', NULL, NULL, 0, NULL, true, false, 1000, 20, 0"}) {
    CAPTURE(call);
    bool index = false;
    for (const std::string& plan : plans.of("BEGIN; SELECT set_config('search_path', 'public', true), "
                                            "set_config('heddle.user_id', 'tenant1', true); SELECT * FROM "
                                            "heddle_find_artifacts(" +
                                            std::string(call) + "); COMMIT")) {
      CAPTURE(plan);
      CHECK_FALSE(has(plan, "Seq Scan on artifacts"));
      // The function that reads them is part of the statement.
      CHECK_FALSE(has(plan, "Function Scan on heddle_artifacts_with_terms"));
      index = index || has(plan, "Bitmap Index Scan on artifacts_search");
    }
    CHECK(index);
  }
}
