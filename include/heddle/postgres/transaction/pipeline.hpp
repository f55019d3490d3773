// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/postgres/libpq/bulk.hpp"
#include "heddle/postgres/libpq/cancel.hpp"
#include "heddle/postgres/libpq/connection.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "heddle/postgres/libpq/result_row.hpp"
#include "heddle/postgres/transaction/command.hpp"
#include "heddle/postgres/transaction/page_watch.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres::transaction {

/// The commands of one unit of work and their results, in one round trip.
class Pipeline {
 public:
  /// How a transaction ended that did not fail.
  enum class End {
    committed,
    key_taken,  ///< its idempotency key is used already
    cut_short,  ///< it has read its page and must be rolled back
    too_large   ///< its page has more bytes than a page may have: it must be rolled back and run again by row
  };

  Pipeline(libpq::Connection& connection, const Context& context, Mode mode, Paging paging = Paging::whole) noexcept
      : connection_(connection), context_(context), mode_(mode), paging_(paging) {}

  /// Records a command that was sent; returns its index.
  std::size_t add(Command command = {}) {
    constexpr std::size_t usual = 8;
    if (commands_.empty()) { commands_.reserve(usual); }
    commands_.push_back(std::move(command));
    return commands_.size() - 1;
  }
  /// Records that so many bytes were queued, and sends the queue once it is large, to bound its memory.
  void flush_if_large(std::size_t bytes) {
    constexpr std::size_t large = std::size_t{1} << 20U;
    unsent_ += bytes;
    if (unsent_ < large) { return; }
    std::optional<libpq::BulkSending> bulk;
    if (bytes >= large) { bulk.emplace(PQsocket(connection_.raw())); }
    flush();
    unsent_ = 0;
  }
  /// Returns true if a visitor has seen a row.
  [[nodiscard]] bool has_visited_rows() const noexcept {
    return std::any_of(commands_.begin(), commands_.end(), [](const Command& each) { return each.visited != 0; });
  }
  [[nodiscard]] Command& at(std::size_t index) noexcept { return commands_[index]; }

  /// Sends the queued commands and receives all results. Throws Error if one failed: then nothing was changed, unless
  /// the error is `in_doubt`. The caller must not use the connection again if it is not clean afterwards.
  End complete() {
    static_cast<void>(connection_.clear_warning());
    if (PQpipelineSync(connection_.raw()) != 1) { throw connection_error(Outcome::nothing_happened); }
    ended_ = true;
    flush();
    receive();
    if (cancel_ && !cancel_->wait_until(give_up_.value_or(Context::Clock::now() + patience()))) {
      connection_.abandon();
    }
    if (was_cut_short()) { return paging_ == Paging::whole ? End::too_large : End::cut_short; }
    if (!failure_) {
      // The server commits with a warning if the wait for a standby was cancelled, by this call or by an operator.
      if (mode_ == Mode::write && connection_.clear_warning()) {
        throw Error(code_of_end(), "the server committed with a warning: a standby may lack the transaction", {},
                    Outcome::in_doubt);
      }
      return End::committed;
    }
    const Command* const failed = failed_ < commands_.size() ? &commands_[failed_] : nullptr;
    if (failed != nullptr && failure_->state == libpq::sqlstate::division_by_zero) {
      if (failed->claims) { return End::key_taken; }
      if (failed->refusal) { throw failed->refusal->error(); }
    }
    if (failure_->constraint == full_session) {
      throw Error(ErrorCode::resource_exhausted, "the session holds no further message", failure_->state);
    }
    throw error_of_server();
  }

 private:
  /// The only check constraint that a caller can violate: the number of messages of a session.
  static constexpr std::string_view full_session = "sessions_last_sequence_check";

  struct Failure {
    std::string state;
    std::string message;
    std::string constraint;
  };
  /// Returns how long to wait for the end of a cancelled statement: to learn its outcome and to keep the connection.
  [[nodiscard]] std::chrono::seconds patience() const noexcept {
    return std::chrono::seconds(mode_ == Mode::write ? 5 : 1);
  }

  /// Returns the code of an error for a response that did not come: that of the context if it is over.
  [[nodiscard]] ErrorCode code_of_end() const noexcept {
    if (context_.stop.stop_requested()) { return ErrorCode::cancelled; }
    return context_.is_over() ? ErrorCode::deadline_exceeded : ErrorCode::unavailable;
  }
  /// Returns the error for a connection that is lost, or whose server does not respond until the context is over.
  [[nodiscard]] Error connection_error(Outcome outcome) const {
    const ErrorCode code = code_of_end();
    std::string message = code == ErrorCode::unavailable ? "the connection to the server was lost"
                          : code == ErrorCode::cancelled ? "the caller asked to stop"
                                                         : "the deadline of the call has passed";
    if (outcome == Outcome::in_doubt) { message.append(" before the server responded: the write may have happened"); }
    return {code, message, {}, outcome};
  }
  /// Returns the outcome if the connection is lost when the end of the transaction may have been sent.
  [[nodiscard]] Outcome outcome_after_sending() const noexcept {
    return mode_ == Mode::write && ended_ ? Outcome::in_doubt : Outcome::nothing_happened;
  }
  /// Returns the error for the failure that the server has reported. Throws what `Context::check` throws if the call
  /// has caused it: the server does not say whether this call, a time limit of its own or an operator has cancelled.
  [[nodiscard]] Error error_of_server() const {
    const std::string& state = failure_->state;
    if (state == libpq::sqlstate::query_canceled || state == libpq::sqlstate::lock_not_available) { context_.check(); }
    if (state == libpq::sqlstate::read_only_sql_transaction && connection_.is_to_standby()) {
      return {ErrorCode::unavailable,
              "the server is a standby: name all hosts and target_session_attrs=read-write in the connection string",
              state};
    }
    return libpq::make_error(state, "running a statement", failure_->message);
  }
  /// Returns the error for a connection that is lost before all results have arrived.
  [[nodiscard]] Error connection_error_while_receiving() const {
    if (!failure_) { return connection_error(outcome_after_sending()); }
    // An error of the server arrived first: it has rolled the transaction back. A missing row is not reported here, as
    // its meaning depends on the command: a retry finds out.
    if (failure_->state == libpq::sqlstate::division_by_zero) { return connection_error(Outcome::nothing_happened); }
    return error_of_server();
  }

  /// Sends all queued commands. Reads results meanwhile, as the server may stop reading until its results are read.
  void flush() {
    for (int status = 0; (status = PQflush(connection_.raw())) != 0;) {
      if (status < 0) { throw connection_error(Outcome::nothing_happened); }
      if (!libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN | POLLOUT, &context_, std::nullopt)) {
        // Without its end the transaction has no effect; but libpq would send the end when it closes the connection.
        connection_.abandon();
        context_.check();
      }
      // PQconsumeInput sends as well: it may fail after the end was sent.
      if (PQconsumeInput(connection_.raw()) != 1) { throw connection_error(outcome_after_sending()); }
    }
  }

  /// Waits until PQgetResult would not block. When the context is over, asks the server to cancel the statement, and
  /// waits for its result all the same: that tells the outcome.
  void await_result() {
    while (PQisBusy(connection_.raw()) != 0) {
      if (can_read()) {
        if (!watch_.consume(connection_.raw())) { throw connection_error_while_receiving(); }
        if (is_too_large()) { cut_short(); }
      } else if (!give_up_) {
        give_up_ = Context::Clock::now() + patience();
        if (!cancel_) { cancel_.emplace(connection_.raw()); }
      } else {
        throw connection_error_while_receiving();
      }
    }
  }

  /// Waits until libpq should read again. Returns false when the time to wait is over.
  [[nodiscard]] bool can_read() const {
    constexpr std::chrono::milliseconds slice{20};
    const Context* const context = give_up_ ? nullptr : &context_;
    if (PQsslInUse(connection_.raw()) == 0) {
      return libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN, context, give_up_);
    }
    // The TLS library may hold data that the socket no longer shows, so libpq reads again after each slice.
    const auto soon = Context::Clock::now() + slice;
    const auto until = give_up_ ? std::min(soon, *give_up_) : soon;
    if (libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN, context, until)) { return true; }
    return give_up_ ? Context::Clock::now() < *give_up_ : !context_.is_over();
  }

  void receive() {
    for (;;) {
      await_result();
      libpq::Result result(PQgetResult(connection_.raw()));
      if (!result) {
        // A null result ends the results of one command.
        if (PQstatus(connection_.raw()) != CONNECTION_OK) { throw connection_error_while_receiving(); }
        ++receiving_;
        watch_.restart();
        if (reads_by_row()) { PQsetSingleRowMode(connection_.raw()); }
        continue;
      }
      switch (PQresultStatus(result.get())) {
        case PGRES_PIPELINE_SYNC: return;
        case PGRES_FATAL_ERROR: record_failure(receiving_, *result); [[fallthrough]];
        case PGRES_PIPELINE_ABORTED:
          if (receiving_ < commands_.size() && commands_[receiving_].prepares) {
            connection_.forget(*commands_[receiving_].prepares);
          }
          break;
        default: deliver(commands_[receiving_], std::move(result));
      }
    }
  }

  /// True if the rows of the present command are wanted one by one. A transaction that writes cannot be cut short.
  [[nodiscard]] bool reads_by_row() const noexcept {
    if (receiving_ >= commands_.size()) { return false; }
    const Command& command = commands_[receiving_];
    return command.visit || (command.keep && (paging_ == Paging::by_row || mode_ == Mode::write));
  }

  /// Keeps a result, or passes its rows on: in single-row mode one row, and none in the last result.
  void deliver(Command& command, libpq::Result result) {
    if (command.keep) {
      if (watch_.skip(*result, command.keep(*result)) && reads_by_row()) { cut_short(); }
      return;
    }
    if (!command.visit) {
      command.result = std::move(result);
      return;
    }
    for (int row = 0; row < PQntuples(result.get()) && !command.has_seen_enough; ++row) {
      context_.check();
      ++command.visited;
      command.has_seen_enough = !command.visit(libpq::ResultRow(result.get(), row));
      if (command.has_seen_enough) { cut_short(); }
    }
  }

  /// True if libpq has more of a page in memory than the page may have.
  [[nodiscard]] bool is_too_large() const noexcept {
    return receiving_ < commands_.size() && commands_[receiving_].keep && !reads_by_row() &&
           watch_.is_beyond(commands_[receiving_].page_bytes);
  }

  /// Asks the server to end a transaction that reads. Its result can arrive all the same.
  void cut_short() {
    if (mode_ == Mode::write || cancel_) { return; }
    watch_.cut(receiving_);
    cancel_.emplace(connection_.raw());
  }

  /// True if the server has ended the transaction because `cut_short` asked for that.
  [[nodiscard]] bool was_cut_short() const noexcept {
    return failure_ && !give_up_ && watch_.explains(failed_) && failure_->state == libpq::sqlstate::query_canceled;
  }

  /// Records the first error. Throws if the connection is lost.
  void record_failure(std::size_t index, const PGresult& result) {
    const auto field = [&result](int code) {
      const char* const value = PQresultErrorField(&result, code);
      return std::string(value == nullptr ? "" : value);
    };
    const std::string state = field(PG_DIAG_SQLSTATE);
    // An error without an SQLSTATE comes from libpq: the connection is lost. After a fatal error behind the last
    // command the server may have committed.
    const bool fatal = field(PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR";
    if (state.empty() || (fatal && index >= commands_.size())) { throw connection_error_while_receiving(); }
    if (!failure_) {
      failure_ = Failure{state, field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_CONSTRAINT_NAME)};
      failed_ = index;
    }
  }

  libpq::Connection& connection_;
  const Context& context_;
  Mode mode_;
  Paging paging_;
  std::vector<Command> commands_;
  std::optional<Failure> failure_;
  std::size_t failed_ = 0;
  std::optional<Context::Clock::time_point> give_up_;
  std::optional<libpq::CancelRequest> cancel_;
  std::size_t unsent_ = 0;
  std::size_t receiving_ = 0;  ///< the command whose results arrive
  PageWatch watch_;
  bool ended_ = false;
};

}  // namespace heddle::postgres::transaction
