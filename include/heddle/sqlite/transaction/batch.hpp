// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"

#include <condition_variable>
#include <exception>
#include <utility>
#include <vector>

namespace heddle::sqlite::transaction {

/// What one thread wants from the connection that writes: to have a unit of work done, or to use the connection alone.
/// Lives on the stack of that thread, which waits.
struct Task {
  enum class State { queued, leading, running, done };

  template <class Body>
  Task(const Call& of, Body& body)
      : call(of),
        function([](void* erased, Transaction& transaction) { (*static_cast<Body*>(erased))(transaction); }),
        object(&body) {}
  /// To use the connection alone. The waiting thread itself does the work.
  explicit Task(const Call& of) : call(of) {}

  [[nodiscard]] bool is_alone() const noexcept { return function == nullptr; }

  void run(connection::Connection& connection) {
    Transaction transaction(connection, call, Rows::kept);
    function(object, transaction);
  }

  const Call& call;
  // The type-erased body.
  void (*function)(void*, Transaction&) = nullptr;
  void* object = nullptr;
  std::exception_ptr failure;
  State state = State::queued;
  std::condition_variable changed;  ///< notified when `state` has changed
};

/// Calls `action` and stores what it throws as the task's failure.
template <class Action>
void keep_failure(connection::Connection& connection, Task& task, Action&& action) noexcept {
  try {
    explain_errors(connection, task.call.context, std::forward<Action>(action));
  } catch (...) { task.failure = std::current_exception(); }
}

/// Runs a task so that its failure undoes only its own work.
inline void run_in_savepoint(connection::Connection& connection, Task& task) noexcept {
  const auto& sql = sql::statements<ControlStatements>();
  keep_failure(connection, task, [&] {
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
    // The work is undone in part and must not be committed: the whole batch is rolled back and run again without this
    // task.
    roll_back(connection);
  }
}

/// Begins the transaction of a batch. While it waits for the lock, tasks whose context is over fail and are removed
/// from the batch. Returns false if none is left.
inline bool begin(connection::Connection& connection, std::vector<Task*>& batch) {
  std::exception_ptr failure;
  for (;;) {
    std::vector<const Context*> contexts;
    for (Task* task : batch) {
      keep_failure(connection, *task, [task] { task->call.context.check(); });
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
      // The transaction can be open in spite of the error.
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

/// Commits the work of a batch. If that fails, all tasks fail; they are in doubt only if the disk failed.
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

/// Runs all tasks in one transaction and commits it. If SQLite rolls the whole transaction back (because the disk is
/// full or the statement was interrupted), the task that ran fails; the others are run again.
inline void commit_together(connection::Connection& connection, const std::vector<Task*>& tasks) {
  std::vector<Task*> batch = tasks;
  while (begin(connection, batch)) {
    const bool alone = batch.size() == 1;
    for (Task* task : batch) {
      const connection::Serving serving(connection.interrupt(), task->call.context);
      if (alone) {
        keep_failure(connection, *task, [&] { task->run(connection); });
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
