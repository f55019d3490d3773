// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/connection/log_header.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace heddle::sqlite::transaction {

/// Copies the write-ahead log into the database file, so that the next transaction can start the log anew.
///
/// SQLite would do so by itself after a commit, without a lock on the log. In versions 3.7.0 to 3.51.2 a writer that
/// starts the log anew at that instant makes the checkpoint mark pages as copied that are not, and they are lost (the
/// "WAL-reset bug", https://www.sqlite.org/wal.html#walresetbug). Here the connection that writes holds the lock of
/// writers meanwhile, so that no connection of any process can start the log anew; another connection makes the
/// checkpoint, as SQLite refuses it to one that is in a transaction.
class Checkpointer {
 public:
  /// All must outlive the checkpointer. From now on `writer` makes no checkpoint itself.
  Checkpointer(const Config& config, const connection::FilePresence& files, connection::Connection& writer,
               LogSize& log)
      : config_(config), files_(files), writer_(writer.handle()), log_(log) {
    sqlite3_wal_hook(
        writer.handle(),
        [](void* size, sqlite3*, const char*, int pages) {
          static_cast<LogSize*>(size)->set_pages(pages);
          return SQLITE_OK;
        },
        &log_);
  }

  /// True if the log is so long that it should be copied, or if a reader has ended that kept the last checkpoint from
  /// copying all, or an unwanted log from starting anew.
  [[nodiscard]] bool is_due() const noexcept {
    return log_.pages() >= due_at_ || ((was_held_up_ || unwanted_) && !log_.is_held());
  }

  /// To be called behind each commit.
  void note_commit() noexcept {
    if (!unwanted_ || has_unwanted()) { return; }
    unwanted_.reset();
    if (!was_held_up_) { log_.let_go(); }
  }

  /// Makes a checkpoint due, however short the log is; does nothing if there is no log.
  void make_due() noexcept {
    if (log_.pages() > 0) { due_at_ = 0; }
  }

  /// The same until the log has started anew: what it has is not to be kept. To be called behind `note_commit`. Returns
  /// what `is_gone` is to be asked for.
  std::optional<connection::LogHeader> hurry() noexcept {
    make_due();
    unwanted_ = connection::LogHeader::read(writer_);
    return unwanted_;
  }

  /// True if nothing is left of a log in its file.
  [[nodiscard]] bool is_gone(const std::optional<connection::LogHeader>& log) const noexcept {
    const std::optional<connection::LogHeader> present = connection::LogHeader::read(writer_);
    return !present || ((!log || log->salt != present->salt) && present->file_bytes <= present->bytes_of(log_.pages()));
  }

  /// Makes a checkpoint, as far as the readers let it. Precondition: a transaction of the writer holds the lock of
  /// writers and has written nothing. A failure leaves the log as it is, and is not reported: the data is safe there.
  void run() noexcept {
    due_at_ = log_.pages() + pages_between;
    // Before the checkpoint looks for readers: one that ends after that must not be missed.
    log_.hold();
    was_held_up_ = true;
    try {
      if (!connection_) { connection_ = open(); }
      int in_log = 0;
      int copied = 0;
      // Passive, because the other modes take the lock of writers themselves.
      const int code =
          sqlite3_wal_checkpoint_v2(connection_->handle(), "main", SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied);
      if (code != SQLITE_OK || in_log != copied) { return; }
      log_.set_pages(0);
      was_held_up_ = false;
      due_at_ = pages_between;
      // A reader that has begun before can keep the next write from starting the log anew.
      if (!has_unwanted()) { log_.let_go(); }
    } catch (...) {
      // No connection, or no memory: tried again later.
      connection_.reset();
    }
  }

 private:
  static constexpr std::int64_t pages_between = 1000;

  [[nodiscard]] bool has_unwanted() const noexcept {
    if (!unwanted_) { return false; }
    const std::optional<connection::LogHeader> log = connection::LogHeader::read(writer_);
    return log && log->salt == unwanted_->salt;
  }

  [[nodiscard]] std::unique_ptr<connection::Connection> open() const {
    auto opened = std::make_unique<connection::Connection>(config_, connection::Access::read_write, files_);
    // A connection knows of the log only after it has read.
    static_cast<void>(opened->read_integer("SELECT count(*) FROM sqlite_schema"));
    return opened;
  }

  const Config& config_;
  const connection::FilePresence& files_;
  sqlite3* writer_;
  LogSize& log_;
  std::int64_t due_at_ = pages_between;
  bool was_held_up_ = false;                            ///< the last checkpoint has not copied all
  std::optional<connection::LogHeader> unwanted_{};     ///< the log that has what was erased, until it starts anew
  std::unique_ptr<connection::Connection> connection_;  ///< opened when it is first needed
};

}  // namespace heddle::sqlite::transaction
