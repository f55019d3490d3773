#include "conformance/migration_places.hpp"
#include "conformance/released/known.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

using namespace heddle;
using Storage = conformance::EmptyPlace::Storage;
using conformance::EmptyPlace;

// Databases that released versions filled: with transcripts, and with the records of released/known.hpp.

namespace {

/// Returns the SQL of the rows of a version. The first line is a comment with what its calls returned.
std::string rows_of(const std::string& version) {
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  const char* const database = ".postgres.sql";
#else
  const char* const database = ".sqlite.sql";
#endif
  std::ifstream file(std::filesystem::path(HEDDLE_TEST_RELEASED) / (version + database));
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

const std::vector<std::string> tables{"sessions",       "messages",        "tool_executions", "memory_snapshots",
                                      "agent_errors",   "artifacts",       "sql_results",     "sql_result_images",
                                      "human_requests", "idempotency_keys"};

/// Returns how many rows a table has lost or got since it was copied, in these columns.
std::int64_t changed(EmptyPlace& place, const std::string& table, const std::string& columns) {
  const std::string then = "SELECT " + columns + " FROM before_" + table;
  const std::string now = "SELECT " + columns + " FROM " + table;
  return place.integer("SELECT count(*) FROM (" + then + " EXCEPT " + now + ") lost") +
         place.integer("SELECT count(*) FROM (" + now + " EXCEPT " + then + ") added");
}

/// An empty place with what a version filled.
class Released {
 public:
  Released() {
    backend.migrator().to({}, 1);
    place.execute(rows);
    for (const std::string& table : tables) {
      place.execute("CREATE TABLE before_" + table + " AS SELECT * FROM " + table);
    }
  }

  /// Returns what the first calls returned.
  [[nodiscard]] std::string returned() const { return rows.substr(3, rows.find('\n') - 3); }

  EmptyPlace place{};
  Storage backend{place.config()};
  std::string rows = rows_of("0.1.0");
};

}  // namespace

TEST_CASE("a database that version 0.1.0 filled keeps what could be read, and its idempotency keys") {
  Released released;
  auto& backend = released.backend;
  auto& place = released.place;
  backend.migrate();
  CHECK(changed(place, "tool_executions", "tool_name, input, result, error, execution_time_ms, timestamp") == 0);
  CHECK(changed(place, "memory_snapshots", "id, session_id, snapshot_type, content, token_count, created_at") == 0);
  CHECK(changed(place, "agent_errors", "id, timestamp, session_id, tool_name, raw_error, short_summary") == 0);
  CHECK(changed(place, "sql_results", "id, table_name, row_count, preview, stored_at, size_bytes, checksum") == 0);
  CHECK(changed(place, "sessions", "id, name, agent_id, context, updated_at, total_tokens, last_sequence") == 0);
  CHECK(changed(place, "messages", "role, content, tool_calls, tool_use_id, tool_result, timestamp, token_count") == 0);
  CHECK(changed(place, "artifacts", "id, name, path, purpose, size_bytes, tags, metadata, session_id") == 0);
  CHECK(changed(place, "human_requests", "id, question, status, created_at, session_id") == 0);

  auto& sessions = backend.session_storage();
  const auto before = sessions.statistics(released::tenant);
  CHECK(before.messages > 5);
  std::string returned;
  for (const std::string& each : released::store_known(backend)) { returned += (returned.empty() ? "" : " ") + each; }
  CHECK(returned == released.returned());
  const auto after = sessions.statistics(released::tenant);
  CHECK(after.messages == before.messages);
  CHECK(after.sessions == before.sessions);
  CHECK(changed(place, "idempotency_keys", "*") == 0);

  const auto known = sessions.load_messages(released::tenant, "known").items;
  REQUIRE(known.size() == 5);
  CHECK(known[1].tool_calls.front().input.text == R"({"order": "a\"b"})");
  CHECK(known[2].tool_result->data.text == R"({"rows": [1.0, 12345678901234567890]})");
  CHECK(sessions.search_messages(released::tenant, {.query = "\"my order\"", .session_id = "known"}).items.size() == 1);
  // What is new works on what is old.
  const auto open = sessions.open_tool_calls(released::tenant, "known").items;
  REQUIRE(open.size() == 1);
  CHECK(open[0].call.name == "check");
  CHECK(sessions.load_messages(released::tenant, "known", {.last = 2}).messages.size() == 2);
  std::istringstream words(released.returned());
  std::string result;
  for (int word = 0; word < 6; ++word) { words >> result; }
  const Table sum = backend.result_store().query(released::tenant, result, "SELECT sum(a) FROM t");
  REQUIRE(sum.rows.size() == 1);
  CHECK(std::get<std::int64_t>(sum.rows[0][0]) == 3);
}

#ifdef HEDDLE_CONFORMANCE_POSTGRES

TEST_CASE("texts of version 0.1.0 are found before and after they are indexed anew, and after a way back") {
  Released released;
  auto& backend = released.backend;
  auto& place = released.place;
  backend.migrate();
  const auto found = [&] {
    std::vector<std::size_t> counts;
    for (const char* query : {"order", "\"my order\"", "thanks", "flights", "the", "refunds order"}) {
      // The former analysis knows no other place.
      counts.push_back(backend.session_storage()
                           .search_messages(released::tenant, {.query = query, .where = {SearchPlace::text}})
                           .items.size());
    }
    counts.push_back(backend.artifact_store().search(released::tenant, {.query = "plans"}).items.size());
    return counts;
  };
  const std::string left =
      "SELECT (SELECT count(*) FROM messages WHERE search @@ '''~u'':*') + (SELECT count(*) FROM artifacts WHERE "
      "search "
      "@@ '''~u'':*')";
  const auto before = found();
  CHECK(before[1] > 0);
  CHECK(before.back() == 1);
  const std::int64_t all = place.integer(left);
  CHECK(backend.reindex(released::tenant) > 5);
  CHECK(found() == before);
  CHECK(place.integer(left) < all);
  // An earlier version finds what is the same in both analyses.
  const std::string search_of_earlier =
      "SELECT count(*) FROM set_config('heddle.user_id', 'airline-0', false), "
      "heddle_search_messages('order', NULL, NULL, 1000, 0)";
  const std::int64_t orders = place.integer(search_of_earlier);
  CHECK(orders > 0);
  backend.migrator().to({}, conformance::version_of(backend, "search") - 1);
  CHECK(place.integer(search_of_earlier) == orders);
  CHECK(place.integer(left) == all);
  backend.migrate();
  CHECK(found() == before);
}

#endif

TEST_CASE("a database that version 0.1.0 filled goes up, down, and is what it was") {
  Released released;
  released.backend.migrate();
  released.backend.migrator().to({}, 1);
  for (const std::string& table : tables) {
    CAPTURE(table);
    CHECK(changed(released.place, table, "*") == 0);
  }
  released.backend.migrate();
  CHECK(released.backend.session_storage().statistics(released::tenant).messages > 5);
}
