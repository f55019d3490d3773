// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/visit.hpp"
#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/idempotency.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/erasure.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle::sqlite::transaction {

/// The result of a statement. With SQLite it exists at once; with other engines only after the whole unit of work was
/// sent. Stores call it only in the function that their unit of work returns.
template <class T>
class Ready {
 public:
  explicit Ready(T value) : value_(std::move(value)) {}
  /// Returns the result. To be called once.
  [[nodiscard]] T operator()() { return std::move(value_); }

 private:
  T value_;
};

/// When `Transaction::each` calls its visitor.
enum class Rows {
  streamed,  ///< for each row as it is read, inside the transaction
  kept       ///< after the transaction: other calls wait for the connection, and a visitor can take long
};

/// Runs the statements of one unit of work, inside its transaction.
class Transaction {
 public:
  /// `growth`, if given, is checked for each streamed row, and must outlive the transaction.
  Transaction(connection::Connection& connection, const Call& call, Rows rows,
              const LogGrowth* growth = nullptr) noexcept
      : connection_(connection), call_(call), rows_(rows), growth_(growth) {}

  /// The tenant for whom the transaction works.
  [[nodiscard]] std::string_view user_id() const noexcept { return call_.user_id; }

  /// Runs a statement for its effect. The result is the number of rows that it changed.
  template <class Row, class... Arguments>
  Ready<std::int64_t> run(const sql::Statement<Row, Arguments...>& statement,
                          const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    if constexpr ((std::is_same_v<Arguments, sql::SearchText> || ...)) { (note_text(arguments), ...); }
    while (running->step()) {}
    return Ready<std::int64_t>(sqlite3_changes64(connection_.handle()));
  }

  /// Runs a statement. The result is its first row, if there is one.
  template <class Row, class... Arguments>
  Ready<std::optional<Row>> one(const sql::Statement<Row, Arguments...>& statement,
                                const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    std::optional<Row> row;
    if (running->step()) { sql::read_row_into(row.emplace(), *running); }
    return Ready<std::optional<Row>>(std::move(row));
  }

  /// Runs a statement. The result is its first row. Throws `refusal` if there is none, which rolls the transaction
  /// back.
  template <class Row, class... Arguments>
  Ready<Row> require(const Refusal& refusal, const sql::Statement<Row, Arguments...>& statement,
                     const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    if (!running->step()) { throw refusal.error(); }
    return Ready<Row>(sql::read_row<Row>(*running));
  }

  /// Runs a statement. The result is all its rows.
  template <class Row, class... Arguments>
  Ready<std::vector<Row>> all(const sql::Statement<Row, Arguments...>& statement,
                              const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    std::vector<Row> rows;
    while (running->step()) { sql::read_row_into(rows.emplace_back(), *running); }
    return Ready<std::vector<Row>>(std::move(rows));
  }

  /// Runs a statement. The result is its rows, up to the one with which they have as many bytes as a page may have.
  template <class Row, class... Arguments>
  Ready<sql::RowList<Row>> page(const sql::Statement<Row, Arguments...>& statement,
                                const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    sql::RowList<Row> list;
    const std::uint64_t end = running->bytes_read() + static_cast<std::uint64_t>(connection_.page_bytes());
    while (running->step()) {
      list.cut = running->bytes_read() >= end;
      if (list.cut) { break; }
      list.read(*running);
    }
    return Ready<sql::RowList<Row>>(std::move(list));
  }

  /// Runs a statement and calls `visit` with each row until it returns false, at the latest when the result is read.
  /// The result is the number of its calls. `visit` must live until then.
  template <class Row, class... Arguments, class Visit>
  auto each(const sql::Statement<Row, Arguments...>& statement, Visit& visit,
            const std::type_identity_t<Arguments>&... arguments) {
    const connection::Running running(connection_, statement);
    (sql::write_argument(*running, arguments), ...);
    std::int64_t count = 0;
    std::vector<Row> kept;
    for (bool more = true; more && running->step();) {
      if (rows_ == Rows::kept) {
        sql::read_row_into(kept.emplace_back(), *running);
      } else {
        // SQLite checks the deadline only while it computes, not during a slow visitor.
        call_.context.check();
        if (growth_ != nullptr) { growth_->check(); }
        ++count;
        more = heddle::detail::calls::goes_on(visit, sql::read_row<Row>(*running));
      }
    }
    return [count, kept = std::move(kept), &visit, &context = call_.context]() mutable {
      for (const Row& row : kept) {
        context.check();
        ++count;
        if (!heddle::detail::calls::goes_on(visit, row)) { break; }
      }
      return count;
    };
  }

  /// Makes what this unit of work deletes or replaces leave the file: rows at its commit, the words of the full-text
  /// index by turns behind it. A template only so that files that erase nothing do not compile it.
  template <class Unused = void>
  void erase_bytes() {
    connection_.begin_erasing();
    run(sql::statements<ErasureStatements<Unused>>().owe);
  }

  /// Removes erased words from the index of artifacts.
  template <class Unused = void>
  auto merge_artifact_words() {
    return run(sql::statements<ErasureStatements<Unused>>().merge_artifacts);
  }
  /// Notes that the file has no texts that versions before have left in free parts of it.
  template <class Unused = void>
  void settle_rewriting() {
    connection_.begin_erasing();
    run(sql::statements<ErasureStatements<Unused>>().settle);
  }

  /// Sets the text of the call's Answer.
  void answer(std::string_view text) { answer_.text = text; }

  /// Like `run`; the number of changed rows becomes the number of the call's Answer.
  template <class Row, class... Arguments>
  void run_as_answer(const sql::Statement<Row, Arguments...>& statement,
                     const std::type_identity_t<Arguments>&... arguments) {
    answer_.number = run(statement, arguments...)();
  }

  /// Like `require`; the row, an integer, becomes the number of the call's Answer.
  template <class... Arguments>
  void require_as_answer(const Refusal& refusal, const sql::Statement<std::int64_t, Arguments...>& statement,
                         const std::type_identity_t<Arguments>&... arguments) {
    answer_.number = require(refusal, statement, arguments...)();
  }

  /// Runs `work`, unless the key was used before. Returns the function that returns the Answer: the one that `work`
  /// set, or the one of the first use of the key. Throws `invalid_argument` if the key was used for another operation
  /// or other arguments.
  template <class Work>
  auto once(const std::optional<OnceKey>& key, Work& work) {
    using Finish = decltype(work(*this));
    if constexpr (std::is_void_v<Finish>) {
      if (!key || !recall(*key)) {
        work(*this);
        if (key) { remember(*key); }
      }
      return Ready<Answer>(std::move(answer_));
    } else {
      std::optional<Finish> finish;
      if (!key || !recall(*key)) {
        finish.emplace(work(*this));
        if (key) { remember(*key); }
      }
      return [finish = std::move(finish), answer = std::move(answer_)]() mutable {
        if (finish) { (*finish)(); }
        return std::move(answer);
      };
    }
  }

 private:
  void note_text(const sql::SearchText& text) noexcept {
    const std::size_t bytes = text.bytes();
    connection_.row_changes().note_bytes(bytes < sql::searched_bytes ? bytes : sql::searched_bytes);
  }
  template <class Other>
  void note_text(const Other& /*argument*/) noexcept {}

  /// Reads the Answer of the key's first use; returns false if there was none.
  bool recall(const OnceKey& key) {
    auto earlier = one(sql::statements<sql::IdempotencyStatements>().find, user_id(), key.key)();
    if (!earlier) { return false; }
    answer_ = sql::repeat(key, std::move(*earlier));
    return true;
  }

  void remember(const OnceKey& key) {
    const sql::KeyRow row{key.key, key.session_id, key.operation, key.fingerprint, answer_.number, answer_.text, now()};
    run(sql::statements<sql::IdempotencyStatements>().remember, user_id(), sql::Fields<sql::KeyRow>{row});
  }

  connection::Connection& connection_;
  const Call& call_;
  Rows rows_;
  const LogGrowth* growth_;
  Answer answer_;
};

}  // namespace heddle::sqlite::transaction
