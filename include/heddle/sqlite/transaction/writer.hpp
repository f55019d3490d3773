// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/counting/commit_counters.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/indexing/upkeep.hpp"
#include "heddle/sqlite/transaction/batch.hpp"
#include "heddle/sqlite/transaction/checkpointer.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"
#include "heddle/sqlite/transaction/task.hpp"

#include <chrono>
#include <concepts>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

namespace heddle::sqlite::transaction {

/// The one connection that writes, shared by all threads through group commit. Threads queue their work; the first in
/// the queue becomes the leader, runs all queued work in one transaction, commits it and wakes the others, its
/// followers. A thread that is alone is its own leader and pays only for an uncontended lock. Each unit of work
/// succeeds or fails by itself, and no call returns before the commit. Safe to use from many threads.
class Writer {
 public:
  /// Opens the connection, and makes the file if it does not exist. With `read_only` the connection only reads, and
  /// nothing may be written. All must outlive the writer.
  Writer(const Config& config, const connection::FilePresence& files, LogSize& log)
      : connection_(config, config.read_only ? connection::Access::read_only : connection::Access::read_write, files),
        checkpointer_(config, files, connection_, log),
        index_(config, this, [](void* self, const std::stop_token& stop) noexcept {
          return static_cast<Writer*>(self)->index_when_idle(stop);
        }) {}

  /// Runs `work` in a transaction and commits it; then calls the function that `work` returned, on the calling thread,
  /// and returns what that returns. `work` can run on another thread while the calling thread waits, and more than once
  /// if the transaction was rolled back; it must not move from what it captures, nor call the writer.
  template <class Work>
  auto write(const Call& call, Work& work) {
    using Finish = decltype(work(std::declval<Transaction&>()));
    std::optional<Finish> finish;
    auto body = [&](Transaction& transaction) { finish.emplace(work(transaction)); };
    Task task(call, body);
    if (enter(task)) {
      lead();
      end_leading(call.context);
    }
    if (task.failure) { std::rethrow_exception(task.failure); }
    return (*finish)();
  }

  /// Calls `use` with the connection, alone, and returns what it returns: for migrations, backups and settings. Waits.
  template <class Use>
  auto exclusively(const Call& call, Use&& use) {
    Task task(call);
    enter(task);
    const Exclusive exclusive(*this);
    const connection::Serving serving(connection_.interrupt(), call.context);
    return explain_errors(connection_, call.context, [&] { return std::forward<Use>(use)(connection_); });
  }

  /// Takes turns in the full-text index for the tenant of a call while many of its messages wait, for a tenth of a
  /// second, or half of the time that the call has. A search goes on if that fails: it finds what is not in the index,
  /// too. A template, so that files that search nothing do not compile it.
  void catch_up(const std::same_as<Call> auto& call) {
    // Without the write-ahead log it would keep readers out, and a visitor of this thread can be one.
    if (!index_.works_behind()) { return; }
    try {
      const Context context = call.context.with_timeout(indexing::time_to_catch_up(call.context));
      const Call brief{context, call.user_id, Operation::open};
      for (bool goes_on = true; goes_on;) {
        Task task(brief);
        enter(task);
        goes_on = false;
        auto turn = [&](Transaction& /*transaction*/) { goes_on = index_.take_turn_for(connection_, call.user_id); };
        if (!connection_.in_transaction() && take_turn(context, turn)) { goes_on = false; }
        leave();
      }
    } catch (const Error& error) { static_cast<void>(error); }
  }

  /// Takes a turn in the full-text index for a call, and returns what it did; see Filler. Throws what ends the call,
  /// and what makes the turn fail. A template, so that other files do not compile it.
  indexing::Filler::Turn take_turn(const std::same_as<Call> auto& call, std::string_view user = {}) {
    Task task(call);
    enter(task);
    indexing::Filler::Turn done;
    auto turn = [&](Transaction& /*transaction*/) { done = index_.take_turn(connection_, user); };
    const std::exception_ptr failure = take_turn(call.context, turn);
    leave();
    if (failure) { std::rethrow_exception(failure); }
    return done;
  }

  /// Copies the write-ahead log into the file, as far as readers let it.
  void copy_log(const Call& call) {
    exclusively(call, [this](auto&) { checkpointer_.make_due(); });
    auto nothing = [](Transaction&) { return [] {}; };
    write(call, nothing);
  }

  /// Removes what the log has from its file, by units of work that write and erase; returns false if a reader keeps it.
  template <class Work>
  bool clean_log(const Call& call, Work work) {
    bool is_clean = false;
    for (int attempt = 0; attempt < 3 && !is_clean; ++attempt) {
      Task task(call);
      enter(task);
      const auto log = checkpointer_.hurry();
      // Alone: another call could start the log anew, and leave the rest of its file.
      const std::exception_ptr failure = run_alone(call, work);
      is_clean = checkpointer_.is_gone(log);
      leave();
      if (failure) { std::rethrow_exception(failure); }
    }
    return is_clean;
  }

  /// Adds what the writer has counted to the metrics.
  void report(auto& metrics) {
    commits_.report(metrics);
    metrics.busy_waits = connection_.interrupt().busy_waits();
    metrics.index_queue = index_.unindexed();
  }

 private:
  /// Ends the exclusive use of the connection.
  struct Exclusive {
    Writer& writer;
    explicit Exclusive(Writer& owner) : writer(owner) {}
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;
    Exclusive(Exclusive&&) = delete;
    Exclusive& operator=(Exclusive&&) = delete;
    ~Exclusive() {
      writer.index_.look_for_work(writer.connection_);
      writer.leave();
    }
  };

  /// Wakes a thread that waits, so that it sees that it has to stop.
  struct Wake {
    Task& task;
    void operator()() const { task.answer.look(); }
  };

  /// Does the work of the batch. Each of its tasks ends done or failed.
  void lead() noexcept {
    try {
      commit_together(connection_, checkpointer_, index_, batch_);
      commits_.add_commit(batch_.unfailed());
    } catch (...) {
      // Memory ran out between the tasks.
      roll_back(connection_);
      fail_all(batch_, std::current_exception());
    }
  }

  /// Queues the task and waits. Returns true if the calling thread is now the leader, with its batch taken from the
  /// queue; false if another leader has done the task. Throws if the context is over before the task has begun.
  bool enter(Task& task) {
    // Constructed outside the lock: if a stop is requested already, it calls back from its constructor.
    const std::stop_callback<Wake> on_stop(task.call.context.stop, Wake{task});

    std::unique_lock lock(mutex_);
    queue_.push_back(task);
    if (leading_) {
      lock.unlock();
      if (!wait_for_turn(task)) { return false; }
      lock.lock();
    }
    leading_ = true;
    // The leader is the first in the queue.
    batch_ = queue_.take_batch();
    for (Task* member = batch_.first(); member != nullptr; member = member->next) {
      member->state = Task::State::begun;
    }
    return true;
  }

  /// Waits until the task is done, and returns false, or until it has to lead, and returns true.
  bool wait_for_turn(Task& task) {
    Answer::Is answer = task.answer.wait(task.call.context);
    if (answer == Answer::Is::none) {
      {
        const std::lock_guard lock(mutex_);
        if (task.state == Task::State::queued) {
          queue_.remove(task);
          task.call.context.check();
        }
      }
      // A task that has begun is awaited even when its context is over: its outcome must be known.
      answer = task.answer.wait();
    }
    return answer == Answer::Is::lead;
  }

  /// Ends the leading for a call, after a turn in the full-text index if too much is left to do in it.
  void end_leading(const Context& context) {
    if (index_.is_behind() && !context.is_over()) {
      answer();
      take_turn(context);
    }
    leave();
  }

  /// Takes a turn in the full-text index, or lets `work` take it; returns why it failed. This thread must lead.
  std::exception_ptr take_turn(const Context& context) noexcept {
    auto turn = [this](Transaction& /*transaction*/) { index_.take_turn(connection_); };
    return take_turn(context, turn);
  }
  template <class Work>
  std::exception_ptr take_turn(const Context& context, Work& work) noexcept {
    std::exception_ptr failure = run_alone({context, {}, Operation::open}, work);
    // A search finds what is not in the index. The next save tries again, or the thread behind a call that is over.
    if (failure) { context.is_over() ? index_.end_turn() : index_.give_up(); }
    return failure;
  }

  /// The same for work in a transaction of its own.
  template <class Work>
  std::exception_ptr run_alone(const Call& call, Work& work) noexcept {
    Task task(call, work);
    Batch alone;
    alone.push_back(task);
    try {
      commit_together(connection_, checkpointer_, index_, alone);
    } catch (...) {
      roll_back(connection_);
      fail_all(alone, std::current_exception());
    }
    return task.failure;
  }

  /// Takes a turn when the connection is free; returns false if nothing is left to do.
  bool index_when_idle(const std::stop_token& stop) noexcept {
    try {
      const Context context = Context{}.with_stop(stop);
      const Call call{context, {}, Operation::open};
      Task task(call);
      enter(task);
      // A use of the connection alone can leave a transaction open.
      const bool is_free = !connection_.in_transaction();
      if (is_free) { take_turn(context); }
      hand_over();
      return is_free && index_.unindexed() > 0;
    } catch (...) { return false; }
  }

  /// Ends the use of the connection; and wakes the thread that fills the full-text index, if something is left to do.
  void leave() {
    // Asked before, while no other thread leads.
    indexing::Filler* const filler = index_.filler_to_wake();
    hand_over();
    if (filler != nullptr) { filler->wake(); }
  }

  /// Wakes the threads of the batch and makes the next leader.
  void hand_over() {
    answer();
    Task* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      next = queue_.first();
      leading_ = next != nullptr;
      if (next != nullptr) { next->state = Task::State::begun; }
    }
    if (next != nullptr) { next->answer.give(Answer::Is::lead); }
  }

  /// Wakes the threads of the batch.
  void answer() noexcept {
    for (Task* member = batch_.first(); member != nullptr;) {
      Task& answered = *member;
      member = member->next;  // the thread that is woken takes the task away
      answered.answer.give(Answer::Is::done);
    }
    batch_ = {};
  }

  connection::Connection connection_;
  Checkpointer checkpointer_;
  std::mutex mutex_;
  Batch queue_;  ///< tasks that wait for the present leader
  Batch batch_;  ///< tasks that the present leader does
  bool leading_ = false;
  heddle::detail::counting::CommitCounters commits_;
  indexing::Upkeep index_;  ///< the last member: its thread uses the others
};

}  // namespace heddle::sqlite::transaction
