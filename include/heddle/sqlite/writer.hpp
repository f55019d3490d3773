#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/batch.hpp"
#include "heddle/sqlite/connection.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace heddle::sqlite {

/// The one connection that writes, shared by all threads through leader/follower group commit: whoever comes first
/// leads, runs the work of everybody who has queued up meanwhile in one transaction, commits, and answers them. A
/// thread that is alone leads itself and pays for nothing more than an uncontended lock. Each piece of work succeeds or
/// fails by itself; nobody is answered before the commit.
class Writer {
 public:
  explicit Writer(const Config& config) : connection_(config, Access::read_write) {}

  /// Runs `work` in a transaction; answers what the function that it returns answers, after the commit. `work` may run
  /// on another thread, while the calling thread waits, and more than once if the transaction was lost; it must not
  /// consume what it captures. A thread that is inside its own work already runs it at once, as a part of it.
  template <class Work>
  auto write(const Call& call, Work& work) {
    using Result = decltype(work(std::declval<Transaction&>())());
    std::optional<Result> result;
    auto body = [&](Transaction& transaction) { result.emplace(work(transaction)()); };
    Task task(call, body);
    if (leader_.load(std::memory_order_relaxed) == std::this_thread::get_id()) {
      run_in_savepoint(connection_, task);
    } else {
      submit(task);
    }
    if (task.failure) { std::rethrow_exception(task.failure); }
    return std::move(*result);
  }

  /// Lends the connection while nobody else uses it: for migrations, backups and settings.
  template <class Use>
  auto exclusively(const Call& call, Use&& use) {
    std::unique_lock lock(mutex_);
    const auto deadline = call.context.deadline.value_or(Context::Clock::time_point::max());
    if (!idle_.wait_until(lock, call.context.stop, deadline, [this] { return !leading_; })) { call.context.check(); }
    leading_ = true;
    lock.unlock();
    const Exclusive exclusive(*this);
    const Serving serving(connection_.interrupt(), call.context);
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
    ~Exclusive() {
      const std::lock_guard lock(writer.mutex_);
      writer.hand_over();
    }
  };

  void submit(Task& task) {
    // Made outside the lock: a stop that was requested already calls back from here.
    const auto wake = [&] {
      const std::lock_guard lock(mutex_);
      task.changed.notify_one();
    };
    std::optional<std::stop_callback<std::reference_wrapper<const decltype(wake)>>> on_stop;
    if (task.call.context.stop.stop_possible()) { on_stop.emplace(task.call.context.stop, std::cref(wake)); }

    std::unique_lock lock(mutex_);
    queue_.push_back(&task);
    if (leading_ && !wait_for_turn(lock, task)) { return; }
    leading_ = true;
    batch_.swap(queue_);
    for (Task* member : batch_) { member->state = Task::State::running; }
    lock.unlock();

    leader_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    commit_together(connection_, batch_);
    leader_.store(std::thread::id{}, std::memory_order_relaxed);

    lock.lock();
    for (Task* member : batch_) {
      if (member == &task) { continue; }
      member->state = Task::State::done;
      member->changed.notify_one();
    }
    batch_.clear();
    hand_over();
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

  void hand_over() {
    leading_ = !queue_.empty();
    if (leading_) {
      queue_.front()->state = Task::State::leading;
      queue_.front()->changed.notify_one();
    } else {
      idle_.notify_one();
    }
  }

  Connection connection_;
  std::mutex mutex_;
  std::condition_variable_any idle_;
  std::vector<Task*> queue_;  ///< who waits for the present leader
  std::vector<Task*> batch_;  ///< whose work the present leader does
  bool leading_ = false;
  std::atomic<std::thread::id> leader_;
};

}  // namespace heddle::sqlite
