// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"
#include "heddle/sqlite/transaction/unit_of_work.hpp"

#include <condition_variable>
#include <exception>
#include <utility>
#include <vector>

namespace heddle::sqlite::transaction {

/// A piece of work of a waiting thread, or its wish to have the connection for itself; lives on that thread's stack.
struct Task {
  enum class State { queued, leading, running, done };

  template <class Body>
  Task(const Call& asked, Body& body)
      : call(asked),
        function([](void* erased, Transaction& transaction) { (*static_cast<Body*>(erased))(transaction); }),
        object(&body) {}
  /// Work that needs the connection alone and is done by the waiting thread itself.
  explicit Task(const Call& asked) : call(asked) {}

  [[nodiscard]] bool is_alone() const noexcept { return function == nullptr; }

  void run(connection::Connection& connection) {
    Transaction transaction(connection, call, Rows::kept);
    function(object, transaction);
  }

  const Call& call;
  void (*function)(void*, Transaction&) = nullptr;
  void* object = nullptr;
  std::exception_ptr failure;
  State state = State::queued;
  std::condition_variable changed;
};

/// Calls `action` and keeps what it throws as the task's failure.
template <class Action>
void guarded(connection::Connection& connection, Task& task, Action&& action) noexcept {
  try {
    explain_errors(connection, task.call.context, std::forward<Action>(action));
  } catch (...) { task.failure = std::current_exception(); }
}

/// Runs a task so that its failure undoes its own work and no other.
inline void run_in_savepoint(connection::Connection& connection, Task& task) noexcept {
  const auto& sql = sql::statements<ControlStatements>();
  guarded(connection, task, [&] {
    execute(connection, sql.savepoint);
    task.run(connection);
    execute(connection, sql.release);
  });
  if (!task.failure || !connection.in_transaction()) { return; }
  try {
    execute(connection, sql.rollback_to);
    execute(connection, sql.release);
  } catch (const connection::SqliteError& error) {
    connection.note(error);
    // Half-undone work must never be committed: the batch loses its transaction and is run again without this task.
    roll_back(connection);
  }
}

/// Opens the transaction of a batch. Tasks whose time is over fail and are taken out while it waits for the lock; false
/// if none is left.
inline bool begin(connection::Connection& connection, std::vector<Task*>& batch) {
  std::exception_ptr failure;
  for (;;) {
    std::vector<const Context*> contexts;
    for (Task* task : batch) {
      guarded(connection, *task, [task] { task->call.context.check(); });
    }
    std::erase_if(batch, [](const Task* task) { return task->failure != nullptr; });
    if (batch.empty()) { return false; }
    contexts.reserve(batch.size());
    for (const Task* task : batch) { contexts.push_back(&task->call.context); }
    connection.interrupt().serve(contexts);
    bool interrupted = false;
    try {
      connection.recover();
      execute(connection, sql::statements<ControlStatements>().begin_write);
    } catch (const connection::SqliteError& error) {
      connection.note(error);
      failure = std::current_exception();
      interrupted = connection.interrupt().should_stop();
      // A transaction that was opened all the same must not stay open.
      roll_back(connection);
    }
    connection.interrupt().serve({});
    if (!failure) { return true; }
    if (!interrupted) { break; }
    failure = nullptr;
  }
  for (Task* task : batch) { task->failure = failure; }
  return false;
}

/// Makes the work of a batch durable. What a failed commit did is unknown only if the disk failed in the middle.
inline void commit(connection::Connection& connection, const std::vector<Task*>& batch) noexcept {
  try {
    execute(connection, sql::statements<ControlStatements>().commit);
  } catch (const connection::SqliteError& error) {
    connection.note(error);
    const bool disk_failed = error.primary_code() == SQLITE_IOERR;
    const auto failure = std::make_exception_ptr(Error(error.code(), error.what(), error.native_code(),
                                                       disk_failed ? Outcome::in_doubt : Outcome::nothing_happened));
    roll_back(connection);
    for (Task* task : batch) {
      if (!task->failure) { task->failure = failure; }
    }
  }
}

/// Runs all tasks in one transaction and commits it. A failure that costs SQLite the whole transaction (a full disk, an
/// interruption) is the failure of its own task; the others are run again.
inline void commit_together(connection::Connection& connection, const std::vector<Task*>& tasks) {
  std::vector<Task*> batch = tasks;
  while (begin(connection, batch)) {
    const bool alone = batch.size() == 1;
    for (Task* task : batch) {
      const connection::Serving serving(connection.interrupt(), task->call.context);
      if (alone) {
        guarded(connection, *task, [&] { task->run(connection); });
      } else {
        run_in_savepoint(connection, *task);
      }
      if (!connection.in_transaction()) { break; }
    }
    if (connection.in_transaction()) {
      if (alone && batch.front()->failure) {
        roll_back(connection);
      } else {
        commit(connection, batch);
      }
      return;
    }
    std::erase_if(batch, [](const Task* task) { return task->failure != nullptr; });
  }
}

}  // namespace heddle::sqlite::transaction
