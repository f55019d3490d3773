#pragma once

#include "heddle/call.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace heddle::concepts {

/// The operations that an engine's transaction provides to a unit of work: the contract for authors of engines.
///
///  - A unit of work only queues statements and returns a function that reads their results, or nothing. An engine may
///    send all statements in one message; so results exist only inside that function, which runs after the transaction
///    has ended, on the thread of the caller. Only `each` may pass rows earlier.
///  - A unit of work may run more than once, each time in a transaction of its own, before one of them is committed.
///  - All statements of a reading transaction see one state of the database.
///  - `user_id()` returns the tenant. Every statement names it; an engine also passes it to a database that has row
///    security.
///  - The result of `run` is the number of rows that the statement itself changed, without those that triggers or
///    foreign keys changed; that of `one` the first row, that of `all` all rows. `each` calls a visitor with each row
///    in turn until it returns false; its result is the number of calls. The visitor outlives the transaction.
///  - The result of `page` is a `sql::RowList`: the rows up to the one with which their texts and blobs have as many
///    bytes as the configuration allows, at least one if there is one. The engine keeps no further rows in memory. In a
///    reading transaction it is the last statement, as an engine may end the transaction when it has these rows.
///  - `require` is `one` for a row that must exist: without it the whole unit of work changes nothing, including the
///    statements queued after it, and the call throws the refusal.
///  - The call throws `resource_exhausted` if a statement assigns a sequence number beyond `limits::sequence`.
///  - `once` runs work that declares an Answer: `answer` sets its text, `run_as_answer` and `require_as_answer` set its
///    number. With a key it stores the Answer in the same transaction. In a repeat of the key nothing that the work
///    queued takes effect, the function that it returned is not called, and the result is the Answer of the first use.
///
/// This unit of work uses all operations; an engine must accept it.
struct ProbeWork {
  /// Queues one statement of each kind; returns a function that reads the results.
  template <class Transaction>
  auto operator()(Transaction& transaction) const {
    using Number = sql::Statement<std::int64_t, std::string_view>;
    static const Number statement{"SELECT 1 WHERE ?1 <> ''"};
    static constexpr Refusal refusal{ErrorCode::internal, "the probe", "failed"};
    const std::string_view user = transaction.user_id();
    const auto nested = [&](auto& inner) {
      inner.answer("text");
      inner.run_as_answer(statement, user);
      inner.require_as_answer(refusal, statement, user);
    };
    auto visit = [](std::int64_t /*row*/) {};
    return [changed = transaction.run(statement, user), first = transaction.one(statement, user),
            required = transaction.require(refusal, statement, user), rows = transaction.all(statement, user),
            page = transaction.page(statement, user), visited = transaction.each(statement, visit, user),
            answer = transaction.once(std::optional<OnceKey>{}, nested)]() mutable {
      return changed() + first().value_or(0) + required() +
             static_cast<std::int64_t>(rows().size() + page().rows.size()) + visited() + answer().number;
    };
  }
};

}  // namespace heddle::concepts
