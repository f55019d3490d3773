// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"
#include "heddle/sqlite/connection/file_errors.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/connection/guarded_close.hpp"
#include "heddle/sqlite/connection/interrupt.hpp"
#include "heddle/sqlite/connection/mapped_file.hpp"
#include "heddle/sqlite/connection/prepared.hpp"
#include "heddle/sqlite/search/row_changes.hpp"
#include "heddle/sqlite/search/search_rank.hpp"
#include "heddle/sqlite/search/word_functions.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace heddle::sqlite::connection {

/// Returns the SqliteError for an exception of SQLiteCpp. `connection` is null if there is none yet.
[[nodiscard]] inline SqliteError translate(const SQLite::Exception& error, const char* doing, sqlite3* connection,
                                           const std::string& path) {
  const int code = error.getExtendedErrorCode() == -1 ? error.getErrorCode() : error.getExtendedErrorCode();
  return make_file_error(code, connection == nullptr ? 0 : system_error_of(connection, code), doing, path);
}

enum class Access { read_write, read_only };

/// One connection to a database, with its settings and its prepared statements. One thread at a time.
class Connection {
 public:
  /// `files` must outlive the connection. Throws `failed_precondition` if they are no longer in place.
  Connection(const Config& config, Access access, const FilePresence& files)
      : path_(config.path),
        page_bytes_(config.page_bytes),
        is_secure_(config.secure_delete),
        files_(files),
        database_(open(config, access, files)),
        interrupt_(database_.getHandle(), config.busy_timeout) {
    GuardedClose::install(handle());
    require_files();
    sqlite3_extended_result_codes(handle(), 1);
    search::add_search_rank(handle());
    search::add_word_functions(handle());
    // These are settings of a connection, not of the file.
    execute("PRAGMA foreign_keys = ON");
    execute("PRAGMA temp_store = MEMORY");
    execute("PRAGMA cache_size = -" + std::to_string(config.cache_kib));
    if (access == Access::read_only) { map_file(config); }
    if (access == Access::read_write) {
      // The log is cut to this size when it starts anew: a slow reader can have made it long, and it contains what was
      // deleted.
      execute(config.secure_delete ? erasing : usual_log);
      deletes_ = read_integer("PRAGMA secure_delete");
      row_changes_.watch(handle(), config.secure_delete);
      execute(config.durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    }
  }

  /// Maps the file into memory. Precondition: it is a database already. SQLite fills a new file with zeros in order to
  /// map it, and a process that is killed then would leave a file that is not a database.
  void map_file(const Config& config) {
    execute("PRAGMA mmap_size = " + std::to_string(config.mmap_bytes));
    expect_random_reads(handle());
  }

  [[nodiscard]] sqlite3* handle() const noexcept { return database_.getHandle(); }
  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
  [[nodiscard]] Interrupt& interrupt() noexcept { return interrupt_; }
  /// See Config.
  [[nodiscard]] std::int64_t page_bytes() const noexcept { return page_bytes_; }

  /// What was done to rows that are searched.
  [[nodiscard]] search::RowChanges& row_changes() noexcept { return row_changes_; }

  /// Runs SQL that returns no rows, such as settings and migrations. Not for SQL of users.
  void execute(const std::string& text) {
    try {
      database_.exec(text);
    } catch (const SQLite::Exception& error) { throw translate(error, "running a script", handle(), path_); }
  }

  /// Returns the integer in the first row of a query. Not for SQL of users.
  [[nodiscard]] std::int64_t read_integer(const std::string& text) {
    try {
      return database_.execAndGet(text).getInt64();
    } catch (const SQLite::Exception& error) { throw translate(error, "reading a setting", handle(), path_); }
  }

  /// From now on until `end_erasing`, what is deleted or replaced is overwritten in the pages of the file.
  void begin_erasing() {
    if (is_erasing_) { return; }
    if (!is_secure_) { execute(erasing); }
    is_erasing_ = true;
  }
  /// To be called after the commit; returns true if it erased anything. Does not fail, as the commit has happened: at
  /// worst the next transaction erases, too.
  bool end_erasing() noexcept {
    if (!is_erasing_) { return false; }
    const auto set = [this](const char* pragma) {
      return is_secure_ || sqlite3_exec(handle(), pragma, nullptr, nullptr, nullptr) == SQLITE_OK;
    };
    // The default of SQLite's library can be any of the three.
    const bool is_set =
        deletes_ == 1 || set(deletes_ == 0 ? "PRAGMA secure_delete = OFF" : "PRAGMA secure_delete = FAST");
    is_erasing_ = !set(usual_log) || !is_set;
    return true;
  }

  /// Removes the words that were deleted since the last call from the full-text indexes, if the configuration asks for
  /// that; returns true if there were any. To be called in a transaction, before its commit.
  bool erase_deleted_words() {
    search::DeletedWords& deleted = row_changes_.deleted_words();
    if (!deleted.any()) { return false; }
    const std::string sql = deleted.sql();
    // Merging deletes rows of FTS5's own tables, but none that stands for a text.
    deleted.forget();
    execute(sql);
    return true;
  }

  /// Throws `failed_precondition` if the files of the database were removed or replaced since the backend was opened.
  void require_files() const { files_.check(); }

  /// Remembers an error of this connection for `recover`.
  void note(const SqliteError& error) noexcept {
    const int code = error.primary_code();
    if (code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_NOMEM || code == SQLITE_CORRUPT) {
      must_recover_ = true;
    }
  }

  /// Makes SQLite drop what it caches of the tables if the disk or the memory has failed since the last call.
  /// Precondition: no transaction is open. After such a failure FTS5 (seen in 3.40) can keep the counts of the
  /// transaction that was lost, would write them with the next transaction, and would later report its own index as
  /// damaged.
  void recover() {
    if (!must_recover_) { return; }
    execute("PRAGMA writable_schema = RESET");
    must_recover_ = false;
  }

  /// True outside of a transaction: the connection can be used for another call.
  [[nodiscard]] bool is_clean() const noexcept { return !in_transaction(); }

  /// True between BEGIN and the end of its transaction.
  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }

 private:
  friend class Running;

  /// The kept statements by number. Not a vector of unique_ptr, of which every file that includes a backend would
  /// compile a hundred functions.
  class Statements {
   public:
    Statements() = default;
    Statements(const Statements&) = delete;
    Statements& operator=(const Statements&) = delete;
    Statements(Statements&&) = delete;
    Statements& operator=(Statements&&) = delete;
    ~Statements() {
      for (std::size_t number = 0; number < size_; ++number) { delete all_[number]; }
      delete[] all_;
    }

    /// Returns the kept statement; null before its first use.
    [[nodiscard]] Prepared*& at(std::size_t number) {
      if (number >= size_) { grow(2 * number + 16); }
      return all_[number];
    }

   private:
    void grow(std::size_t size) {
      auto** const grown = new Prepared* [size] {};
      for (std::size_t number = 0; number < size_; ++number) { grown[number] = all_[number]; }
      delete[] all_;
      all_ = grown;
      size_ = size;
    }

    Prepared** all_ = nullptr;
    std::size_t size_ = 0;
  };

  static SQLite::Database open(const Config& config, Access access, const FilePresence& files) {
    // Before, because a file that is gone would be made anew; and after, because it can be replaced in between.
    files.check();
    try {
      // SQLite does not even look for a log then.
      return config.immutable
                 ? SQLite::Database("file:" + heddle::detail::files::percent_encode(config.path) + "?immutable=1",
                                    flags(access) | SQLITE_OPEN_URI)
                 : SQLite::Database(config.path, flags(access));
    } catch (const SQLite::Exception& error) { throw translate(error, "opening the database", nullptr, config.path); }
  }

  static int flags(Access access) noexcept {
    // A connection is used by one thread at a time.
    return SQLITE_OPEN_NOMUTEX |
           (access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  }

  // The log is cut to its limit when it starts anew.
  static constexpr const char* erasing = "PRAGMA journal_size_limit = 0; PRAGMA secure_delete = ON";
  static constexpr const char* usual_log = "PRAGMA journal_size_limit = 16777216";

  std::string path_;
  std::int64_t page_bytes_;
  bool is_secure_;            ///< always erasing
  std::int64_t deletes_ = 0;  ///< `PRAGMA secure_delete` where nothing is erased
  bool is_erasing_ = false;   ///< until `end_erasing`
  const FilePresence& files_;
  search::RowChanges row_changes_;
  SQLite::Database database_;
  Interrupt interrupt_;
  bool must_recover_ = false;
  // The last member: statements must be destroyed before their connection.
  Statements statements_{};
};

/// A prepared statement for the time of one run. It is prepared at its first use and kept by its connection. If it is
/// running already, further up this thread's stack, another one is prepared for this run. Not a function that takes the
/// run as a lambda: each statement would need one, which costs the compiler much.
class Running {
 public:
  Running(Connection& connection, const sql::StatementText& statement) {
    Prepared*& kept = connection.statements_.at(statement.number());
    if (kept == nullptr) { kept = new Prepared(connection.handle(), statement.text()); }
    if (kept->is_running()) { another_ = new Prepared(connection.handle(), statement.text()); }
    prepared_ = another_ != nullptr ? another_ : kept;
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
  Running(Running&&) = delete;
  Running& operator=(Running&&) = delete;
  ~Running() {
    prepared_->reset();
    delete another_;
  }

  [[nodiscard]] Prepared& operator*() const noexcept { return *prepared_; }
  [[nodiscard]] Prepared* operator->() const noexcept { return prepared_; }

 private:
  Prepared* another_ = nullptr;
  Prepared* prepared_;
};

}  // namespace heddle::sqlite::connection
