// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/statements/role.hpp"
#include "heddle/postgres/transaction/control.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/transaction.hpp"
#include "heddle/sql/statement.hpp"

#include <atomic>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// Refuses a role for which row security does not hold. Safe to use from many threads.
class RoleGuard {
 public:
  /// With `any_role`, accepts every role without a query.
  explicit RoleGuard(bool any_role) noexcept : verified_(any_role) {}

  /// Throws `permission_denied` if row security does not hold for the role of this connection. Queries the server until
  /// a role was accepted in a migrated schema: before the first migration there are no tables that a role could own.
  void verify(libpq::Connection& connection, std::string_view search_path, const Context& context) {
    if (verified_.load(std::memory_order_relaxed)) { return; }
    const RoleRights rights = rights_of(connection, search_path, context);
    const auto refuse = [](const char* why) {
      throw Error(ErrorCode::permission_denied, std::string("row security does not hold for the database role: ") +
                                                    why + "; use another role, or set allow_role_without_row_security");
    };
    if (rights.bypasses) { refuse("it is, or may become, a superuser or a role with BYPASSRLS"); }
    if (rights.owns) { refuse("it owns the tables, or may become their owner"); }
    if (rights.unprotected) { refuse("row security is disabled, or not forced, on a table"); }
    if (rights.overruled) { refuse("a policy of a table shows it the rows of all tenants"); }
    if (rights.migrated) { verified_.store(true, std::memory_order_relaxed); }
  }

 private:
  static RoleRights rights_of(libpq::Connection& connection, std::string_view search_path, const Context& context) {
    transaction::Pipeline pipeline(connection, context, transaction::Mode::read);
    transaction::Transaction transaction(connection, pipeline, {});
    transaction::identify(transaction, search_path, context);
    const auto rights = transaction.one(sql::statements<RoleStatements>().rights);
    pipeline.complete();
    return rights().value_or(RoleRights{});
  }

  std::atomic<bool> verified_;
};

}  // namespace heddle::postgres
