// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>

namespace heddle::sqlite::transaction {

/// What one thread wants from the connection that writes: to have a unit of work done, or to use the connection alone.
/// Lives on the stack of that thread, which waits.
struct Task {
  enum class State { queued, leading, running, done };

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
  State state = State::queued;
  std::condition_variable changed;  ///< notified when `state` has changed
  Task* next = nullptr;             ///< in its queue or batch
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
