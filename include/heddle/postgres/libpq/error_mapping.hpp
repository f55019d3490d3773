// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Returns the exception for an error of the server. Leaves out the server's own message, which could quote stored
/// content, unless it can only quote our SQL. A syntax error can quote content: the text of a tsvector has syntax too.
[[nodiscard]] inline Error make_error(std::string_view state, std::string_view doing, std::string_view primary_message,
                                      Outcome outcome = Outcome::nothing_happened) {
  const ErrorMeaning meaning = meaning_of(state);
  std::string message(doing);
  message.append(": ").append(meaning.sentence);
  const bool quotes_only_sql =
      state.starts_with(sqlstate::syntax_error_or_access_rule_violation) && state != sqlstate::syntax_error;
  if (quotes_only_sql && !primary_message.empty()) { message.append(": ").append(primary_message); }
  if (!state.empty()) { message.append(" (SQLSTATE ").append(state).append(")"); }
  return Error(meaning.code, message, std::string(state), outcome);
}

}  // namespace heddle::postgres::libpq
