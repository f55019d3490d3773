// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace heddle::postgres::libpq {

/// Every SQLSTATE that the library knows, by its name in PostgreSQL's documentation, appendix A
/// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
namespace sqlstate {

/// Characters of an SQLSTATE; the first two are its class.
inline constexpr std::size_t size = 5;

inline constexpr std::string_view connection_exception = "08";  // a class, like all of two characters
inline constexpr std::string_view protocol_violation = "08P01";
inline constexpr std::string_view any_feature_not_supported = "0A";
inline constexpr std::string_view feature_not_supported = "0A000";  // also: "cached plan must not change result type"
inline constexpr std::string_view data_exception = "22";
inline constexpr std::string_view division_by_zero = "22012";
inline constexpr std::string_view invalid_parameter_value = "22023";
inline constexpr std::string_view integrity_constraint_violation = "23";
inline constexpr std::string_view foreign_key_violation = "23503";
inline constexpr std::string_view unique_violation = "23505";
inline constexpr std::string_view invalid_transaction_state = "25";
inline constexpr std::string_view read_only_sql_transaction = "25006";
inline constexpr std::string_view idle_in_transaction_session_timeout = "25P03";
inline constexpr std::string_view transaction_timeout = "25P04";
inline constexpr std::string_view invalid_sql_statement_name = "26000";
inline constexpr std::string_view invalid_authorization_specification = "28";
inline constexpr std::string_view invalid_catalog_name = "3D000";
inline constexpr std::string_view invalid_schema_name = "3F000";
inline constexpr std::string_view serialization_failure = "40001";
inline constexpr std::string_view deadlock_detected = "40P01";
inline constexpr std::string_view syntax_error_or_access_rule_violation = "42";
inline constexpr std::string_view insufficient_privilege = "42501";
inline constexpr std::string_view syntax_error = "42601";
inline constexpr std::string_view undefined_column = "42703";
inline constexpr std::string_view undefined_object = "42704";
inline constexpr std::string_view undefined_function = "42883";
inline constexpr std::string_view undefined_table = "42P01";
inline constexpr std::string_view duplicate_prepared_statement = "42P05";
inline constexpr std::string_view insufficient_resources = "53";
inline constexpr std::string_view disk_full = "53100";
inline constexpr std::string_view out_of_memory = "53200";
inline constexpr std::string_view too_many_connections = "53300";
inline constexpr std::string_view program_limit_exceeded = "54";
inline constexpr std::string_view object_not_in_prerequisite_state = "55";
inline constexpr std::string_view lock_not_available = "55P03";
inline constexpr std::string_view operator_intervention = "57";
inline constexpr std::string_view query_canceled = "57014";
inline constexpr std::string_view system_error = "58";
inline constexpr std::string_view import_under_way = "HD001";  // ours: raised by triggers
inline constexpr std::string_view data_corrupted = "XX001";
inline constexpr std::string_view index_corrupted = "XX002";

}  // namespace sqlstate

/// What an SQLSTATE means to the caller: a code, and a sentence without stored content.
struct ErrorMeaning {
  ErrorCode code;
  std::string_view sentence;
};

/// Returns the meaning of the SQLSTATE of a statement; of an empty one, that the server is unavailable.
[[nodiscard]] inline ErrorMeaning meaning_of(std::string_view state) noexcept {
  constexpr std::string_view conflict = "conflict with a concurrent transaction: retry";
  constexpr std::string_view not_migrated = "the schema is missing or outdated: call migrate()";
  constexpr std::string_view mixed_up = "a pooler mixes up prepared statements: set named_statements to false";
  constexpr std::string_view limit_reached = "a limit of the server was reached";
  constexpr std::string_view server_unavailable = "the server is unavailable";
  constexpr std::string_view damaged = "the database is damaged";
  constexpr std::string_view too_long = "the server ended a transaction that took too long";
  struct Row {
    std::string_view state;
    ErrorMeaning meaning;
  };
  using namespace sqlstate;
  // The first row that the state starts with applies: classes stand last.
  static constexpr std::array table{
      Row{foreign_key_violation, {ErrorCode::not_found, "the record refers to a record that does not exist"}},
      Row{unique_violation, {ErrorCode::already_exists, "a record with this id already exists"}},
      Row{read_only_sql_transaction,
          {ErrorCode::failed_precondition,
           "the role, the database or the server is read-only (default_transaction_read_only)"}},
      Row{idle_in_transaction_session_timeout, {ErrorCode::unavailable, too_long}},
      Row{transaction_timeout, {ErrorCode::unavailable, too_long}},
      Row{invalid_sql_statement_name, {ErrorCode::failed_precondition, mixed_up}},
      Row{duplicate_prepared_statement, {ErrorCode::failed_precondition, mixed_up}},
      Row{invalid_schema_name, {ErrorCode::failed_precondition, not_migrated}},
      Row{undefined_column, {ErrorCode::failed_precondition, not_migrated}},
      Row{undefined_function, {ErrorCode::failed_precondition, not_migrated}},
      Row{undefined_table, {ErrorCode::failed_precondition, not_migrated}},
      Row{serialization_failure, {ErrorCode::unavailable, conflict}},
      Row{deadlock_detected, {ErrorCode::unavailable, conflict}},
      Row{insufficient_privilege, {ErrorCode::permission_denied, "the database role lacks a privilege"}},
      Row{disk_full, {ErrorCode::resource_exhausted, "the server's disk is full"}},
      Row{out_of_memory, {ErrorCode::resource_exhausted, "the server is out of memory"}},
      Row{too_many_connections, {ErrorCode::unavailable, "the server has too many connections"}},
      Row{lock_not_available, {ErrorCode::unavailable, "timed out waiting for a lock"}},
      Row{query_canceled, {ErrorCode::unavailable, "the server cancelled the statement"}},
      Row{import_under_way, {ErrorCode::failed_precondition, "an import or an erasure of this tenant has not ended"}},
      Row{data_corrupted, {ErrorCode::data_loss, damaged}},
      Row{index_corrupted, {ErrorCode::data_loss, damaged}},
      Row{connection_exception, {ErrorCode::unavailable, server_unavailable}},
      Row{invalid_authorization_specification, {ErrorCode::permission_denied, "the server rejected the role"}},
      Row{insufficient_resources, {ErrorCode::resource_exhausted, limit_reached}},
      Row{program_limit_exceeded, {ErrorCode::resource_exhausted, limit_reached}},
      Row{operator_intervention, {ErrorCode::unavailable, server_unavailable}},
      Row{system_error, {ErrorCode::unavailable, server_unavailable}}};
  if (state.empty()) { return {ErrorCode::unavailable, server_unavailable}; }
  for (const Row& row : table) {
    if (state.starts_with(row.state)) { return row.meaning; }
  }
  return {ErrorCode::internal, "the database rejected a statement"};
}

/// Returns whether a connection is refused because there are too many, by the server or by a PgBouncer before it, which
/// has no SQLSTATE of its own for that.
[[nodiscard]] inline bool is_connection_limit(std::string_view state, std::string_view words) noexcept {
  return state == sqlstate::too_many_connections ||
         (state == sqlstate::protocol_violation && words.find("no more connections allowed") != std::string_view::npos);
}

/// Returns the code for a server that rejected a connection with this SQLSTATE and these words.
[[nodiscard]] inline ErrorCode connect_code_of(std::string_view state, std::string_view words) noexcept {
  using namespace sqlstate;
  if (is_connection_limit(state, words)) { return meaning_of(too_many_connections).code; }
  // The database does not exist or accepts no connections, or a setting of the connection string is rejected.
  constexpr std::array permanent{invalid_catalog_name, object_not_in_prerequisite_state,      any_feature_not_supported,
                                 data_exception,       syntax_error_or_access_rule_violation, protocol_violation};
  if (state != insufficient_privilege &&
      std::any_of(permanent.begin(), permanent.end(), [&](std::string_view each) { return state.starts_with(each); })) {
    return ErrorCode::failed_precondition;
  }
  const ErrorCode code = meaning_of(state).code;
  return code == ErrorCode::internal ? ErrorCode::unavailable : code;
}

}  // namespace heddle::postgres::libpq
