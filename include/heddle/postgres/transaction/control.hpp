// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/transaction.hpp"
#include "heddle/sql/statement.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace heddle::postgres::transaction {

/// Queues the statement that sets the schema, the tenant and the time limit of a transaction.
inline void identify(Transaction& transaction, std::string_view search_path, const Context& context) {
  const auto& sql = sql::statements<ControlStatements>();
  if (!context.deadline) {
    transaction.run(sql.identify, search_path, transaction.user_id());
    if (context.stop.stop_possible()) { transaction.run(sql.hear_warnings); }
    return;
  }
  using std::chrono::milliseconds;
  const auto remaining = std::chrono::ceil<milliseconds>(*context.deadline - Context::Clock::now()).count();
  const auto bounded = std::clamp<std::int64_t>(remaining, 1, std::numeric_limits<std::int32_t>::max());
  transaction.run(sql.identify_until, search_path, transaction.user_id(), std::to_string(bounded));
}

/// Runs one statement in a round trip of its own and ignores its rows.
template <class Row>
void run_alone(libpq::Connection& connection, const Context& context, const sql::Statement<Row>& statement) {
  Pipeline pipeline(connection, context, Mode::read);
  Transaction transaction(connection, pipeline, {});
  transaction.run(statement);
  pipeline.complete();
}

/// Rolls back a failed transaction that the server has not ended itself. Ignores errors: the caller reports the first
/// error, and does not use the connection again if it is not clean.
inline void roll_back(libpq::Connection& connection) noexcept {
  try {
    if (PQstatus(connection.raw()) != CONNECTION_OK || PQtransactionStatus(connection.raw()) != PQTRANS_INERROR) {
      return;
    }
    const Context brief = Context{}.with_timeout(std::chrono::seconds(5));
    run_alone(connection, brief, sql::statements<ControlStatements>().rollback);
  } catch (const Error& error) { static_cast<void>(error); }
}

}  // namespace heddle::postgres::transaction
