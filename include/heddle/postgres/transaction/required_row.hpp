// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::transaction {

/// How a statement is sent.
enum class Form {
  plain,            ///< unchanged
  required,         ///< fails without a row, and so does the transaction
  required_number,  ///< the same; its row, a number, is kept for the idempotency key
  counted           ///< the number of rows that it changed is kept for the idempotency key
};
inline constexpr std::size_t forms = 4;

/// Returns the length of the WITH clause that a statement starts with; 0 without one. Precondition: no literal of the
/// clause contains a parenthesis.
[[nodiscard]] inline std::size_t length_of_with_clause(std::string_view statement) {
  if (!statement.starts_with("WITH ")) { return 0; }
  int depth = 0;
  for (std::size_t at = 0; at < statement.size(); ++at) {
    if (statement[at] == '(') { ++depth; }
    if (statement[at] != ')' || --depth != 0) { continue; }
    // A parenthesis that ends a list of columns or one of several queries does not end the clause.
    const std::string_view rest = statement.substr(at + 1);
    if (!rest.starts_with(',') && !rest.starts_with(" AS ")) { return at + 1; }
  }
  return 0;
}

/// Returns the statement as the query `r` of a WITH clause, and what its form needs behind it.
///
/// The commands of a pipeline run without the client in between, so the server has to stop by itself where a required
/// row is missing. A query that found no row divides 1 by 0: the idiom SELECT 1/COUNT(*) of Sqitch's verify scripts
/// (https://sqitch.org/docs/manual/sqitchtutorial/). No other statement divides by a value that it reads, so the error
/// `division_by_zero` identifies the missing row. Precondition: a required row has a column that is not null.
[[nodiscard]] inline std::string wrap(Form form, std::string_view statement) {
  // With the next migration a function of the schema replaces the division: it raises an SQLSTATE of its own unless its
  // argument, "r has a row", is true. Here it would stand in the place of the quotient.
  static constexpr std::string_view or_fail =
      ", 1 / (NOT (r IS NULL))::integer FROM (VALUES (1)) one LEFT JOIN r ON true";
  const auto kept = [](const char* number) {
    return std::string(", set_config('heddle.answer', ").append(number).append("::text, true)");
  };
  // A query that changes rows may only stand in the outermost WITH clause: `r` joins the one of the statement.
  const std::size_t length = length_of_with_clause(statement);
  const std::string with = length == 0 ? "WITH " : std::string(statement.substr(0, length)) + ", ";
  const std::string query(statement.substr(length));
  switch (form) {
    case Form::plain: break;
    case Form::required: return (with + "r AS (" + query + ") SELECT r.*").append(or_fail);
    case Form::required_number:
      return (with + "r (number) AS (" + query + ") SELECT r.number" + kept("r.number")).append(or_fail);
    case Form::counted: return with + "r AS (" + query + " RETURNING 1) SELECT count(*)" + kept("count(*)") + " FROM r";
  }
  return std::string(statement);
}

/// Returns the SQL of a statement in a form, with PostgreSQL's placeholders: `$1` for `?1`.
[[nodiscard]] inline std::string text_of(Form form, std::string_view statement) {
  std::string text = wrap(form, statement);
  for (std::size_t at = 0; (at = text.find('?', at)) != std::string::npos; ++at) {
    if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9') { text[at] = '$'; }
  }
  return text;
}

}  // namespace heddle::postgres::transaction
