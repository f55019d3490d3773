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

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres::transaction {

/// What the answer to a command is for.
struct Command {
  std::optional<Refusal> refusal{};                     ///< of the call, if the command finds no row
  std::optional<std::size_t> prepares{};                ///< the statement that it makes known
  std::function<void(const libpq::ResultRow&)> show{};  ///< rows are shown as they come, and not kept
  bool claims = false;                                  ///< an idempotency key: no row means that it was used before
  std::int64_t shown = 0;
  libpq::Result result{};
};

/// Whether a transaction that is lost on its way may have happened.
enum class Mode { read, write };

/// The commands of one unit of work and their results: sent together, answered together, in one round trip.
class Pipeline {
 public:
  /// How a transaction ended whose commands all reached the server.
  enum class End { committed, key_taken };

  Pipeline(libpq::Connection& connection, const Context& context, Mode mode) noexcept
      : connection_(connection), context_(context), mode_(mode) {}

  /// Notes a command that was sent; answers its number.
  std::size_t add(Command command = {}) {
    constexpr std::size_t usual = 8;
    if (commands_.empty()) { commands_.reserve(usual); }
    commands_.push_back(std::move(command));
    return commands_.size() - 1;
  }
  /// Notes how much was sent. So that it does not pile up here, it goes on its way when it has become much.
  void relieve(std::size_t bytes) {
    constexpr std::size_t much = std::size_t{1} << 20U;
    unsent_ += bytes;
    if (unsent_ < much) { return; }
    std::optional<libpq::BulkSending> bulk;
    if (bytes >= much) { bulk.emplace(PQsocket(connection_.raw())); }
    flush();
    unsent_ = 0;
  }
  /// True once a visitor has seen a row.
  [[nodiscard]] bool has_shown_rows() const noexcept {
    return std::any_of(commands_.begin(), commands_.end(), [](const Command& each) { return each.shown != 0; });
  }
  [[nodiscard]] Command& at(std::size_t index) noexcept { return commands_[index]; }

  /// Sends what is queued and receives all results. Throws Error for whatever went wrong; nothing has happened then,
  /// unless it says `in_doubt`. A connection that is not clean afterwards must not be used again.
  End complete() {
    static_cast<void>(connection_.clear_warning());
    if (PQpipelineSync(connection_.raw()) != 1) { throw lost(Outcome::nothing_happened); }
    ended_ = true;
    flush();
    receive();
    if (cancel_ && !cancel_->wait_until(*give_up_)) { connection_.abandon(); }
    if (!failure_) {
      // A commit that waits for a standby and is cancelled, by whomever, ends with a warning and counts as committed.
      if (mode_ == Mode::write && connection_.clear_warning()) {
        throw Error(ErrorCode::unavailable, "the server committed with a warning: a standby may not have it", {},
                    Outcome::in_doubt);
      }
      return End::committed;
    }
    const Command* const failed = failed_ < commands_.size() ? &commands_[failed_] : nullptr;
    if (failed != nullptr && failure_->state == libpq::sqlstate::division_by_zero) {
      if (failed->claims) { return End::key_taken; }
      if (failed->refusal) { throw Error(failed->refusal->code, std::string(failed->refusal->message)); }
    }
    if (failure_->state == libpq::sqlstate::query_canceled || failure_->state == libpq::sqlstate::lock_not_available) {
      context_.check();
    }
    if (failure_->constraint == full_session) {
      throw Error(ErrorCode::resource_exhausted, "the session holds no further message", failure_->state);
    }
    throw libpq::make_error(failure_->state, "running a statement", failure_->message);
  }

 private:
  /// The one condition of the schema that a caller can break: how many messages a session holds.
  static constexpr std::string_view full_session = "sessions_last_sequence_check";

  struct Failure {
    std::string state;
    std::string message;
    std::string constraint;
  };
  /// How long the end of a cancelled statement is awaited: to learn what has happened, and to keep the connection.
  [[nodiscard]] std::chrono::seconds patience() const noexcept {
    return std::chrono::seconds(mode_ == Mode::write ? 5 : 1);
  }

  [[nodiscard]] Error lost(Outcome outcome) const {
    return {ErrorCode::unavailable, "the connection to the server was lost", {}, outcome};
  }
  /// For a connection that is lost while the end of the transaction may have been sent.
  [[nodiscard]] Outcome sent_outcome() const noexcept {
    return mode_ == Mode::write && ended_ ? Outcome::in_doubt : Outcome::nothing_happened;
  }
  /// For a connection that is lost while results are awaited.
  [[nodiscard]] Error lost_while_waiting() const {
    if (!failure_) { return lost(sent_outcome()); }
    // An error of the server came first: the transaction is rolled back, whatever was to follow. A missing row is no
    // error to report: what it means depends on the command, and a retry finds out.
    if (failure_->state == libpq::sqlstate::division_by_zero) { return lost(Outcome::nothing_happened); }
    return libpq::make_error(failure_->state, "running a statement", failure_->message);
  }

  /// Sends all that is queued. The server's answers are taken in meanwhile: it may not read on before.
  void flush() {
    for (int left = 0; (left = PQflush(connection_.raw())) != 0;) {
      if (left < 0) { throw lost(Outcome::nothing_happened); }
      if (!libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN | POLLOUT, &context_, std::nullopt)) {
        // Without its end nothing of it takes effect, and libpq would send that yet when the connection is closed.
        connection_.abandon();
        context_.check();
      }
      // This sends too: it may fail after the end was sent.
      if (PQconsumeInput(connection_.raw()) != 1) { throw lost(sent_outcome()); }
    }
  }

  /// Waits until a result can be taken without waiting. When the context is over, the server is asked to stop, and its
  /// answer is awaited all the same: it tells what has happened.
  void await() {
    while (PQisBusy(connection_.raw()) != 0) {
      if (can_read()) {
        if (PQconsumeInput(connection_.raw()) != 1) { throw lost_while_waiting(); }
      } else if (!give_up_) {
        give_up_ = Context::Clock::now() + patience();
        cancel_.emplace(connection_.raw());
      } else {
        if (mode_ == Mode::read) { context_.check(); }
        throw lost_while_waiting();
      }
    }
  }

  /// Waits until something can be read, which answers true, or until the end of the waiting.
  [[nodiscard]] bool can_read() const {
    constexpr std::chrono::milliseconds slice{20};
    const Context* const context = give_up_ ? nullptr : &context_;
    if (PQsslInUse(connection_.raw()) == 0) {
      return libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN, context, give_up_);
    }
    // What TLS has taken off the socket and not yet handed over does not show there: libpq is asked now and then.
    const auto soon = Context::Clock::now() + slice;
    const auto until = give_up_ ? std::min(soon, *give_up_) : soon;
    if (libpq::wait_for_socket(PQsocket(connection_.raw()), POLLIN, context, until)) { return true; }
    return give_up_ ? Context::Clock::now() < *give_up_ : !context_.is_over();
  }

  void receive() {
    std::size_t index = 0;
    for (;;) {
      await();
      libpq::Result result(PQgetResult(connection_.raw()));
      if (!result) {
        // The end of one command.
        if (PQstatus(connection_.raw()) != CONNECTION_OK) { throw lost_while_waiting(); }
        ++index;
        if (index < commands_.size() && commands_[index].show) { PQsetSingleRowMode(connection_.raw()); }
        continue;
      }
      switch (PQresultStatus(result.get())) {
        case PGRES_PIPELINE_SYNC: return;
        case PGRES_FATAL_ERROR: fail(index, *result); [[fallthrough]];
        case PGRES_PIPELINE_ABORTED:
          if (index < commands_.size() && commands_[index].prepares) { connection_.forget(*commands_[index].prepares); }
          break;
        default: take(commands_[index], std::move(result));
      }
    }
  }

  void take(Command& command, libpq::Result result) {
    if (!command.show) {
      command.result = std::move(result);
      return;
    }
    // One row, and none at the end; all of them if libpq should not go row by row.
    for (int row = 0; row < PQntuples(result.get()); ++row) {
      context_.check();
      ++command.shown;
      command.show(libpq::ResultRow(result.get(), row));
    }
  }

  void fail(std::size_t index, const PGresult& result) {
    const auto field = [&result](int code) {
      const char* const value = PQresultErrorField(&result, code);
      return std::string(value == nullptr ? "" : value);
    };
    const std::string state = field(PG_DIAG_SQLSTATE);
    // Without a state it is libpq that speaks: the connection is gone. And at the end of all commands, a server that
    // goes may have committed.
    const bool fatal = field(PG_DIAG_SEVERITY_NONLOCALIZED) != "ERROR";
    if (state.empty() || (fatal && index >= commands_.size())) { throw lost_while_waiting(); }
    if (!failure_) {
      failure_ = Failure{state, field(PG_DIAG_MESSAGE_PRIMARY), field(PG_DIAG_CONSTRAINT_NAME)};
      failed_ = index;
    }
  }

  libpq::Connection& connection_;
  const Context& context_;
  Mode mode_;
  std::vector<Command> commands_;
  std::optional<Failure> failure_;
  std::size_t failed_ = 0;
  std::optional<Context::Clock::time_point> give_up_;
  std::optional<libpq::CancelRequest> cancel_;
  std::size_t unsent_ = 0;
  bool ended_ = false;
};

}  // namespace heddle::postgres::transaction
