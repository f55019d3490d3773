// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/transaction/control.hpp"

namespace heddle::postgres::transaction {

/// A connection as the pool knows it.
class CheckedConnection : public libpq::Connection {
 public:
  using libpq::Connection::Connection;

  /// A round trip. Throws unless the server answers.
  void check(const Context& context) { run_alone(*this, context, sql::statements<ControlStatements>().ping); }
};

}  // namespace heddle::postgres::transaction
