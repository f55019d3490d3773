#include "postgres/distribution/departures.hpp"
#include "postgres/distribution/divided_database.hpp"
#include "postgres/distribution/statement_texts.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <string>
#include <vector>

using namespace distribution;

namespace {

const std::vector<std::string> kinds_of_plans{"statement of all tenants", "statement across shards"};

/// Returns which statements have shards of other tenants in their plans.
Departures across_shards(DividedDatabase& database, const std::vector<StatementText>& statements) {
  Departures found;
  // A statement that says nothing about a tenant is the administrator's.
  const std::regex names_tenant("user_id = \\$1|VALUES \\(\\$1|SELECT \\$1");
  for (const StatementText& statement : statements) {
    if (!is_planned(statement.text)) { continue; }
    Prepared prepared(database.raw(), statement);
    database.raw().execute("BEGIN");
    prepared.plan("alice", "1", "true");
    prepared.plan("alice", "0", "false");
    const bool across = !database.tables_across_shards("alice").empty();
    database.raw().execute("ROLLBACK");
    if (across) {
      found[kinds_of_plans[std::regex_search(statement.text, names_tenant) ? 1 : 0]].insert(statement.name);
    }
  }
  return found;
}

const std::vector<std::string> kinds_of_texts{
    "INSERT with a WITH",     "INSERT of values with a subquery", "clock or setting in a CASE or coalesce of a write",
    "setting of the session", "lock or message of one node",      "order by a number of a sequence"};

/// Returns the text from a place on to where what begins there ends.
std::string balanced(const std::string& text, std::size_t begin, const std::regex& opens, const std::regex& closes) {
  int depth = 0;
  const std::regex either("\\bCASE\\b|\\bEND\\b|\\(|\\)");
  for (std::sregex_iterator at(text.begin() + static_cast<std::ptrdiff_t>(begin), text.end(), either), end; at != end;
       ++at) {
    const std::string word = at->str();
    depth += std::regex_match(word, opens) ? 1 : std::regex_match(word, closes) ? -1 : 0;
    if (depth == 0 && std::regex_match(word, closes)) {
      return text.substr(begin, static_cast<std::size_t>(at->position() + at->length()));
    }
  }
  return text.substr(begin);
}

/// Whether a CASE or a coalesce has a value that can change from one transaction to the next.
bool decides_by_clock(const std::string& text) {
  const std::regex begins("\\bCASE\\b|coalesce\\(");
  for (std::sregex_iterator at(text.begin(), text.end(), begins), end; at != end; ++at) {
    const auto begin = static_cast<std::size_t>(at->position());
    const std::string part = at->str() == "CASE" ? balanced(text, begin, std::regex("CASE"), std::regex("END"))
                                                 : balanced(text, begin, std::regex("\\("), std::regex("\\)"));
    if (std::regex_search(part, std::regex("statement_timestamp\\(|current_setting\\("))) { return true; }
  }
  return false;
}

/// Returns which statements have what Citus refuses or does otherwise, although they name the tenant.
Departures refused(const std::vector<StatementText>& statements) {
  Departures found;
  for (const StatementText& statement : statements) {
    const std::string& text = statement.text;
    const auto has = [&text](const char* pattern) { return std::regex_search(text, std::regex(pattern)); };
    const bool writes = has("\\b(INSERT INTO|DELETE FROM) [a-z_]+|\\bUPDATE [a-z_]+ (AS [a-z]+ )?SET\\b");
    const auto note = [&](const std::string& kind, bool holds) {
      if (holds && !statement.name.starts_with("sent: ")) { found[kind].insert(statement.name); }
    };
    note(kinds_of_texts[0], text.starts_with("WITH ") && has("INSERT INTO"));
    note(kinds_of_texts[1], has("INSERT INTO [a-z_]+ \\([^)]*\\) VALUES .*\\(SELECT "));
    note(kinds_of_texts[2], writes && decides_by_clock(text));
    note(kinds_of_texts[3], has("current_setting\\(") || (has("set_config\\(") && !has("'heddle.answer'")));
    note(kinds_of_texts[4], has("pg_advisory|pg_notify"));
    note(kinds_of_texts[5], has("ORDER BY [^()]*\\bnumber\\b"));
  }
  return found;
}

}  // namespace

TEST_CASE("distribution: the plan of every statement has the tenant's shard only, but for what is listed") {
  DividedDatabase database;
  check_listed(kinds_of_plans, across_shards(database, all_statements()));
}

TEST_CASE("distribution: what Citus would refuse in a statement is listed") {
  check_listed(kinds_of_texts, refused(all_statements()));
}

TEST_CASE("distribution: a statement that does not name the tenant for a table is found") {
  DividedDatabase database;
  const auto kind_of = [&database](const std::string& text) -> std::string {
    for (const auto& kind : across_shards(database, {{"astray", text}})) {
      if (!kind.second.empty()) { return kind.first; }
    }
    return "";
  };
  // Named directly, or equal to what is.
  CHECK(kind_of("SELECT FROM sessions WHERE user_id = $1 AND id = $2") == "");
  CHECK(kind_of("SELECT FROM sessions s JOIN messages m ON m.user_id = s.user_id WHERE s.user_id = $1") == "");
  CHECK(kind_of("INSERT INTO agent_errors (user_id, id) VALUES ($1, $2)") == "");
  for (const char* text :
       {"SELECT FROM sessions s, messages m WHERE s.user_id = $1 AND m.branch_number = s.branch_number",
        "SELECT (SELECT max(m.sequence) FROM messages m WHERE m.user_id = s.user_id) FROM sessions s WHERE s.user_id = "
        "$1",
        "SELECT FROM sessions WHERE user_id = $1 OR id = $2",
        "UPDATE sessions SET name = '' WHERE id IN (SELECT session_id FROM artifacts WHERE user_id = $1)",
        "DELETE FROM messages USING sessions s WHERE s.user_id = $1 AND messages.branch_number = s.branch_number"}) {
    CHECK_MESSAGE(kind_of(text) == "statement across shards", text);
  }
  CHECK(kind_of("SELECT count(*) FROM sessions") == "statement of all tenants");
  CHECK(kind_of("DELETE FROM sessions WHERE id = $1") == "statement of all tenants");
}

TEST_CASE("distribution: what Citus would refuse is found") {
  const auto finds = [](const std::string& text, std::size_t kind) {
    return refused({{"astray", text}})[kinds_of_texts[kind]].count("astray") == 1;
  };
  CHECK(finds("WITH t AS (SELECT 1) INSERT INTO sessions (user_id) SELECT $1", 0));
  CHECK(finds("INSERT INTO sessions (user_id) VALUES ((SELECT $1))", 1));
  CHECK(finds("UPDATE sessions SET updated_at = CASE WHEN (true) THEN statement_timestamp() END WHERE true", 2));
  CHECK(finds("UPDATE sessions AS s SET name = coalesce(current_setting('x'), '')", 2));
  CHECK(!finds("SELECT coalesce(max(statement_timestamp()), null) FROM sessions", 2));
  CHECK(!finds("UPDATE sessions SET name = CASE WHEN true THEN 1 END, updated_at = statement_timestamp()", 2));
  CHECK(finds("SELECT set_config('heddle.user_id', $1, true)", 3));
  CHECK(finds("SELECT pg_advisory_xact_lock(1)", 4));
  CHECK(finds("SELECT 1 FROM sessions s ORDER BY s.number LIMIT 1", 5));
}
