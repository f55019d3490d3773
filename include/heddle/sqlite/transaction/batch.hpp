// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/upkeep.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/checkpointer.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/task.hpp"

#include <exception>
#include <utility>

namespace heddle::sqlite::transaction {

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

/// Returns the tasks of a batch that have not failed, as the calls that the connection works for.
[[nodiscard]] inline const connection::Served* serve_unfailed(const Batch& batch) noexcept {
  const connection::Served* list = nullptr;
  for (Task* task = batch.first(); task != nullptr; task = task->next) {
    if (task->failure) { continue; }
    task->served.next = list;
    list = &task->served;
  }
  return list;
}

/// Begins the transaction of a batch. While it waits for the lock, tasks whose context is over fail. Returns false if
/// all tasks have failed.
inline bool begin(connection::Connection& connection, Checkpointer& checkpointer, const Batch& batch) {
  std::exception_ptr failure;
  for (;;) {
    for (Task* task = batch.first(); task != nullptr; task = task->next) {
      if (!task->failure) {
        keep_failure(connection, *task, [task] { task->call.context.check(); });
      }
    }
    const connection::Served* const served = serve_unfailed(batch);
    if (served == nullptr) { return false; }
    connection.interrupt().serve(served);
    bool interrupted = false;
    try {
      connection.recover();
      execute(connection, sql::statements<ControlStatements>().begin_write);
      if (checkpointer.is_due()) {
        checkpointer.run();
        // Only a transaction that begins after the checkpoint can start the log anew.
        roll_back(connection);
        execute(connection, sql::statements<ControlStatements>().begin_write);
      }
    } catch (const connection::SqliteError& error) {
      connection.note(error);
      failure = std::current_exception();
      interrupted = connection.interrupt().should_stop();
      // The transaction can be open in spite of the error.
      roll_back(connection);
    }
    connection.interrupt().serve(nullptr);
    if (!failure) { return true; }
    if (!interrupted) { break; }
    failure = nullptr;
  }
  fail_all(batch, failure);
  return false;
}

/// Commits the work of a batch. If that fails, all tasks fail; they are in doubt only if the disk failed.
inline void commit(connection::Connection& connection, Checkpointer& checkpointer, indexing::Upkeep& index,
                   const Batch& batch) noexcept {
  try {
    connection.require_files();
    index.before_commit(connection);
    const bool erased = connection.erase_deleted_words();
    execute(connection, sql::statements<ControlStatements>().commit);
    checkpointer.note_commit();
    // The log still contains what was deleted.
    if (connection.end_erasing() || erased) { checkpointer.hurry(); }
  } catch (const connection::SqliteError& error) {
    connection.note(error);
    const bool disk_failed = error.primary_code() == SQLITE_IOERR;
    const auto failure = std::make_exception_ptr(Error(error.code(), error.what(), error.native_code(),
                                                       disk_failed ? Outcome::in_doubt : Outcome::nothing_happened));
    roll_back(connection);
    fail_all(batch, failure);
  } catch (...) {
    roll_back(connection);
    fail_all(batch, std::current_exception());
  }
}

/// Runs all tasks in one transaction and commits it. If SQLite rolls the whole transaction back (because the disk is
/// full or the statement was interrupted), the task that ran fails; the others are run again.
inline void commit_together(connection::Connection& connection, Checkpointer& checkpointer, indexing::Upkeep& index,
                            const Batch& batch) {
  while (begin(connection, checkpointer, batch)) {
    const Task* const alone = batch.only_unfailed();
    for (Task* task = batch.first(); task != nullptr; task = task->next) {
      if (task->failure) { continue; }
      const connection::Serving serving(connection.interrupt(), task->call.context);
      if (alone != nullptr) {
        keep_failure(connection, *task, [&] { task->run(connection); });
      } else {
        run_in_savepoint(connection, *task);
      }
      if (!connection.in_transaction()) { break; }
    }
    if (connection.in_transaction()) {
      if (alone != nullptr && alone->failure) {
        roll_back(connection);
      } else {
        commit(connection, checkpointer, index, batch);
      }
      return;
    }
  }
}

}  // namespace heddle::sqlite::transaction
