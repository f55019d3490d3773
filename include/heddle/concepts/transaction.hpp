#pragma once

#include "heddle/call.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace heddle::concepts {

/// What a unit of work may ask of the transaction that an engine hands to it, as a contract for those who write
/// engines:
///
///  - A unit of work only queues statements and returns a function that reads their answers, or nothing. An engine may
///    send all of them in one message; so an answer exists only in that function, which runs after the transaction has
///    ended, on the thread of the caller. Only `each` may show rows earlier.
///  - It may run more than once, each time in a transaction of its own, before one of them is committed.
///  - A reading transaction sees one state of the database in all its statements.
///  - `user_id()` is the tenant. Every statement names it; a database that knows tenants itself is told.
///  - `run` answers how many rows the statement itself changed, without those that triggers or foreign keys changed;
///    `one` the first row, `all` all of them; `each` calls a visitor with one row after the other, which outlives the
///    transaction, and answers how many they were.
///  - `require` is `one` for a row that must be there: without it nothing of the unit of work happens, whatever is
///    queued behind, and the call fails with the refusal.
///  - Giving out more sequence numbers than a session has is `resource_exhausted`.
///  - `once` runs work that declares an Answer: `answer` its text, `run_as_answer` and `require_as_answer` its number.
///    With a key it stores the Answer in the same transaction, and a repeat of the key gets that Answer and runs
///    nothing.
///
/// This unit of work uses everything; an engine must accept it.
struct ProbeWork {
  template <class Transaction>
  auto operator()(Transaction& transaction) const {
    using Number = sql::Statement<std::int64_t, std::string_view>;
    static const Number statement{"SELECT 1 WHERE ?1 <> ''"};
    static constexpr Refusal refusal{ErrorCode::internal, "a probe"};
    const std::string_view user = transaction.user_id();
    const auto nested = [&](auto& inner) {
      inner.answer("text");
      inner.run_as_answer(statement, user);
      inner.require_as_answer(refusal, statement, user);
    };
    auto visit = [](std::int64_t /*row*/) {};
    return [changed = transaction.run(statement, user), first = transaction.one(statement, user),
            required = transaction.require(refusal, statement, user), rows = transaction.all(statement, user),
            visited = transaction.each(statement, visit, user),
            answer = transaction.once(std::optional<OnceKey>{}, nested)]() mutable {
      return changed() + first().value_or(0) + required() + static_cast<std::int64_t>(rows().size()) + visited() +
             answer().number;
    };
  }
};

}  // namespace heddle::concepts
