#pragma once

#include "heddle/call.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection.hpp"
#include "heddle/sqlite/statements/idempotency.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle::sqlite {

/// The answer of a statement. SQLite has it at once; other engines only after the whole unit of work was sent, so a
/// store calls it in the function that its unit of work returns, never before.
template <class T>
class Ready {
 public:
  explicit Ready(T value) : value_(std::move(value)) {}
  /// The answer, once.
  [[nodiscard]] T operator()() { return std::move(value_); }

 private:
  T value_;
};

/// When a visitor sees the rows of `Transaction::each`.
enum class Rows {
  streamed,  ///< as they arrive, inside the transaction
  kept       ///< afterwards: a connection that others wait for must not run a visitor
};

/// The statements of one unit of work, inside its transaction.
class Transaction {
 public:
  Transaction(Connection& connection, const Call& call, Rows rows) noexcept
      : connection_(connection), call_(call), rows_(rows) {}

  /// The tenant for whom the transaction works.
  [[nodiscard]] std::string_view user_id() const noexcept { return call_.user_id; }

  /// Runs a statement for its effect; answers how many rows it changed.
  template <class Row, class... Arguments>
  Ready<std::int64_t> run(const sql::Statement<Row, Arguments...>& statement,
                          const std::type_identity_t<Arguments>&... arguments) {
    return with(
        statement,
        [this](Prepared& prepared) {
          while (prepared.step()) {}
          return Ready<std::int64_t>(sqlite3_changes64(connection_.handle()));
        },
        arguments...);
  }

  /// The first row, if there is one.
  template <class Row, class... Arguments>
  Ready<std::optional<Row>> one(const sql::Statement<Row, Arguments...>& statement,
                                const std::type_identity_t<Arguments>&... arguments) {
    return with(
        statement,
        [](Prepared& prepared) {
          std::optional<Row> row;
          if (prepared.step()) { row.emplace(sql::read_row<Row>(prepared)); }
          return Ready<std::optional<Row>>(std::move(row));
        },
        arguments...);
  }

  /// The first row; without one the transaction is rolled back and the call fails with `refusal`.
  template <class Row, class... Arguments>
  Ready<Row> require(const Refusal& refusal, const sql::Statement<Row, Arguments...>& statement,
                     const std::type_identity_t<Arguments>&... arguments) {
    return with(
        statement,
        [&refusal](Prepared& prepared) {
          if (!prepared.step()) { throw Error(refusal.code, std::string(refusal.message)); }
          return Ready<Row>(sql::read_row<Row>(prepared));
        },
        arguments...);
  }

  /// All rows.
  template <class Row, class... Arguments>
  Ready<std::vector<Row>> all(const sql::Statement<Row, Arguments...>& statement,
                              const std::type_identity_t<Arguments>&... arguments) {
    return with(
        statement,
        [](Prepared& prepared) {
          std::vector<Row> rows;
          while (prepared.step()) { rows.push_back(sql::read_row<Row>(prepared)); }
          return Ready<std::vector<Row>>(std::move(rows));
        },
        arguments...);
  }

  /// Calls `visit` with each row, at the latest when the answer is asked for, which is how many there were. `visit`
  /// must live until then.
  template <class Row, class... Arguments, class Visit>
  auto each(const sql::Statement<Row, Arguments...>& statement, Visit& visit,
            const std::type_identity_t<Arguments>&... arguments) {
    return with(
        statement,
        [&visit, this](Prepared& prepared) {
          std::int64_t count = 0;
          std::vector<Row> kept;
          for (; prepared.step(); ++count) {
            if (rows_ == Rows::kept) {
              kept.push_back(sql::read_row<Row>(prepared));
            } else {
              // SQLite looks at the deadline as it computes; a slow visitor must not be what it never comes to.
              call_.context.check();
              visit(sql::read_row<Row>(prepared));
            }
          }
          return [count, kept = std::move(kept), &visit, &context = call_.context] {
            for (const Row& row : kept) {
              context.check();
              visit(row);
            }
            return count;
          };
        },
        arguments...);
  }

  /// Runs `work` unless the key has been used: then answers what the first use answered. `work` returns a function that
  /// gives an Answer. Throws `invalid_argument` if the key was used for something else.
  template <class Work>
  Ready<Answer> once(const OnceKey& key, Work&& work) {
    const auto& sql = sql::statements<IdempotencyStatements>();
    if (auto earlier = one(sql.find, user_id(), key.key)()) {
      if (earlier->operation != key.operation || earlier->fingerprint != key.fingerprint) {
        throw Error(ErrorCode::invalid_argument, "the idempotency key was used for another request");
      }
      return Ready<Answer>({earlier->answer_number, std::move(earlier->answer_text), true});
    }
    Answer answer = std::forward<Work>(work)(*this)();
    run(sql.remember, user_id(), key.key, key.session_id, key.operation, key.fingerprint, answer.number, answer.text,
        now());
    return Ready<Answer>(std::move(answer));
  }

 private:
  template <class Row, class... Arguments, class Use>
  decltype(auto) with(const sql::Statement<Row, Arguments...>& statement, Use&& use, const Arguments&... arguments) {
    return connection_.with(statement, [&](Prepared& prepared) {
      (sql::write_argument(prepared, arguments), ...);
      return use(prepared);
    });
  }

  Connection& connection_;
  const Call& call_;
  Rows rows_;
};

}  // namespace heddle::sqlite
