// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>

namespace heddle::sqlite::transaction {

/// What a waiting thread is told. It has a mutex of its own, so that threads that are woken together do not wait for
/// each other.
class Answer {
 public:
  enum class Is { none, lead, done };

  /// Wakes the thread. The answer can be gone when this returns.
  void give(Is is) noexcept {
    const std::lock_guard lock(mutex_);
    is_ = is;
    changed_.notify_one();
  }
  /// Wakes the thread so that it looks at its context.
  void look() noexcept {
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
  }
  /// Returns the answer; `none` if the context is over before.
  [[nodiscard]] Is wait(const Context& context) {
    std::unique_lock lock(mutex_);
    while (is_ == Is::none && !context.is_over()) {
      if (context.deadline) {
        changed_.wait_until(lock, *context.deadline);
      } else {
        changed_.wait(lock);
      }
    }
    return is_;
  }
  /// Returns the answer.
  [[nodiscard]] Is wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_ != Is::none; });
    return is_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  Is is_ = Is::none;
};

/// What one thread wants from the connection that writes: to have a unit of work done, or to use the connection alone.
/// Lives on the stack of that thread, which waits.
struct Task {
  enum class State { queued, begun };

  template <class Body>
  Task(const Call& of, Body& body)
      : call(of),
        served{&of.context},
        function([](void* erased, Transaction& transaction) { (*static_cast<Body*>(erased))(transaction); }),
        object(&body) {}
  /// To use the connection alone. The waiting thread itself does the work.
  explicit Task(const Call& of) : call(of), served{&of.context} {}

  [[nodiscard]] bool is_alone() const noexcept { return function == nullptr; }

  void run(connection::Connection& connection) {
    Transaction transaction(connection, call, Rows::kept);
    function(object, transaction);
  }

  const Call& call;
  connection::Served served;
  // The type-erased body.
  void (*function)(void*, Transaction&) = nullptr;
  void* object = nullptr;
  std::exception_ptr failure;
  State state = State::queued;  ///< the writer's mutex guards it
  Task* next = nullptr;         ///< in its queue or batch
  Answer answer;
};

/// Tasks in the order in which they came. Does not own them: each lives on the stack of its thread.
class Batch {
 public:
  [[nodiscard]] Task* first() const noexcept { return first_; }

  void push_back(Task& task) noexcept {
    task.next = nullptr;
    (last_ == nullptr ? first_ : last_->next) = &task;
    last_ = &task;
  }

  void remove(const Task& task) noexcept {
    Task* before = nullptr;
    for (Task* each = first_; each != &task; each = each->next) { before = each; }
    (before == nullptr ? first_ : before->next) = task.next;
    if (last_ == &task) { last_ = before; }
  }

  /// Removes and returns the first task and those after it that can share its transaction: a task that needs the
  /// connection alone is a batch of its own. Precondition: the batch is not empty.
  [[nodiscard]] Batch take_batch() noexcept {
    Batch taken;
    taken.first_ = taken.last_ = first_;
    while (taken.last_->next != nullptr && !first_->is_alone() && !taken.last_->next->is_alone()) {
      taken.last_ = taken.last_->next;
    }
    first_ = taken.last_->next;
    if (first_ == nullptr) { last_ = nullptr; }
    taken.last_->next = nullptr;
    return taken;
  }

  /// Returns the task that has not failed, if there is only one.
  [[nodiscard]] Task* only_unfailed() const noexcept {
    Task* only = nullptr;
    for (Task* each = first_; each != nullptr; each = each->next) {
      if (each->failure) { continue; }
      if (only != nullptr) { return nullptr; }
      only = each;
    }
    return only;
  }

  /// Returns the number of tasks that have not failed.
  [[nodiscard]] std::uint64_t unfailed() const noexcept {
    std::uint64_t number = 0;
    for (const Task* each = first_; each != nullptr; each = each->next) {
      if (!each->failure) { ++number; }
    }
    return number;
  }

 private:
  Task* first_ = nullptr;
  Task* last_ = nullptr;
};

/// Makes all tasks fail that have not failed yet.
inline void fail_all(const Batch& batch, const std::exception_ptr& failure) noexcept {
  for (Task* task = batch.first(); task != nullptr; task = task->next) {
    if (!task->failure) { task->failure = failure; }
  }
}

}  // namespace heddle::sqlite::transaction
