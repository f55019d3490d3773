#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection.hpp"
#include "heddle/sqlite/transaction.hpp"
#include "heddle/sqlite/unit_of_work.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace heddle::sqlite {

/// The connections that read, each lent to one call at a time; a call waits for a free one until its deadline. They are
/// opened when they are first needed.
class Readers {
 public:
  explicit Readers(const Config& config) : config_(config), slots_(std::max<std::size_t>(config.readers, 1)) {}

  /// Runs `work` on one consistent state of the database; answers what the function that it returns answers.
  template <class Work>
  auto read(const Call& call, Work& work) {
    const Lease lease(*this, call);
    Connection& connection = *lease.slot.connection;
    const Serving serving(connection.interrupt(), call.context);
    Transaction transaction(connection, call, Rows::streamed);
    // Nested in a read further up this thread's stack: its transaction serves.
    if (connection.in_transaction()) { return work(transaction)(); }
    try {
      execute(connection, sql::statements<ControlStatements>().begin_read);
      auto result = work(transaction)();
      execute(connection, sql::statements<ControlStatements>().commit);
      return result;
    } catch (const Error& error) {
      roll_back(connection);
      explain_interruption(error, call.context);
      throw;
    } catch (...) {
      roll_back(connection);
      throw;
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Connection> connection;
    std::thread::id user;
    int users = 0;  ///< more than one: nested calls of the same thread
  };

  struct Lease {
    Readers& readers;
    Slot& slot;
    Lease(Readers& owner, const Call& call) : readers(owner), slot(owner.take(call)) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease(Lease&&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      const std::lock_guard lock(readers.mutex_);
      if (--slot.users == 0) {
        slot.user = {};
        readers.freed_.notify_one();
      }
    }
  };

  Slot& take(const Call& call) {
    const auto self = std::this_thread::get_id();
    std::unique_lock lock(mutex_);
    Slot* slot = nullptr;
    const auto find = [&] {
      // The first free one: connections that few calls need are never opened.
      const auto free = std::find_if(slots_.begin(), slots_.end(), [](const Slot& each) { return each.users == 0; });
      const auto mine =
          std::find_if(slots_.begin(), slots_.end(), [self](const Slot& each) { return each.user == self; });
      if (free != slots_.end()) {
        slot = &*free;
      } else if (mine != slots_.end()) {
        // A callback that reads would wait for itself for ever.
        slot = &*mine;
      }
      return slot != nullptr;
    };
    if (!find()) {
      const auto deadline = call.context.deadline.value_or(Context::Clock::time_point::max());
      if (!freed_.wait_until(lock, call.context.stop, deadline, find)) {
        lock.unlock();
        call.context.check();
      }
    }
    ++slot->users;
    slot->user = self;
    lock.unlock();
    if (!slot->connection) { open(*slot); }
    return *slot;
  }

  void open(Slot& slot) {
    try {
      slot.connection = std::make_unique<Connection>(config_, Access::read_only);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      slot.users = 0;
      slot.user = {};
      freed_.notify_one();
      throw;
    }
  }

  const Config& config_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::vector<Slot> slots_;
};

}  // namespace heddle::sqlite
