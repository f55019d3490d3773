// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/batch.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace heddle::sqlite::transaction {

/// The one connection that writes, shared by all threads through leader/follower group commit: whoever comes first
/// leads, runs the work of everybody who has queued up meanwhile in one transaction, commits, and answers them. A
/// thread that is alone leads itself and pays for nothing more than an uncontended lock. Each piece of work succeeds or
/// fails by itself; nobody is answered before the commit.
class Writer {
 public:
  explicit Writer(const Config& config) : connection_(config, connection::Access::read_write) {}

  /// Runs `work` in a transaction; after the commit, calls the function that it returned, on the calling thread, and
  /// answers what that answers. `work` may run on another thread, while the calling thread waits, and more than once if
  /// the transaction was lost; it must not consume what it captures, nor call the writer.
  template <class Work>
  auto write(const Call& call, Work& work) {
    using Finish = decltype(work(std::declval<Transaction&>()));
    std::optional<Finish> finish;
    auto body = [&](Transaction& transaction) { finish.emplace(work(transaction)); };
    Task task(call, body);
    if (enter(task)) {
      lead();
      leave();
    }
    if (task.failure) { std::rethrow_exception(task.failure); }
    return (*finish)();
  }

  /// Lends the connection while nobody else uses it, for migrations, backups and settings. Comes in turn with those who
  /// write.
  template <class Use>
  auto exclusively(const Call& call, Use&& use) {
    Task task(call);
    enter(task);
    const Exclusive exclusive(*this);
    const connection::Serving serving(connection_.interrupt(), call.context);
    return std::forward<Use>(use)(connection_);
  }

 private:
  struct Exclusive {
    Writer& writer;
    explicit Exclusive(Writer& owner) : writer(owner) {}
    Exclusive(const Exclusive&) = delete;
    Exclusive& operator=(const Exclusive&) = delete;
    Exclusive(Exclusive&&) = delete;
    Exclusive& operator=(Exclusive&&) = delete;
    ~Exclusive() { writer.leave(); }
  };

  /// Does the work of the batch. Whatever happens, each of its tasks ends with an answer or a failure.
  void lead() noexcept {
    try {
      commit_together(connection_, batch_);
    } catch (...) {
      // Out of memory between the tasks.
      roll_back(connection_);
      for (Task* task : batch_) {
        if (!task->failure) { task->failure = std::current_exception(); }
      }
    }
  }

  /// Queues the task until it leads, with its batch taken from the queue, or until another leader has done it, which
  /// answers false.
  bool enter(Task& task) {
    // Made outside the lock: a stop that was requested already calls back from here.
    const auto wake = [&] {
      const std::lock_guard lock(mutex_);
      task.changed.notify_one();
    };
    std::optional<std::stop_callback<std::reference_wrapper<const decltype(wake)>>> on_stop;
    if (task.call.context.stop.stop_possible()) { on_stop.emplace(task.call.context.stop, std::cref(wake)); }

    std::unique_lock lock(mutex_);
    queue_.push_back(&task);
    if (leading_ && !wait_for_turn(lock, task)) { return false; }
    leading_ = true;
    // Whoever leads stands first. Who needs the connection alone neither joins a batch nor is overtaken by one.
    const auto others =
        std::find_if(queue_.begin() + 1, queue_.end(), [&](const Task* each) { return each->is_alone(); });
    const auto end = task.is_alone() ? queue_.begin() + 1 : others;
    if (end == queue_.end()) {
      batch_.swap(queue_);
    } else {
      try {
        batch_.assign(queue_.begin(), end);
      } catch (...) {
        std::erase(queue_, &task);
        pass_on();
        throw;
      }
      queue_.erase(queue_.begin(), end);
    }
    for (Task* member : batch_) { member->state = Task::State::running; }
    return true;
  }

  /// Waits until the task is done, which answers false, or is the one to lead.
  bool wait_for_turn(std::unique_lock<std::mutex>& lock, Task& task) {
    const Context& context = task.call.context;
    while (task.state == Task::State::queued) {
      if (context.is_over()) {
        std::erase(queue_, &task);
        lock.unlock();
        context.check();
      }
      if (context.deadline) {
        task.changed.wait_until(lock, *context.deadline);
      } else {
        task.changed.wait(lock);
      }
    }
    // Work that has begun is awaited: its outcome must be known.
    task.changed.wait(lock, [&task] { return task.state == Task::State::done || task.state == Task::State::leading; });
    return task.state == Task::State::leading;
  }

  /// Answers the batch and lets the next one lead.
  void leave() {
    const std::lock_guard lock(mutex_);
    for (Task* member : batch_) {
      member->state = Task::State::done;
      member->changed.notify_one();
    }
    batch_.clear();
    pass_on();
  }

  /// Makes the first in the queue the leader. Called with the lock held.
  void pass_on() {
    leading_ = !queue_.empty();
    if (leading_) {
      queue_.front()->state = Task::State::leading;
      queue_.front()->changed.notify_one();
    }
  }

  connection::Connection connection_;
  std::mutex mutex_;
  std::vector<Task*> queue_;  ///< who waits for the present leader
  std::vector<Task*> batch_;  ///< whose work the present leader does
  bool leading_ = false;
};

}  // namespace heddle::sqlite::transaction
