#pragma once

#include "heddle/context.hpp"
#include "heddle/postgres/connection.hpp"
#include "heddle/postgres/session.hpp"

namespace heddle::postgres {

/// A connection as the pool knows it.
class CheckedConnection : public Connection {
 public:
  using Connection::Connection;

  /// A round trip. Throws unless the server answers.
  void check(const Context& context) {
    Exchange exchange(*this, context, Mode::read);
    Transaction transaction(*this, exchange, {});
    transaction.run(sql::statements<ControlStatements>().ping);
    exchange.complete();
  }
};

}  // namespace heddle::postgres
