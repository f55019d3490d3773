// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace heddle::sqlite::transaction {

/// The connections that read. Each is used by one call at a time; a call waits for a free one until its deadline. They
/// are opened when they are first needed. Safe to use from many threads.
class Readers {
 public:
  /// `config` must outlive the readers.
  explicit Readers(const Config& config) : config_(config), slots_(std::max<std::size_t>(config.readers, 1)) {}

  /// Runs `work` on one state of the database, then calls the function that `work` returned and returns what that
  /// returns.
  template <class Work>
  auto read(const Call& call, Work& work) {
    const Lease lease(*this, call);
    connection::Connection& connection = lease.connection();
    const connection::Serving serving(connection.interrupt(), call.context);
    // Without the write-ahead log an open read blocks writers, also a visitor of this read that writes.
    Transaction transaction(connection, call, config_.wal ? Rows::streamed : Rows::kept);
    const auto& control = sql::statements<ControlStatements>();
    try {
      return explain_errors(connection, call.context, [&] {
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

 private:
  struct Slot {
    std::unique_ptr<connection::Connection> connection;
    std::thread::id user;  ///< no thread, if it is free
  };

  /// The use of a connection for the time of a call.
  class Lease {
   public:
    Lease(Readers& readers, const Call& call) : readers_(readers), slot_(readers.take(call)) {
      if (slot_ == nullptr) {
        own_ = std::make_unique<connection::Connection>(readers.config_, connection::Access::read_only);
      }
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease(Lease&&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (slot_ != nullptr) { readers_.give_back(*slot_); }
    }
    [[nodiscard]] connection::Connection& connection() const noexcept {
      return slot_ != nullptr ? *slot_->connection : *own_;
    }

   private:
    Readers& readers_;
    Slot* slot_;
    std::unique_ptr<connection::Connection> own_;
  };

  /// Takes a free connection; waits for one if all are in use. Returns null if this thread uses one itself, because the
  /// call comes out of a visitor: it must not wait for itself, and in the transaction of the visited read it would not
  /// see what it has written meanwhile.
  Slot* take(const Call& call) {
    const auto self = std::this_thread::get_id();
    std::unique_lock lock(mutex_);
    const auto used_by = [this](std::thread::id user) {
      return std::find_if(slots_.begin(), slots_.end(), [user](const Slot& each) { return each.user == user; });
    };
    // The first free one: as long as one suffices, no other is opened.
    auto slot = used_by({});
    if (slot == slots_.end()) {
      if (used_by(self) != slots_.end()) { return nullptr; }
      const auto deadline = call.context.deadline.value_or(Context::Clock::time_point::max());
      const auto is_free = [&] { return (slot = used_by({})) != slots_.end(); };
      if (!freed_.wait_until(lock, call.context.stop, deadline, is_free)) {
        lock.unlock();
        call.context.check();
      }
    }
    slot->user = self;
    lock.unlock();
    if (!slot->connection) { open(*slot); }
    return &*slot;
  }

  void give_back(Slot& slot) {
    const std::lock_guard lock(mutex_);
    slot.user = {};
    freed_.notify_one();
  }

  void open(Slot& slot) {
    try {
      slot.connection = std::make_unique<connection::Connection>(config_, connection::Access::read_only);
    } catch (...) {
      give_back(slot);
      throw;
    }
  }

  const Config& config_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<Slot> slots_;
};

}  // namespace heddle::sqlite::transaction
