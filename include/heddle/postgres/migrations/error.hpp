// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/driver.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::postgres::migrations {

/// Returns the first line of the server's message, without its severity.
[[nodiscard]] inline std::string_view first_line_of(const std::exception& failure) {
  std::string_view text = failure.what();
  constexpr std::string_view end_of_severity = ":  ";
  const auto at = text.find(end_of_severity);
  if (at != std::string_view::npos) { text.remove_prefix(at + end_of_severity.size()); }
  return text.substr(0, text.find('\n'));
}

/// Returns the error for a wait for a lock that took too long: at the deadline of the call, or before it.
[[nodiscard]] inline Error lock_error(const Context& context, std::string_view lock) {
  return {context.is_over() ? ErrorCode::deadline_exceeded : ErrorCode::unavailable,
          std::string("timed out waiting for ").append(lock), std::string(libpq::sqlstate::lock_not_available)};
}

/// Throws the Error for an exception of libpqxx in a migrator; rethrows an exception of another kind. Precondition: it
/// is called in the handler of `failure`.
[[noreturn]] inline void rethrow_migration_error(const std::exception& failure, const Context& context) {
  const std::optional<std::string> known = libpq::handled_sqlstate();
  if (!known) { throw; }
  const std::string& state = *known;
  if (state.empty()) {
    context.check();
    throw Error(ErrorCode::unavailable, "migrating: the connection to the server was lost");
  }
  if (state == libpq::sqlstate::query_canceled) { context.check(); }
  if (state == libpq::sqlstate::lock_not_available) { throw lock_error(context, "a lock on a table"); }
  if (state == libpq::sqlstate::insufficient_privilege) {
    throw Error(
        ErrorCode::permission_denied,
        "the database role may not migrate: set migration_dsn (or admin_dsn) to a role with the privileges of the "
        "tables' owner, and run migrations/postgres_roles.sql in this database: " +
            std::string(first_line_of(failure)),
        state);
  }
  // In a migration these errors do not mean what they mean in a store. The server's message may quote stored content,
  // unless the statement itself is invalid.
  for (const std::string_view schema_is_wrong :
       {libpq::sqlstate::any_feature_not_supported, libpq::sqlstate::data_exception,
        libpq::sqlstate::integrity_constraint_violation, libpq::sqlstate::syntax_error_or_access_rule_violation}) {
    if (!state.starts_with(schema_is_wrong)) { continue; }
    std::string message = "the database rejected a statement of a migration";
    if (state.starts_with(libpq::sqlstate::syntax_error_or_access_rule_violation)) {
      message.append(": ").append(first_line_of(failure));
    }
    throw Error(ErrorCode::internal, message.append(" (SQLSTATE ").append(state).append(")"), state);
  }
  throw libpq::make_error(state, "migrating", first_line_of(failure));
}

}  // namespace heddle::postgres::migrations
