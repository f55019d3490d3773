// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/thread_mark.hpp"
#include "heddle/detail/pool/slots.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"

#include <memory>
#include <optional>

namespace heddle::sqlite::transaction {

/// The connections that read. Each is used by one call at a time; a call waits for a free one until its deadline. They
/// are opened when they are first needed. Safe to use from many threads. A template, like the pool of PostgreSQL's
/// connections: a file that reads nothing does not compile how a connection is waited for.
template <class Connection>
class Readers {
 public:
  /// All must outlive the readers.
  Readers(const Config& config, const connection::FilePresence& files, LogSize& log)
      : config_(config), files_(files), log_(log), slots_({.max_connections = static_cast<int>(config.readers)}) {}

  /// Runs `work` on one state of the database, then calls the function that `work` returned and returns what that
  /// returns.
  template <class Work>
  auto read(const Call& call, Work& work) {
    const Lease lease(*this, call.context);
    Connection& connection = lease.connection();
    const connection::Serving serving(connection.interrupt(), call.context);
    // Without the write-ahead log an open read blocks writers, also a visitor of this read that writes.
    const LogGrowth growth(log_, config_.visitor_log_bytes);
    Transaction transaction(connection, call, config_.wal ? Rows::streamed : Rows::kept, &growth);
    const auto& control = sql::statements<ControlStatements>();
    try {
      return explain_errors(connection, call.context, [&] {
        connection.require_files();
        execute(connection, control.begin_read);
        auto finish = work(transaction);
        execute(connection, control.commit);
        return finish();
      });
    } catch (...) {
      roll_back(connection);
      throw;
    }
  }

  /// Returns the state of the connections.
  [[nodiscard]] PoolStatistics statistics() const { return slots_.statistics(); }

 private:
  /// Connections are kept as long as the database is open, so their times do not matter.
  struct NoClock {
    static Context::Clock::time_point now() noexcept { return {}; }
  };
  using Slots = detail::pool::Slots<Connection, NoClock>;
  using Reading = detail::calls::ThreadMark<Readers>;

  /// The connection of one call, for the time of that call.
  class Lease {
   public:
    Lease(Readers& readers, const Context& context) : slot_(readers.acquire(context)), reading_(readers) {
      if (!slot_) {
        own_ = readers.open();
      } else if (slot_->connection() == nullptr) {
        slot_->fill(readers.open());
      }
    }
    [[nodiscard]] Connection& connection() const noexcept { return slot_ ? *slot_->connection() : *own_; }

   private:
    std::optional<typename Slots::Slot> slot_;
    std::unique_ptr<Connection> own_;
    Reading reading_;
  };

  /// Returns nothing if all connections are in use and this thread uses one itself, because the call comes out of a
  /// visitor: it must not wait for itself, and in the transaction of the visited read it would not see what it has
  /// written meanwhile.
  std::optional<typename Slots::Slot> acquire(const Context& context) {
    if (Reading::count(*this) > 0) { return slots_.try_acquire(); }
    typename Slots::Slot slot = slots_.acquire(context, 0);
    context.check();
    return slot;
  }

  [[nodiscard]] std::unique_ptr<Connection> open() const {
    return std::make_unique<Connection>(config_, connection::Access::read_only, files_);
  }

  const Config& config_;
  const connection::FilePresence& files_;
  LogSize& log_;
  Slots slots_;
};

}  // namespace heddle::sqlite::transaction
