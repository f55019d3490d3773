#pragma once

#include "support/document.hpp"
#include "support/raw_postgres.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace distribution {

/// A statement of the library by its group and name, with $1, $2 ... as parameters.
struct StatementText {
  std::string name;
  std::string text;
};

/// Returns all SQL that the library sends to PostgreSQL, from its snapshot, which another test keeps complete. What is
/// sent around a statement, or in its place, has its name.
inline std::vector<StatementText> all_statements() {
  std::ifstream file(support::project_folder() / "tests/snapshots/postgres.sql.txt");
  const std::string all = "\n" + std::string{std::istreambuf_iterator<char>(file), {}};
  std::vector<StatementText> statements;
  for (std::size_t at = all.find("\n# "); at != std::string::npos;) {
    const std::size_t line = all.find('\n', at + 1);
    const std::size_t next = all.find("\n# ", line);
    StatementText each{all.substr(at + 3, line - at - 3), all.substr(line + 1, next - line - 1)};
    each.text = std::regex_replace(each.text, std::regex("\\?([1-9])"), "$$$1");
    if (each.name == "sent") {
      // An append that is sent differs behind its first part.
      const auto original = std::find_if(statements.begin(), statements.end(), [&each](const StatementText& other) {
        const std::string text = other.text.substr(0, other.text.find_last_not_of('\n') + 1);
        return other.name != "sent" && text.size() > 12 &&
               (each.text.find(text) != std::string::npos || each.text.starts_with(text.substr(0, 200)));
      });
      each.name = original == statements.end() ? "sent: " + each.text.substr(0, 60) : original->name;
    }
    statements.push_back(std::move(each));
    at = next;
  }
  if (statements.size() < 150) { throw std::runtime_error("tests/snapshots/postgres.sql.txt is not what it was"); }
  return statements;
}

/// Whether a statement has a plan.
inline bool is_planned(const std::string& text) {
  return std::regex_search(text, std::regex("^\\(?(WITH|SELECT|INSERT|UPDATE|DELETE) "));
}

/// A statement prepared under the name `s`. The library sends the types of parameters, which the text does not tell:
/// where the server cannot infer one, it is a bigint or, if that does not fit, a text.
class Prepared {
 public:
  Prepared(support::RawPostgres& raw, const StatementText& statement) : raw_(raw) {
    std::size_t count = 0;
    const std::regex parameter("\\$([0-9]+)");
    for (std::sregex_iterator at(statement.text.begin(), statement.text.end(), parameter), end; at != end; ++at) {
      count = std::max(count, static_cast<std::size_t>(std::stoul((*at)[1])));
    }
    std::vector<std::string> types(count, "unknown");
    while (!prepares(statement, types)) {}
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  Prepared(Prepared&&) = delete;
  Prepared& operator=(Prepared&&) = delete;
  ~Prepared() { static_cast<void>(raw_.failure_of("DEALLOCATE s")); }

  /// Plans the statement for a user and sample values of the other parameters. Not for nulls: nothing is equal to them.
  /// Returns the plan's lines.
  std::vector<std::string> plan(const std::string& user, const std::string& number, const std::string& flag) {
    return raw_.texts(
        "EXPLAIN EXECUTE s" +
        raw_.text("SELECT '(' || string_agg(quote_literal(CASE WHEN i = 1 AND t = 'text'::regtype THEN '" + user +
                  "' WHEN t = 'boolean'::regtype THEN '" + flag + "' WHEN t::text LIKE '%[]' THEN '{" + number +
                  "}' ELSE '" + number +
                  "' END), ', ' ORDER BY i) || ')' FROM pg_prepared_statements, unnest(parameter_types) "
                  "WITH ORDINALITY u (t, i) WHERE name = 's'"));
  }

 private:
  bool prepares(const StatementText& statement, std::vector<std::string>& types) {
    std::string list;
    for (const std::string& type : types) { list += (list.empty() ? "" : ", ") + type; }
    const std::string start = "PREPARE s " + (list.empty() ? list : "(" + list + ") ") + "AS ";
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(raw_.handle(), (start + statement.text).c_str()),
                                                               &PQclear);
    if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) { return true; }
    const std::string message = PQresultErrorMessage(result.get());
    const std::runtime_error failure(statement.name + " cannot be prepared: " + message);
    std::smatch number;
    if (std::regex_search(message, number, std::regex("could not determine data type of parameter \\$([0-9]+)"))) {
      types.at(std::stoul(number[1]) - 1) = "bigint";
      return false;
    }
    // The parameter next to where an operator does not fit.
    const char* const position = PQresultErrorField(result.get(), PG_DIAG_STATEMENT_POSITION);
    if (position == nullptr || std::stoul(position) <= start.size()) { throw failure; }
    const std::size_t there = std::stoul(position) - start.size() - 1;
    std::size_t best = types.size();
    std::size_t distance = statement.text.size();
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i] == "text") { continue; }
      const std::regex parameter("\\$" + std::to_string(i + 1) + "(?![0-9])");
      for (std::sregex_iterator at(statement.text.begin(), statement.text.end(), parameter), end; at != end; ++at) {
        const auto here = static_cast<std::size_t>(at->position());
        const std::size_t away = here < there ? there - here : here - there;
        if (away < distance) {
          distance = away;
          best = i;
        }
      }
    }
    if (best == types.size()) { throw failure; }
    types[best] = types[best] == "unknown" ? "bigint" : "text";
    return false;
  }

  support::RawPostgres& raw_;
};

}  // namespace distribution
