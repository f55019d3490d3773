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
  void check(const Context& context) { run_alone(*this, context, sql::statements<ControlStatements>().ping); }
};

}  // namespace heddle::postgres
