// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/finish.hpp"
#include "heddle/detail/calls/visit.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/postgres/transaction/arguments.hpp"
#include "heddle/postgres/transaction/command.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/required_row.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/sql/statement.hpp"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle::postgres::transaction {

/// Refers to a queued command.
class Queued {
 public:
  Queued(Pipeline& pipeline, std::size_t index) noexcept : pipeline_(&pipeline), index_(index) {}
  [[nodiscard]] const Command& operator()() const noexcept { return pipeline_->at(index_); }

 private:
  Pipeline* pipeline_;
  std::size_t index_;
};

/// The future result of a queued command.
template <class T>
class Pending {
 public:
  using Read = T (*)(const Command& command);

  Pending(Queued command, Read read) noexcept : command_(command), read_(read) {}
  /// Returns the result. Precondition: the pipeline is complete.
  [[nodiscard]] T operator()() const { return read_(command_()); }

 private:
  Queued command_;
  Read read_;
};

/// The future rows of a page, which are kept as they arrive.
template <class Row>
class PendingRows {
 public:
  explicit PendingRows(std::shared_ptr<sql::RowList<Row>> list) noexcept : list_(std::move(list)) {}
  /// Returns the rows. To be called once. Precondition: the pipeline is complete.
  [[nodiscard]] sql::RowList<Row> operator()() const { return std::move(*list_); }

 private:
  std::shared_ptr<sql::RowList<Row>> list_;
};

/// The statements of one unit of work: each is queued for the server at once, and its result is available after the
/// commit. Satisfies the contract in concepts/transaction.hpp.
class Transaction {
 public:
  /// `page_bytes` is how many bytes of text the rows of a page may have; see `page`.
  Transaction(libpq::Connection& connection, Pipeline& pipeline, std::string_view user_id,
              std::int64_t page_bytes = std::numeric_limits<std::int64_t>::max()) noexcept
      : connection_(connection), pipeline_(pipeline), user_id_(user_id), page_bytes_(page_bytes) {}

  [[nodiscard]] std::string_view user_id() const noexcept { return user_id_; }

  /// Queues a statement that changes rows. Its result is the number of changed rows.
  template <class Row, class... Arguments>
  Pending<std::int64_t> run(const sql::Statement<Row, Arguments...>& statement,
                            const std::type_identity_t<Arguments>&... arguments) {
    return {queue(Form::plain, {}, statement, arguments...),
            [](const Command& command) { return changed_rows(*command.result); }};
  }

  /// Queues a query. Its result is the first row, if there is one.
  template <class Row, class... Arguments>
  Pending<std::optional<Row>> one(const sql::Statement<Row, Arguments...>& statement,
                                  const std::type_identity_t<Arguments>&... arguments) {
    return {queue(Form::plain, {}, statement, arguments...), [](const Command& command) {
              const PGresult* const result = command.result.get();
              std::optional<Row> row;
              if (PQntuples(result) != 0) { sql::read_row_into(row.emplace(), libpq::ResultRow(result, 0)); }
              return row;
            }};
  }

  /// Queues a query that must find a row. Its result is the first row. Without a row the server rolls the transaction
  /// back, and the call throws `refusal`.
  template <class Row, class... Arguments>
  Pending<Row> require(const Refusal& refusal, const sql::Statement<Row, Arguments...>& statement,
                       const std::type_identity_t<Arguments>&... arguments) {
    Command command;
    command.refusal = refusal;
    return {queue(Form::required, std::move(command), statement, arguments...),
            [](const Command& completed) { return sql::read_row<Row>(libpq::ResultRow(completed.result.get(), 0)); }};
  }

  /// Queues a query. Its result is all rows.
  template <class Row, class... Arguments>
  Pending<std::vector<Row>> all(const sql::Statement<Row, Arguments...>& statement,
                                const std::type_identity_t<Arguments>&... arguments) {
    return {queue(Form::plain, {}, statement, arguments...), [](const Command& command) {
              const PGresult* const result = command.result.get();
              const int count = PQntuples(result);
              std::vector<Row> rows;
              rows.reserve(static_cast<std::size_t>(count));
              for (int row = 0; row < count; ++row) {
                sql::read_row_into(rows.emplace_back(), libpq::ResultRow(result, row));
              }
              return rows;
            }};
  }

  /// Queues a query, the last one of a transaction that reads. Its result is the rows, up to the one with which they
  /// have as many bytes as a page may have.
  template <class Row, class... Arguments>
  PendingRows<Row> page(const sql::Statement<Row, Arguments...>& statement,
                        const std::type_identity_t<Arguments>&... arguments) {
    auto list = std::make_shared<sql::RowList<Row>>();
    Command command;
    command.page_bytes = page_bytes_;
    command.keep = [list, bytes = std::int64_t{0}, end = page_bytes_](const PGresult& result) mutable {
      const int count = PQntuples(&result);
      if (list->rows.empty()) { list->rows.reserve(static_cast<std::size_t>(count)); }
      for (int row = 0; row < count; ++row) {
        list->cut = bytes >= end;
        if (list->cut) { return row; }
        const libpq::ResultRow source(&result, row);
        list->read(source);
        bytes += static_cast<std::int64_t>(source.bytes_read());
      }
      return count;
    };
    queue(Form::plain, std::move(command), statement, arguments...);
    return PendingRows<Row>(std::move(list));
  }

  /// Queues a query; calls `visit` with each row as it arrives, inside the transaction, until it returns false. Its
  /// result is the number of calls. Precondition: `visit` exists until the end of the transaction.
  template <class Row, class... Arguments, class Visit>
  Pending<std::int64_t> each(const sql::Statement<Row, Arguments...>& statement, Visit& visit,
                             const std::type_identity_t<Arguments>&... arguments) {
    Command command;
    command.visit = [&visit](const libpq::ResultRow& row) {
      return heddle::detail::calls::goes_on(visit, sql::read_row<Row>(row));
    };
    return {queue(Form::plain, std::move(command), statement, arguments...),
            [](const Command& completed) { return completed.visited; }};
  }

  /// Sets the text of the Answer.
  void answer(std::string_view text) { answer_text_ = text; }

  /// Like `run`; the number of changed rows becomes the number of the Answer.
  template <class Row, class... Arguments>
  void run_as_answer(const sql::Statement<Row, Arguments...>& statement,
                     const std::type_identity_t<Arguments>&... arguments) {
    number_ = queue(keyed_ ? Form::counted : Form::plain, {}, statement, arguments...);
  }

  /// Like `require`; the row, a number, becomes the number of the Answer.
  template <class... Arguments>
  void require_as_answer(const Refusal& refusal, const sql::Statement<std::int64_t, Arguments...>& statement,
                         const std::type_identity_t<Arguments>&... arguments) {
    Command command;
    command.refusal = refusal;
    number_ = queue(keyed_ ? Form::required_number : Form::required, std::move(command), statement, arguments...);
  }

  /// Runs `work`. Returns a function that returns the Answer that `work` set, or, if the key was used before, the
  /// Answer of its first use. The call throws `invalid_argument` if the key was used for another request.
  template <class Work>
  auto once(const std::optional<OnceKey>& key, Work& work) {
    keyed_ = key.has_value();
    if (key) { claim(*key); }
    auto finish = heddle::detail::calls::finish_of(work, *this);
    if (key && (number_ || !answer_text_.empty())) { remember(*key); }
    return [finish = std::move(finish), number = number_, text = std::move(answer_text_),
            &earlier = std::as_const(earlier_)]() mutable {
      if (earlier) { return *earlier; }
      finish();
      Answer answer{0, std::move(text), false};
      if (number) { answer.number = number_in(*(*number)().result); }
      return answer;
    };
  }

  /// Returns the claimed key, or null.
  [[nodiscard]] const OnceKey* claimed_key() const noexcept { return claimed_key_; }
  /// Makes the function that `once` returned return the Answer of the key's first use.
  void repeat_answer(Answer earlier) { earlier_ = std::move(earlier); }

 private:
  static std::int64_t changed_rows(PGresult& result) {
    const std::string_view digits = PQcmdTuples(&result);
    std::int64_t count = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    return count;
  }
  static std::int64_t number_in(PGresult& result) {
    return PQntuples(&result) == 0 ? changed_rows(result) : libpq::ResultRow(&result, 0).integer(0);
  }

  template <class Row, class... Arguments>
  Queued queue(Form form, Command command, const sql::Statement<Row, Arguments...>& statement,
               const Arguments&... arguments) {
    connection_.parameters().clear();
    (append_argument(connection_.parameters(), arguments), ...);
    const std::size_t key = statement.number() * forms + static_cast<std::size_t>(form);
    const bool prepares =
        connection_.send(key, types_of<Arguments...>(), [&] { return text_of(form, statement.text()); });
    if (prepares) {
      Command preparation;
      preparation.prepares = key;
      pipeline_.add(std::move(preparation));
    }
    const Queued queued{pipeline_, pipeline_.add(std::move(command))};
    pipeline_.flush_if_large(connection_.parameters().size());
    return queued;
  }

  /// Claims the key before any other statement: of two calls with the same key, the second one waits here.
  void claim(const OnceKey& key) {
    Command command;
    command.claims = true;
    queue(Form::required, std::move(command), sql::statements<ClaimStatements>().claim, user_id_, key.key,
          key.session_id, key.operation, std::string_view(key.fingerprint), now());
    claimed_key_ = &key;
  }

  void remember(const OnceKey& key) {
    run(sql::statements<ClaimStatements>().remember, user_id_, key.key, answer_text_);
  }

  libpq::Connection& connection_;
  Pipeline& pipeline_;
  std::string_view user_id_;
  std::int64_t page_bytes_;
  std::string answer_text_;
  std::optional<Queued> number_;
  std::optional<Answer> earlier_;
  const OnceKey* claimed_key_ = nullptr;
  bool keyed_ = false;
};

}  // namespace heddle::postgres::transaction
