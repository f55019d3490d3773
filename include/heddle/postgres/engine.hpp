// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/finish.hpp"
#include "heddle/detail/calls/thread_mark.hpp"
#include "heddle/migrations/files.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/check_config.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/postgres/embedded_migrations.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/listener.hpp"
#include "heddle/postgres/libpq/quote.hpp"
#include "heddle/postgres/migrations/schema.hpp"
#include "heddle/postgres/pool/pool.hpp"
#include "heddle/postgres/role_guard.hpp"
#include "heddle/postgres/statements/announcements.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/postgres/transaction/checked_connection.hpp"
#include "heddle/postgres/transaction/control.hpp"
#include "heddle/sql/earlier_answer.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres {

/// One PostgreSQL database: its connections, and how a unit of work crosses them in one round trip. Safe to use from
/// many threads.
class Engine {
 public:
  /// Connects once. Throws `invalid_argument` for a setting without a meaning; `unavailable` if the server cannot be
  /// reached; `permission_denied` if it refuses the role, or if row security does not hold for it;
  /// `failed_precondition` for a server that is too old or another database; `resource_exhausted` if it, or the system,
  /// has nothing left; and what `Context::check` throws. `context` is for the time of opening.
  explicit Engine(Config config, const Context& context = {})
      : config_(with_valid_dsns(checked(std::move(config)))),
        search_path_(libpq::search_path(config_.schema)),
        pool_(std::in_place, config_.pool, connects_to(config_.dsn)),
        listener_(config_.dsn, channel),
        role_guard_(config_.allow_role_without_row_security) {
    if (!config_.admin_dsn.empty()) { admin_pool_.emplace(admin_pool(config_.pool), connects_to(config_.admin_dsn)); }
    // A server that accepts the connection and then says nothing holds up nobody for ever.
    const Context patient = context.with_timeout(config_.open_timeout);
    try {
      auto lease = pool_->acquire(patient);
      verify(lease, patient);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::deadline_exceeded) { throw; }
      context.check();
      throw Error(ErrorCode::unavailable, "connecting to PostgreSQL took too long");
    }
  }
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  ~Engine() = default;

  /// Runs `work` in a transaction that sees one state of the database.
  template <class Work>
  auto read(const Call& call, Work& work) {
    return run(*pool_, call, work, transaction::Mode::read);
  }

  /// Runs `work` in a transaction and commits it. When another transaction was in the way, it runs again.
  template <class Work>
  auto write(const Call& call, Work& work) {
    return run(*pool_, call, work, transaction::Mode::write);
  }

  /// Runs `work` as the role that sees all tenants. Throws `failed_precondition` without an `admin_dsn`.
  template <class Work>
  auto administer(const Call& call, Work& work) {
    require_admin(config_);
    return run(*admin_pool_, call, work, transaction::Mode::write);
  }

  /// True if there is an `admin_dsn`.
  [[nodiscard]] bool can_administer() const noexcept { return admin_pool_.has_value(); }

  /// Throws unless the database answers.
  void ping(const Call& call) {
    auto lease = pool_->acquire(call.context, Holding::count(*pool_));
    try {
      lease->check(call.context);
    } catch (const Error& error) {
      clean_up(lease, error);
      throw;
    }
  }

  /// PostgreSQL's part in migrating, for the time of a call. Throws `failed_precondition` if its connection leads to
  /// another database than that of who serves.
  [[nodiscard]] migrations::Schema schema(const Call& call) {
    const std::string& dsn = !config_.migration_dsn.empty() ? config_.migration_dsn
                             : !config_.admin_dsn.empty()   ? config_.admin_dsn
                                                            : config_.dsn;
    // Who makes tables owns them, and row security would not hold for who serves.
    const bool would_own = dsn == config_.dsn && !config_.allow_role_without_row_security;
    migrations::Schema schema(dsn, config_.schema, call, would_own);
    if (dsn != config_.dsn) { require_same_database(schema, call); }
    return schema;
  }

  /// The version of the schema; 0 before the first migration. On the pool, for it may be asked often.
  [[nodiscard]] std::int32_t schema_version(const Call& call);

  /// The steps of the schema.
  [[nodiscard]] std::vector<Migration> migrations() const {
    return config_.migration_directory.empty() ? heddle::migrations::load_migrations(embedded_migrations)
                                               : heddle::migrations::load_migrations(config_.migration_directory);
  }

  [[nodiscard]] std::optional<PoolStatistics> pool_statistics() const { return pool_->statistics(); }

  /// Calls `heard` with what any process announces, as Listener says. Behind a pooler, which named statements are
  /// off for, nothing can be heard.
  void listen(libpq::Listener::Heard heard) {
    if (config_.named_statements) { listener_.start(std::move(heard)); }
  }
  [[nodiscard]] bool is_listening() const noexcept { return listener_.is_listening(); }

  /// Closes all connections. No call may be under way.
  void close() noexcept {
    listener_.stop();
    pool_->close();
    if (admin_pool_) { admin_pool_->close(); }
  }

  [[nodiscard]] std::string_view default_user_id() const noexcept { return config_.default_user_id; }
  [[nodiscard]] const std::filesystem::path& artifact_directory() const noexcept { return config_.artifact_directory; }

 private:
  using ConnectionPool = pool::Pool<transaction::CheckedConnection>;
  /// A visitor that is shown rows may call the backend again: then its thread waits for a connection and holds one.
  using Holding = heddle::detail::calls::ThreadMark<ConnectionPool>;
  static constexpr int attempts = 5;

  static Config with_valid_dsns(Config config) {
    libpq::check_dsn("dsn", config.dsn);
    libpq::check_dsn("admin_dsn", config.admin_dsn);
    libpq::check_dsn("migration_dsn", config.migration_dsn);
    return config;
  }

  [[nodiscard]] ConnectionPool::Factory connects_to(const std::string& dsn) const {
    return [dsn, named = config_.named_statements](const Context& context) {
      return std::make_unique<transaction::CheckedConnection>(dsn, named, context);
    };
  }

  /// Administration is rare: a few connections, and none that waits for work.
  static PoolConfig admin_pool(PoolConfig config) {
    constexpr int enough = 4;
    config.max_connections = std::min(config.max_connections, enough);
    config.min_connections = 0;
    return config;
  }

  template <class Work>
  auto run(ConnectionPool& pool, const Call& call, Work& work, transaction::Mode mode) {
    for (int attempt = 1;; ++attempt) {
      std::optional<ConnectionPool::Lease> lease(pool.acquire(call.context, Holding::count(pool)));
      const Holding holding(pool);
      if (&pool == &*pool_) { verify(*lease, call.context); }
      transaction::Pipeline exchange(**lease, call.context, mode);
      transaction::Transaction transaction(**lease, exchange, call.user_id);
      try {
        begin(transaction, call.context, mode);
        auto finish = heddle::detail::calls::finish_of(work, transaction);
        if (!carry_out(**lease, exchange, transaction, call, mode)) {
          if (attempt < attempts) { continue; }
          throw Error(ErrorCode::unavailable, "others came and went with the same idempotency key");
        }
        // Others may have the connection while the answers are read.
        lease.reset();
        return finish();
      } catch (const Error& error) {
        if (lease) { clean_up(*lease, error); }
        if (exchange.has_shown() || attempt >= tries_after(error)) { throw; }
      } catch (...) {
        // Half a unit of work is queued, and nothing of it may ever be committed.
        if (lease) { lease->discard(); }
        throw;
      }
      call.context.check();
    }
  }

  /// Sends a unit of work and receives its results; false if it has to run again, with a key that is free by now.
  bool carry_out(libpq::Connection& connection, transaction::Pipeline& exchange, transaction::Transaction& transaction,
                 const Call& call, transaction::Mode mode) const {
    if (mode == transaction::Mode::read) { transaction.run(sql::statements<ControlStatements>().commit); }
    return exchange.complete() == transaction::Pipeline::End::committed || recall(connection, call, transaction);
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
                    " leads to another database than dsn");
  }

  void begin(transaction::Transaction& transaction, const Context& context, transaction::Mode mode) const {
    if (mode == transaction::Mode::read) { transaction.run(sql::statements<ControlStatements>().begin_read); }
    transaction::identify(transaction, search_path_, context);
  }

  /// Finds what the first use of a key answered; false if the key is free again by now.
  bool recall(libpq::Connection& connection, const Call& call, transaction::Transaction& repeated) const {
    transaction::Pipeline exchange(connection, call.context, transaction::Mode::write);
    transaction::Transaction transaction(connection, exchange, call.user_id);
    transaction::identify(transaction, search_path_, call.context);
    const OnceKey& key = *repeated.claimed();
    auto earlier = transaction.one(sql::statements<ClaimStatements>().recall, call.user_id, key.key);
    exchange.complete();
    auto row = earlier();
    if (row) { repeated.answer_again(sql::repeat(key, std::move(*row))); }
    return row.has_value();
  }

  static void clean_up(ConnectionPool::Lease& lease, const Error& error) {
    transaction::roll_back(*lease);
    // A server that only reads may have been the one to write to: a new connection may find its successor.
    const bool is_demoted = error.native_code() == libpq::sqlstate::read_only_sql_transaction;
    if (!lease->is_clean() || is_stale(error) || is_demoted) { lease.discard(); }
  }

  /// The connection's statements are no longer what they were.
  static bool is_stale(const Error& error) noexcept {
    return error.native_code() == libpq::sqlstate::feature_not_supported ||
           error.native_code() == libpq::sqlstate::invalid_sql_statement_name;
  }
  /// How often a unit of work is tried that ended with this error.
  int tries_after(const Error& error) const noexcept {
    // Every connection may be stale, and each try replaces one.
    if (is_stale(error)) { return attempts + config_.pool.max_connections; }
    const bool was_in_the_way = error.native_code() == libpq::sqlstate::deadlock_detected ||
                                error.native_code() == libpq::sqlstate::serialization_failure;
    return was_in_the_way ? attempts : 1;
  }

  void verify(ConnectionPool::Lease& lease, const Context& context) {
    try {
      role_guard_.verify(*lease, search_path_, context);
    } catch (const Error& error) {
      clean_up(lease, error);
      throw;
    }
  }

  Config config_;
  std::string search_path_;
  std::optional<ConnectionPool> pool_;
  std::optional<ConnectionPool> admin_pool_;
  libpq::Listener listener_;
  RoleGuard role_guard_;
};

// Behind the class: only there it is known what running a unit of work answers.
inline std::int32_t Engine::schema_version(const Call& call) {
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

}  // namespace heddle::postgres
