// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres::libpq {

/// The code for an SQLSTATE, and a sentence that holds no content.
struct ErrorMeaning {
  ErrorCode code;
  std::string_view sentence;
};

/// SQLSTATEs that the engine itself acts upon. Source: PostgreSQL's documentation, appendix A.
namespace sqlstate {
inline constexpr std::string_view division_by_zero = "22012";
inline constexpr std::string_view read_only_transaction = "25006";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock_detected = "40P01";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view cached_plan_changed = "0A000";
inline constexpr std::string_view unknown_statement = "26000";
inline constexpr std::string_view undefined_table = "42P01";
inline constexpr std::string_view insufficient_privilege = "42501";
}  // namespace sqlstate

/// What an SQLSTATE means to a caller.
[[nodiscard]] inline ErrorMeaning meaning_of(std::string_view state) noexcept {
  const auto in_class = [state](std::string_view prefix) { return state.starts_with(prefix); };
  if (state == "23503") { return {ErrorCode::not_found, "a record that this one refers to does not exist"}; }
  if (state == "23505") { return {ErrorCode::already_exists, "a record with this id exists already"}; }
  if (state == sqlstate::serialization_failure || state == sqlstate::deadlock_detected) {
    return {ErrorCode::unavailable, "another transaction was in the way"};
  }
  if (state == sqlstate::lock_not_available) { return {ErrorCode::unavailable, "a lock was not to be had in time"}; }
  if (state == sqlstate::query_canceled) { return {ErrorCode::cancelled, "the statement was cancelled"}; }
  if (state == sqlstate::read_only_transaction) {
    return {ErrorCode::unavailable, "the server only reads: is it a standby?"};
  }
  if (state == "53300") { return {ErrorCode::unavailable, "the server has no connection left"}; }
  if (state == sqlstate::insufficient_privilege) {
    return {ErrorCode::permission_denied, "the database role may not do this"};
  }
  if (state == sqlstate::undefined_table || state == "42703" || state == "42883" || state == "3F000") {
    return {ErrorCode::failed_precondition, "the database lacks what this version needs: call migrate() first"};
  }
  if (state == "42P05" || state == sqlstate::unknown_statement) {
    return {ErrorCode::failed_precondition, "a pooler mixes up prepared statements: turn named_statements off"};
  }
  if (in_class("28")) { return {ErrorCode::permission_denied, "the server refused the role"}; }
  if (in_class("53") || in_class("54")) { return {ErrorCode::resource_exhausted, "a limit of the server was reached"}; }
  if (in_class("08") || in_class("57") || in_class("58") || state.empty()) {
    return {ErrorCode::unavailable, "the server is not available"};
  }
  if (state == "XX001" || state == "XX002") { return {ErrorCode::data_loss, "the database is damaged"}; }
  return {ErrorCode::internal, "the database refused a statement"};
}

/// The exception for an error of the server. Its own message is left out, except where it can only quote our SQL: it
/// could quote content. So can an error of syntax, which the text of a tsvector has, too.
[[nodiscard]] inline Error make_error(std::string_view state, std::string_view doing, std::string_view primary_message,
                                      Outcome outcome = Outcome::nothing_happened) {
  const ErrorMeaning meaning = meaning_of(state);
  std::string message(doing);
  message.append(": ").append(meaning.sentence);
  if (state.starts_with("42") && state != "42601" && !primary_message.empty()) {
    message.append(": ").append(primary_message);
  }
  if (!state.empty()) { message.append(" (SQLSTATE ").append(state).append(")"); }
  return Error(meaning.code, message, std::string(state), outcome);
}

}  // namespace heddle::postgres::libpq
