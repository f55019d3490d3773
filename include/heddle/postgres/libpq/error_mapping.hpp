// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// Returns true if the server's message for this SQLSTATE can quote our SQL, settings and names of files, but no stored
/// content. A syntax error can quote content: the text of a tsvector has syntax too.
[[nodiscard]] inline bool quotes_no_content(std::string_view state) noexcept {
  using namespace sqlstate;
  if (state == syntax_error) { return false; }
  constexpr std::array classes{invalid_transaction_state, syntax_error_or_access_rule_violation,
                               insufficient_resources,    object_not_in_prerequisite_state,
                               operator_intervention,     system_error};
  return std::any_of(classes.begin(), classes.end(),
                     [state](std::string_view each) { return state.starts_with(each); });
}

/// Returns the exception for an error of the server. Leaves out the server's own message where it could quote stored
/// content.
[[nodiscard]] inline Error make_error(std::string_view state, std::string_view doing, std::string_view primary_message,
                                      Outcome outcome = Outcome::nothing_happened) {
  const ErrorMeaning meaning = meaning_of(state);
  std::string message(doing);
  message.append(": ").append(meaning.sentence);
  if (quotes_no_content(state) && !primary_message.empty()) { message.append(": ").append(primary_message); }
  if (!state.empty()) { message.append(" (SQLSTATE ").append(state).append(")"); }
  return Error(meaning.code, message, std::string(state), outcome);
}

}  // namespace heddle::postgres::libpq
