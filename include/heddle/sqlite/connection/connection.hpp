// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/error_mapping.hpp"
#include "heddle/sqlite/connection/interrupt.hpp"
#include "heddle/sqlite/connection/prepared.hpp"
#include "heddle/sqlite/search/search_rank.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace heddle::sqlite::connection {

/// Runs a piece of work on SQLiteCpp and turns its exceptions into ours.
template <class Work>
decltype(auto) translated(const char* doing, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const SQLite::Exception& e) {
    throw make_error(e.getExtendedErrorCode() == -1 ? e.getErrorCode() : e.getExtendedErrorCode(), doing);
  }
}

enum class Access { read_write, read_only };

/// One connection with its settings and the statements that it keeps prepared. Used by one thread at a time.
class Connection {
 public:
  Connection(const Config& config, Access access)
      : database_(translated("opening the database", [&] { return SQLite::Database(config.path, flags(access)); })),
        interrupt_(database_.getHandle(), config.busy_timeout) {
    sqlite3_extended_result_codes(handle(), 1);
    search::add_search_rank(handle());
    // Foreign keys and limits are settings of a connection, not of the file: each connection needs them.
    execute("PRAGMA foreign_keys = ON");
    execute("PRAGMA temp_store = MEMORY");
    execute("PRAGMA cache_size = -" + std::to_string(config.cache_kib));
    if (access == Access::read_only) { map_file(config); }
    if (access == Access::read_write) {
      execute(config.durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    }
  }

  /// Maps the file into memory. Not before it is a database: to map it, SQLite fills a new file with zeros first, and a
  /// process that is killed then would leave a file that nobody recognises.
  void map_file(const Config& config) { execute("PRAGMA mmap_size = " + std::to_string(config.mmap_bytes)); }

  [[nodiscard]] sqlite3* handle() const noexcept { return database_.getHandle(); }
  [[nodiscard]] SQLite::Database& database() noexcept { return database_; }
  [[nodiscard]] Interrupt& interrupt() noexcept { return interrupt_; }

  /// Runs SQL text of ours that answers nothing: settings and migrations.
  void execute(const std::string& text) {
    translated("running a script", [&] { database_.exec(text); });
  }

  /// The single integer that SQL text of ours answers.
  [[nodiscard]] std::int64_t integer(const std::string& text) {
    return translated("reading a setting", [&] { return database_.execAndGet(text).getInt64(); });
  }

  /// Takes note of an error on this connection, for `recover`.
  void note(const SqliteError& error) noexcept {
    const int code = error.primary_code();
    if (code == SQLITE_IOERR || code == SQLITE_FULL || code == SQLITE_NOMEM || code == SQLITE_CORRUPT) { hurt_ = true; }
  }

  /// Makes SQLite forget what it keeps in memory of the tables, if the disk or the memory has failed since the last
  /// time. FTS5 (seen in 3.40) can keep counts of a transaction that such a failure has cost it, would write them with
  /// the next one, and later take its own index for damaged. Outside of a transaction only.
  void recover() {
    if (!hurt_) { return; }
    execute("PRAGMA writable_schema = RESET");
    hurt_ = false;
  }

  /// True between BEGIN and the end of its transaction.
  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle()) == 0; }

  /// Calls `use` with the statement, prepared at its first use and kept. If it is running already, further up this
  /// thread's stack, `use` gets one of its own.
  template <class Row, class... Arguments, class Use>
  decltype(auto) with(const sql::Statement<Row, Arguments...>& statement, Use&& use) {
    if (kept_.size() <= statement.number()) { kept_.resize(statement.number() + 1); }
    auto& slot = kept_[statement.number()];
    if (!slot) { slot = std::make_unique<Prepared>(handle(), statement.text()); }
    if (slot->busy()) {
      Prepared own(handle(), statement.text());
      return use(own);
    }
    Prepared& prepared = *slot;
    const ResetAtEnd reset{prepared};
    return use(prepared);
  }

 private:
  struct ResetAtEnd {
    Prepared& prepared;
    explicit ResetAtEnd(Prepared& used) : prepared(used) {}
    ResetAtEnd(const ResetAtEnd&) = delete;
    ResetAtEnd& operator=(const ResetAtEnd&) = delete;
    ResetAtEnd(ResetAtEnd&&) = delete;
    ResetAtEnd& operator=(ResetAtEnd&&) = delete;
    ~ResetAtEnd() { prepared.reset(); }
  };

  static int flags(Access access) noexcept {
    // The engine never uses one connection from two threads at once.
    return SQLITE_OPEN_NOMUTEX |
           (access == Access::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  }

  SQLite::Database database_;
  Interrupt interrupt_;
  bool hurt_ = false;
  // Destroyed before the connection that they belong to.
  std::vector<std::unique_ptr<Prepared>> kept_;
};

}  // namespace heddle::sqlite::connection
