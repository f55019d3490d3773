// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/files.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/check_config.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/postgres/embedded_migrations.hpp"
#include "heddle/postgres/executor.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "heddle/postgres/libpq/listener.hpp"
#include "heddle/postgres/libpq/search_path.hpp"
#include "heddle/postgres/migrations/schema.hpp"
#include "heddle/postgres/statements/announcements.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/transaction.hpp"
#include "heddle/sql/statement.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres {

/// One PostgreSQL database, with its connections. Safe to use from many threads.
class Engine {
 public:
  /// Connects once. Throws `invalid_argument` for an invalid setting; `unavailable` if the server cannot be reached;
  /// `permission_denied` if it rejects the role, or if row security does not hold for it; `failed_precondition` if the
  /// server is too old or the database does not exist; `resource_exhausted` if the server or the system is out of a
  /// resource; and what `Context::check` throws. `context` is used only by the constructor.
  explicit Engine(Config config, const Context& context = {})
      : config_(validate(std::move(config))),
        executor_(target(config_.dsn, config_.allow_role_without_row_security), config_.pool),
        listener_(config_.dsn, channel) {
    if (!config_.admin_dsn.empty()) { admin_executor_.emplace(target(config_.admin_dsn, true), admin_pool_config()); }
    connect(context);
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  ~Engine() = default;

  /// Runs `work` in a read-only transaction on one snapshot of the database.
  template <class Work>
  auto read(const Call& call, Work& work) {
    return executor_.run(call, work, transaction::Mode::read);
  }

  /// Runs `work` in a transaction and commits it. Runs it again after a conflict with another transaction.
  template <class Work>
  auto write(const Call& call, Work& work) {
    require_writable();
    return executor_.run(call, work, transaction::Mode::write);
  }

  /// Runs `work` as the role that sees all tenants. Throws `failed_precondition` without an `admin_dsn`.
  template <class Work>
  auto administer(const Call& call, Work& work) {
    require_writable();
    return administer_in(transaction::Mode::write, call, work);
  }

  /// The same for work that only reads.
  template <class Work>
  auto oversee(const Call& call, Work& work) {
    return administer_in(config_.read_only ? transaction::Mode::read : transaction::Mode::write, call, work);
  }

  /// Throws `failed_precondition` with `read_only`.
  void require_writable() const { postgres::require_writable(config_); }

  /// Returns true if there is an `admin_dsn`.
  [[nodiscard]] bool can_administer() const noexcept { return admin_executor_.has_value(); }

  /// Makes a round trip. Throws `unavailable` if the server does not respond or takes no connection, and what
  /// `Context::check` throws.
  void ping(const Call& call) {
    try {
      executor_.ping(call.context);
    } catch (const Error& error) {
      // `failed_precondition` says that only a restart of this process helps. What a server or a pooler refuses passes,
      // and would be refused to a new process, too.
      if (error.code() != ErrorCode::failed_precondition) { throw; }
      throw Error(ErrorCode::unavailable, error.what(), error.native_code());
    }
  }

  /// Returns the migration table and its lock, for the time of a call. Throws `failed_precondition` if the role that
  /// migrates connects to another database than the role that serves.
  [[nodiscard]] migrations::Schema schema(const Call& call) {
    // The role that serves may read the table.
    const std::string& dsn = config_.read_only                ? config_.dsn
                             : !config_.migration_dsn.empty() ? config_.migration_dsn
                             : !config_.admin_dsn.empty()     ? config_.admin_dsn
                                                              : config_.dsn;
    // The role that creates tables owns them, and row security does not hold for an owner.
    const bool would_own = dsn == config_.dsn && !config_.allow_role_without_row_security;
    migrations::Schema schema(dsn, config_.schema, call, would_own);
    if (dsn != config_.dsn) { require_same_database(schema, call); }
    return schema;
  }

  /// Returns the version of the schema; 0 before the first migration. Uses a pooled connection, as it may be called
  /// often.
  [[nodiscard]] std::int32_t schema_version(const Call& call) {
    auto work = [](transaction::Transaction& transaction) {
      return transaction.one(sql::statements<ControlStatements>().schema_version);
    };
    try {
      return static_cast<std::int32_t>(read(call, work).value_or(0));
    } catch (const Error& error) {
      if (error.native_code() != libpq::sqlstate::undefined_table) { throw; }
      return 0;
    }
  }

  /// Returns the migrations of the schema, in order.
  [[nodiscard]] std::vector<Migration> migrations() const {
    return config_.migration_directory.empty() ? heddle::migrations::load_migrations(embedded_migrations)
                                               : heddle::migrations::load_migrations(config_.migration_directory);
  }

  [[nodiscard]] std::optional<PoolStatistics> pool_statistics() const { return executor_.statistics(); }

  /// Adds what the engine has counted, and its state, to the metrics. Asks no database.
  void report(auto& metrics) const {
    executor_.report(metrics, "serving");
    if (admin_executor_) { admin_executor_->report(metrics, "administration"); }
  }

  /// Calls `on_change` with each topic that a process announces; see Listener::start. Does nothing with
  /// `named_statements` off: behind such a pooler no announcement arrives.
  void listen(libpq::Listener::Callback on_change) {
    if (config_.named_statements) { listener_.start(std::move(on_change)); }
  }
  [[nodiscard]] bool is_listening() const noexcept { return listener_.is_listening(); }

  /// Closes all connections. Precondition: no call is under way.
  void close() noexcept {
    listener_.stop();
    executor_.close();
    if (admin_executor_) { admin_executor_->close(); }
  }

  [[nodiscard]] std::string_view default_user_id() const noexcept { return config_.default_user_id; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const noexcept { return config_.artifact_directory; }

 private:
  static Config validate(Config config) {
    check(config);
    libpq::check_dsn("dsn", config.dsn);
    libpq::check_dsn("admin_dsn", config.admin_dsn);
    libpq::check_dsn("migration_dsn", config.migration_dsn);
    return config;
  }

  [[nodiscard]] Executor::Target target(const std::string& dsn, bool any_role) const {
    return {dsn, libpq::search_path(config_.schema), config_.named_statements, config_.page_bytes, any_role};
  }

  /// Administration is rare: a few connections, and none that is kept open for it.
  [[nodiscard]] PoolConfig admin_pool_config() const {
    constexpr int enough = 4;
    PoolConfig config = config_.pool;
    config.max_connections = std::min(config.max_connections, enough);
    config.min_connections = 0;
    return config;
  }

  template <class Work>
  auto administer_in(transaction::Mode mode, const Call& call, Work& work) {
    require_admin(config_);
    return admin_executor_->run(call, work, mode);
  }

  void connect(const Context& context) {
    try {
      // A server may accept the connection and never respond.
      executor_.connect(context.with_timeout(config_.open_timeout));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::deadline_exceeded) { throw; }
      context.check();
      throw Error(ErrorCode::unavailable, std::string("opening took longer than open_timeout: ") + error.what());
    }
  }

  void require_same_database(migrations::Schema& schema, const Call& call) {
    const std::string there = schema.place();
    if (there.empty()) { return; }
    auto work = [](transaction::Transaction& transaction) {
      return transaction.one(sql::statements<ControlStatements>().place);
    };
    try {
      if (read(call, work) == there) { return; }
    } catch (const Error& error) {
      if (error.native_code() != libpq::sqlstate::insufficient_privilege) { throw; }
      return;
    }
    throw Error(ErrorCode::failed_precondition,
                std::string(config_.migration_dsn.empty() ? "admin_dsn" : "migration_dsn") +
                    " connects to another database than dsn: make both name the same database");
  }

  Config config_;
  Executor executor_;
  std::optional<Executor> admin_executor_;
  libpq::Listener listener_;
};

}  // namespace heddle::postgres
