// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/detail/files/open_databases.hpp"
#include "heddle/migrations/files.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/sqlite/backup.hpp"
#include "heddle/sqlite/check_encryption.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/database_file.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"
#include "heddle/sqlite/schema.hpp"
#include "heddle/sqlite/transaction/readers.hpp"
#include "heddle/sqlite/transaction/writer.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sqlite {

/// One open database: who writes, who reads, who waits for whom. Safe to use from many threads.
class Engine {
 public:
  /// Opens the file or makes it. Throws `failed_precondition` for a database that is not Heddle's, and leaves it as it
  /// is.
  explicit Engine(Config config) : config_(checked(std::move(config))) {
    if (!in_memory()) { files_.emplace(config_.path); }
    writer_.emplace(config_);
    if (files_) { files_->opened(); }
    claim();
    if (!in_memory()) { readers_.emplace(config_); }
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  ~Engine() = default;

  /// Runs `work` in a transaction and commits it; see Writer.
  template <class Work>
  auto write(const Call& call, Work& work) {
    return writer_->write(call, work);
  }

  /// Runs `work` on one state of the database; see Readers. An in-memory database has one connection for all.
  template <class Work>
  auto read(const Call& call, Work& work) {
    return readers_ ? readers_->read(call, work) : writer_->write(call, work);
  }

  /// Throws unless the database answers.
  void ping(const Call& call) {
    const sql::Statement<std::int64_t>& probe = ping_statement();
    auto work = [&](transaction::Transaction& transaction) { return transaction.one(probe); };
    static_cast<void>(read(call, work));
  }

  /// The part of SQLite in migrating, for the time of a call.
  [[nodiscard]] Schema schema(const Call& call) { return {*writer_, call}; }

  /// The steps of the schema.
  [[nodiscard]] std::vector<Migration> migrations() const {
    return config_.migration_directory.empty() ? migrations::load_migrations(embedded_migrations)
                                               : migrations::load_migrations(config_.migration_directory);
  }

  /// The state of the pool: SQLite has none.
  [[nodiscard]] std::optional<PoolStatistics> pool_statistics() const { return std::nullopt; }

  /// Copies the database as it is at one moment into a new file; see `Backend::back_up`. A file is read on a connection
  /// of its own, so that others go on writing.
  void back_up(const Call& call, const std::filesystem::path& target) {
    if (in_memory()) {
      writer_->exclusively(call, [&](connection::Connection& source) { copy_database(source, target, call.context); });
      return;
    }
    connection::Connection source(config_, connection::Access::read_only);
    // The first read of a transaction fixes the state that all of it sees.
    transaction::execute(source, sql::statements<transaction::ControlStatements>().begin_read);
    static_cast<void>(source.integer("SELECT count(*) FROM sqlite_schema"));
    copy_database(source, target, call.context);
  }

  /// Lends the connection that writes while nobody else uses it; see Writer.
  template <class Use>
  auto exclusively(const Call& call, Use&& use) {
    return writer_->exclusively(call, std::forward<Use>(use));
  }

  /// Closes all connections. No call may be under way.
  void close() noexcept {
    readers_.reset();
    writer_.reset();
    files_.reset();
  }

  [[nodiscard]] std::string_view default_user_id() const noexcept { return config_.default_user_id; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const noexcept { return config_.artifact_directory; }

 private:
  static const sql::Statement<std::int64_t>& ping_statement() {
    static const sql::Statement<std::int64_t> statement{"SELECT count(*) FROM sqlite_schema"};
    return statement;
  }

  [[nodiscard]] bool in_memory() const noexcept { return config_.path == ":memory:"; }

  static void check_bounds(Config& config) {
    const auto refuse = [](const char* why) { throw Error(ErrorCode::invalid_argument, why); };
    if (config.readers < 1 || config.readers > 1000) { refuse("the number of readers is not between 1 and 1000"); }
    if (config.cache_kib < 1 || config.cache_kib > std::numeric_limits<std::int32_t>::max()) {
      refuse("the size of the cache is out of range");
    }
    if (config.mmap_bytes < 0) { refuse("the size of the mapping is negative"); }
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24);
    config.busy_timeout = std::clamp(config.busy_timeout, std::chrono::milliseconds(0), longest);
  }

  static Config checked(Config config) {
    if (config.path.empty()) { throw Error(ErrorCode::invalid_argument, "the configuration names no database file"); }
    check_bounds(config);
    check_encryption(config);
    using heddle::detail::files::absolute_path;
    // Connections are opened later too, when the process may work in another folder; and SQLite reads a path that
    // starts with `file:` as a URI.
    if (config.path != ":memory:") { config.path = absolute_path(config.path).string(); }
    if (!config.artifact_directory.empty()) { config.artifact_directory = absolute_path(config.artifact_directory); }
    if (!config.migration_directory.empty()) { config.migration_directory = absolute_path(config.migration_directory); }
    check_path(config.path);
    check_ownership(config.path);
    if (config.artifact_directory.empty() && config.path != ":memory:") {
      // Named after the file: two databases in one folder must not remove each other's files.
      config.artifact_directory = config.path + "-artifacts";
    }
    return config;
  }

  /// Marks a new file as ours while it still has a rollback journal, so that the mark stands in the first page from the
  /// first moment on; then turns to the write-ahead log.
  void claim() {
    const Context context;
    writer_->exclusively(Call{context, {}, Operation::open}, [this](connection::Connection& connection) {
      if (connection.integer("PRAGMA application_id") != application_id) {
        transaction::execute(connection, sql::statements<transaction::ControlStatements>().begin_write);
        if (connection.integer("SELECT count(*) FROM sqlite_schema") != 0 &&
            connection.integer("PRAGMA application_id") != application_id) {
          transaction::roll_back(connection);
          throw Error(ErrorCode::failed_precondition, "this SQLite database belongs to another application");
        }
        connection.execute("PRAGMA application_id = " + std::to_string(application_id));
        transaction::execute(connection, sql::statements<transaction::ControlStatements>().commit);
      }
      set_journal_mode(connection);
      connection.map_file(config_);
    });
  }

  /// The mode is a property of the file; setting what it has already costs nothing. Changing it, SQLite does not wait
  /// for a process that is about to do the same: it has a shared lock by then, and fails at once.
  void set_journal_mode(connection::Connection& connection) const {
    const auto give_up = Context::Clock::now() + config_.busy_timeout;
    for (;;) {
      try {
        return connection.execute(config_.wal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = DELETE");
      } catch (const connection::SqliteError& error) {
        if (error.primary_code() != SQLITE_BUSY || Context::Clock::now() >= give_up) { throw; }
        sqlite3_sleep(1);
      }
    }
  }

  Config config_;
  std::optional<heddle::detail::files::OpenDatabases::Database> files_;  ///< longer than all connections
  std::optional<transaction::Writer> writer_;
  std::optional<transaction::Readers> readers_;
};

}  // namespace heddle::sqlite
