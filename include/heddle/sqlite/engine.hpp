// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/files/open_databases.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/files.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/check_config.hpp"
#include "heddle/sqlite/compactor.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/connection/file_presence.hpp"
#include "heddle/sqlite/embedded_migrations.hpp"
#include "heddle/sqlite/file/backup.hpp"
#include "heddle/sqlite/file/claim.hpp"
#include "heddle/sqlite/file/ownership.hpp"
#include "heddle/sqlite/file/private_file.hpp"
#include "heddle/sqlite/indexing/search_parts.hpp"
#include "heddle/sqlite/migrations/schema.hpp"
#include "heddle/sqlite/scrubber.hpp"
#include "heddle/sqlite/statements/control.hpp"
#include "heddle/sqlite/transaction/control.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"
#include "heddle/sqlite/transaction/readers.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"
#include "heddle/sqlite/transaction/writer.hpp"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::sqlite {

/// One open database: one connection that writes, several that read. Safe to use from many threads. A template only so
/// that a file compiles no more than the functions that it uses; see `Engine` in `sqlite/policy.hpp`.
template <class Settings>
class BasicEngine {
 public:
  /// Opens the file, or makes it unless it is to be read only. Throws `failed_precondition` for a database that is not
  /// Heddle's, and does not change it; and what `validate` throws.
  explicit BasicEngine(Settings config) : config_(validate(std::move(config))) {
    if (is_in_memory(config_.path)) {
      open_writer(nullptr);
      return;
    }
    file::check_single_name(config_.path);
    file::check_ownership(config_.path);
    open_file_.open(config_.path);
    if (config_.read_only) {
      open_reader();
    } else {
      const file::PrivateFile private_file(config_.path);
      open_writer(&private_file);
    }
    open_file_.update();
    readers_.emplace(config_, files_, log_);
  }
  BasicEngine(const BasicEngine&) = delete;
  BasicEngine& operator=(const BasicEngine&) = delete;
  BasicEngine(BasicEngine&&) = delete;
  BasicEngine& operator=(BasicEngine&&) = delete;
  ~BasicEngine() = default;

  /// Runs `work` in a transaction and commits it; see Writer.
  template <class Work>
  auto write(const Call& call, Work& work) {
    require_writable();
    return writer_->write(call, work);
  }

  void require_writable() const { sqlite::require_writable(config_); }

  /// Runs `work` on one state of the database; see Readers. An in-memory database has one connection only.
  template <class Work>
  auto read(const Call& call, Work& work) {
    return readers_ ? readers_->read(call, work) : writer_->write(call, work);
  }

  /// Puts messages of the tenant into the full-text index if many of them wait; see Writer.
  void catch_up(const Call& call) { writer_->catch_up(call); }

  /// Runs `work` for no tenant, in a transaction like `write`. Throws `failed_precondition` without
  /// `administer_tenants`.
  template <class Work>
  auto administer(const Call& call, Work& work) {
    require_admin(config_);
    return write(call, work);
  }

  /// The same for work that only reads, like `read`.
  template <class Work>
  auto oversee(const Call& call, Work& work) {
    require_admin(config_);
    return read(call, work);
  }

  /// Statements name their tenant, and nothing else keeps them from the rows of others.
  static constexpr bool reaches_all_tenants = true;

  /// Returns true with `administer_tenants`.
  [[nodiscard]] bool can_administer() const noexcept { return config_.administer_tenants; }

  /// Returns true with `soft_delete.enabled`.
  [[nodiscard]] bool can_soft_delete() const noexcept { return config_.soft_delete.enabled; }

  /// Reads from the database. Throws if that fails.
  void ping(const Call& call) {
    static const sql::Statement<std::int64_t> probe{"SELECT count(*) FROM sqlite_schema"};
    auto work = [](transaction::Transaction& transaction) { return transaction.one(probe); };
    static_cast<void>(read(call, work));
  }

  /// Returns the migration table and its lock, for the time of a call.
  [[nodiscard]] migrations::Schema<transaction::Writer> schema(const Call& call) { return {*writer_, call}; }

  /// Returns the migrations of the schema, in order.
  [[nodiscard]] std::vector<Migration> migrations() const {
    // Migrations put the words of artifacts into their index.
    indexing::SearchParts<connection::Connection>::compile();
    return config_.migration_directory.empty() ? heddle::migrations::load_migrations(embedded_migrations)
                                               : heddle::migrations::load_migrations(config_.migration_directory);
  }

  /// Returns nothing: the connections for reading are not reported as a pool.
  [[nodiscard]] std::optional<PoolStatistics> pool_statistics() const { return std::nullopt; }

  /// Adds what the engine has counted, and its state, to the metrics. Asks no database.
  void report(auto& metrics) {
    writer_->report(metrics);
    if (!readers_) { return; }
    metrics.pools.push_back({"readers", readers_->statistics()});
    const auto size_of = [](const std::filesystem::path& path) -> std::optional<std::int64_t> {
      std::error_code unknown;
      const auto size = std::filesystem::file_size(path, unknown);
      return unknown ? std::nullopt : std::optional(static_cast<std::int64_t>(size));
    };
    metrics.database_bytes = size_of(config_.path);
    metrics.log_bytes = size_of(config_.path + "-wal");
  }

  /// Copies one state of the database into a new file; see `Backend::back_up`. `report(bytes, total_bytes)` is told
  /// how far it has come.
  void back_up(const Call& call, const std::filesystem::path& target, auto&& report) {
    if (is_in_memory(config_.path)) {
      writer_->exclusively(
          call, [&](connection::Connection& source) { file::copy_database(source, target, call.context, report); });
      return;
    }
    connection::Connection source(config_, connection::Access::read_only, files_);
    transaction::execute(source, sql::statements<ControlStatements>().begin_read);  // the first read fixes the state
    static_cast<void>(source.read_integer("SELECT count(*) FROM sqlite_schema"));
    file::copy_database(source, target, call.context, report);
  }
  /// The same without a report.
  void back_up(const Call& call, const std::filesystem::path& target) {
    back_up(call, target, [](std::int64_t /*bytes*/, std::int64_t /*total_bytes*/) {});
  }

  /// See Scrubs.
  [[nodiscard]] ScrubReport scrub(const Call& call) {
    indexing::SearchParts<connection::Connection>::compile();
    return Scrubber(*writer_, call).scrub();
  }

  /// See Compacts.
  [[nodiscard]] CompactReport compact(const Call& call, const CompactOptions& options) {
    return Compactor(*writer_, log_, config_, call).compact(options);
  }

  /// Returns what is left to do behind the calls; nothing before the first migration.
  [[nodiscard]] std::optional<OwedWork> owed(const Call& call) {
    std::optional<OwedWork> owed = Scrubber(*writer_, call).owed();
    if (owed) { owed->log_is_held = log_.is_held(); }
    return owed;
  }

  /// Makes the words of a former analysis anew, those of all tenants; returns how many texts of this one it did. See
  /// IndexesAnew.
  [[nodiscard]] std::int64_t reindex(const Call& call) {
    indexing::SearchParts<connection::Connection>::compile();
    return Scrubber(*writer_, call).reindex(call.user_id);
  }
  /// The same; returns how many it did of all tenants. Throws `failed_precondition` without `administer_tenants`.
  [[nodiscard]] std::int64_t reindex_all(const Call& call) {
    require_admin(config_);
    indexing::SearchParts<connection::Connection>::compile();
    return Scrubber(*writer_, call).reindex({});
  }

  /// Calls `use` with the connection that writes, while no other call uses it; see Writer.
  template <class Use>
  auto exclusively(const Call& call, Use&& use) {
    return writer_->exclusively(call, std::forward<Use>(use));
  }

  /// Closes all connections. Precondition: no call is under way.
  void close() noexcept {
    readers_.reset();
    writer_.reset();
    open_file_.close();
  }

  [[nodiscard]] std::string_view default_user_id() const noexcept { return config_.default_user_id; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const noexcept { return config_.artifact_directory; }

 private:
  /// A part that is closed before the engine is destroyed, and that not every database has. Not std::optional, which
  /// costs every file that includes a backend much.
  template <class T>
  class Part {
   public:
    Part() = default;
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    Part(Part&&) = delete;
    Part& operator=(Part&&) = delete;
    ~Part() { reset(); }

    void emplace(const Settings& config, const connection::FilePresence& files, transaction::LogSize& log) {
      reset();
      object_ = new T(config, files, log);
    }
    void reset() noexcept {
      delete object_;
      object_ = nullptr;
    }
    [[nodiscard]] explicit operator bool() const noexcept { return object_ != nullptr; }
    [[nodiscard]] T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() const noexcept { return object_; }

   private:
    T* object_ = nullptr;
  };

  /// Opens the connection that writes as one that reads.
  void open_reader() {
    file::open_for_reading(config_.path, [this] {
      writer_.emplace(config_, files_, log_);
      const Context context;
      writer_->exclusively(Call{context, {}, Operation::open}, [this](connection::Connection& connection) {
        config_.wal = file::has_log(connection) || config_.immutable;
        files_.remember(connection.handle());
      });
    });
  }

  /// `new_file` is null for a database in memory.
  void open_writer(const file::PrivateFile* new_file) {
    const auto deadline = Context::Clock::now() + config_.busy_timeout;
    while (!try_to_open_writer(new_file)) {
      writer_.reset();
      if (Context::Clock::now() >= deadline) {
        throw Error(ErrorCode::unavailable,
                    "the journal mode of the database cannot be changed while others have it open (setting `wal`): " +
                        config_.path);
      }
      // By chance, so that one of several that open it at once is alone at some time.
      unsigned char chance = 0;
      sqlite3_randomness(1, &chance);
      sqlite3_sleep(1 + chance % 32);
    }
  }

  /// Returns false if the journal mode cannot be set now.
  bool try_to_open_writer(const file::PrivateFile* new_file) {
    writer_.emplace(config_, files_, log_);
    if (new_file != nullptr) { new_file->restrict_mode(); }
    const Context context;
    return writer_->exclusively(Call{context, {}, Operation::open}, [this](connection::Connection& connection) {
      file::claim(connection, config_);
      if (!file::set_journal_mode(connection, config_)) { return false; }
      connection.map_file(config_);
      // The log is opened by the first read.
      static_cast<void>(connection.read_integer("SELECT count(*) FROM sqlite_schema"));
      files_.remember(connection.handle());
      return true;
    });
  }

  Settings config_;
  detail::files::OpenDatabases::Database open_file_;  ///< must outlive all connections
  connection::FilePresence files_;
  transaction::LogSize log_;
  Part<transaction::Writer> writer_;
  Part<transaction::Readers<connection::Connection>> readers_;
};

}  // namespace heddle::sqlite
