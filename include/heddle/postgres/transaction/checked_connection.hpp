// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/libpq/sqlstate.hpp"
#include "heddle/postgres/transaction/control.hpp"

namespace heddle::postgres::transaction {

/// A connection with the check that the pool requires.
class CheckedConnection : public libpq::Connection {
 public:
  using libpq::Connection::Connection;

  /// Returns true if opening failed because the server, the database, the role or a pooler has no connection left.
  [[nodiscard]] static bool is_limit(const Error& error) {
    return libpq::is_connection_limit(error.native_code(), error.what());
  }

  /// Makes a round trip. Throws `unavailable` if the server does not respond, and what `Context::check` throws.
  void check(const Context& context) { run_alone(*this, context, sql::statements<ControlStatements>().ping); }
};

}  // namespace heddle::postgres::transaction
