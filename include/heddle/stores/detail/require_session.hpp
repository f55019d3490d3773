// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sql/statement.hpp"

#include <optional>
#include <string>

namespace heddle::stores::detail {

inline constexpr Refusal no_such_session{ErrorCode::not_found, "the session", "does not exist"};

/// Refuses the unit of work if the session does not exist, and locks the session until its end.
template <class Policy, class Transaction>
void require_session(Transaction& tx, const std::string& id) {
  tx.require(no_such_session.of(id), sql::statements<typename Policy::Dialect::Messages>().number_of_session,
             tx.user_id(), id);
}

/// The same for records that may have no session.
template <class Policy, class Transaction>
void require_session(Transaction& tx, const std::optional<std::string>& id) {
  if (id) { require_session<Policy>(tx, *id); }
}

}  // namespace heddle::stores::detail
