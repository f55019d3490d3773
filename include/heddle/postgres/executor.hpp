// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/finish.hpp"
#include "heddle/detail/calls/thread_mark.hpp"
#include "heddle/detail/counting/commit_counters.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "heddle/postgres/pool/pool.hpp"
#include "heddle/postgres/role_guard.hpp"
#include "heddle/postgres/statements/control.hpp"
#include "heddle/postgres/transaction/checked_connection.hpp"
#include "heddle/postgres/transaction/control.hpp"
#include "heddle/postgres/transaction/pipeline.hpp"
#include "heddle/postgres/transaction/transaction.hpp"
#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/statement.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::postgres {

/// Runs units of work on the connections of one pool, each in one round trip. Safe to use from many threads.
class Executor {
 public:
  /// How connections are opened and used.
  struct Target {
    std::string dsn;
    std::string search_path;
    bool named_statements = true;
    std::int64_t page_bytes;
    bool any_role = false;  ///< otherwise RoleGuard verifies the role until it was accepted once
  };

  /// Opens no connection yet. Throws `resource_exhausted` if the pool cannot start its thread.
  Executor(Target target, const PoolConfig& config)
      : target_(std::move(target)),
        role_guard_(target_.any_role),
        max_attempts_with_stale_statements_(max_attempts + config.max_connections),
        pool_(config, [this](const Context& context) {
          return std::make_unique<transaction::CheckedConnection>(target_.dsn, target_.named_statements, context);
        }) {}

  /// Opens a connection unless one is idle. Throws what connecting and RoleGuard::verify throw.
  void connect(const Context& context) {
    ConnectionPool::Lease lease = pool_.acquire(context);
    verify_role(lease, context);
  }

  /// Runs `work` in a transaction; returns what the function returns that `work` returned. Runs it again after a
  /// deadlock, a serialization failure or stale prepared statements, unless a visitor has seen a row.
  template <class Work>
  auto run(const Call& call, Work& work, transaction::Mode mode) {
    auto paging = transaction::Paging::whole;
    for (int attempt = 1;; ++attempt) {
      std::optional<ConnectionPool::Lease> lease(pool_.acquire(call.context, Holding::count(pool_)));
      const Holding holding(pool_);
      verify_role(*lease, call.context);
      transaction::Pipeline pipeline(**lease, call.context, mode, paging);
      transaction::Transaction transaction(**lease, pipeline, call.user_id, target_.page_bytes);
      try {
        begin(transaction, call.context, mode);
        auto finish = heddle::detail::calls::finish_of(work, transaction);
        const End end = complete(**lease, pipeline, transaction, call, mode);
        if (end == End::too_large) {
          paging = transaction::Paging::by_row;
          continue;
        }
        if (end == End::key_taken) {
          if (attempt < max_attempts) {
            counters_.add_retry();
            continue;
          }
          throw Error(ErrorCode::unavailable, "gave up after " + std::to_string(max_attempts) +
                                                  " attempts: concurrent calls with this idempotency key");
        }
        if (mode == transaction::Mode::write) { counters_.add_commit(1); }
        // Returned before the results are read: reading them needs no connection.
        lease.reset();
        return finish();
      } catch (const Error& error) {
        if (lease) { clean_up(*lease, error); }
        if (pipeline.has_visited_rows() || attempt >= attempts_after(error)) { throw; }
      } catch (...) {
        // `work` threw: part of it is queued and must never be committed.
        if (lease) { lease->discard(); }
        throw;
      }
      call.context.check();
      counters_.add_retry();
    }
  }

  /// Makes a round trip. Throws `unavailable` if the server does not respond, and what `Context::check` throws.
  void ping(const Context& context) {
    ConnectionPool::Lease lease = pool_.acquire(context, Holding::count(pool_));
    try {
      lease->check(context);
    } catch (const Error& error) {
      clean_up(lease, error);
      throw;
    }
  }

  [[nodiscard]] PoolStatistics statistics() const { return pool_.statistics(); }

  /// Adds what was counted, and the state of the pool, to the metrics.
  void report(auto& metrics, std::string_view pool) const {
    counters_.report(metrics);
    metrics.pools.push_back({pool, statistics()});
  }

  /// Closes all connections. Precondition: no call is under way.
  void close() noexcept { pool_.close(); }

 private:
  using ConnectionPool = pool::Pool<transaction::CheckedConnection>;
  using End = transaction::Pipeline::End;
  /// A visitor may call the backend again: its thread then waits for a connection while it holds one.
  using Holding = heddle::detail::calls::ThreadMark<ConnectionPool>;

  static constexpr int max_attempts = 5;

  void verify_role(ConnectionPool::Lease& lease, const Context& context) {
    try {
      role_guard_.verify(*lease, target_.search_path, context);
    } catch (const Error& error) {
      clean_up(lease, error);
      throw;
    }
  }

  void begin(transaction::Transaction& transaction, const Context& context, transaction::Mode mode) const {
    if (mode == transaction::Mode::read) { transaction.run(sql::statements<ControlStatements>().begin_read); }
    transaction::identify(transaction, target_.search_path, context);
  }

  /// Sends the queued statements and receives their results. The unit of work has to run again after `key_taken`, as
  /// its idempotency key was used and is free again, and after `too_large`.
  End complete(libpq::Connection& connection, transaction::Pipeline& pipeline, transaction::Transaction& transaction,
               const Call& call, transaction::Mode mode) const {
    if (mode == transaction::Mode::read) { transaction.run(sql::statements<ControlStatements>().commit); }
    const End end = pipeline.complete();
    if (end == End::cut_short || end == End::too_large) { transaction::roll_back(connection); }
    return end == End::key_taken && recall(connection, call, transaction) ? End::committed : end;
  }

  /// Gives `repeated` the Answer of the key's first use. Returns false if the key is free again.
  bool recall(libpq::Connection& connection, const Call& call, transaction::Transaction& repeated) const {
    transaction::Pipeline pipeline(connection, call.context, transaction::Mode::write);
    transaction::Transaction transaction(connection, pipeline, call.user_id);
    transaction::identify(transaction, target_.search_path, call.context);
    const OnceKey& key = *repeated.claimed_key();
    const auto earlier = transaction.one(sql::statements<ClaimStatements>().recall, call.user_id, key.key);
    pipeline.complete();
    auto row = earlier();
    if (row) { repeated.repeat_answer(sql::repeat(key, std::move(*row))); }
    return row.has_value();
  }

  /// Rolls back, and lets the pool close the connection if it cannot be used again.
  static void clean_up(ConnectionPool::Lease& lease, const Error& error) {
    transaction::roll_back(*lease);
    // A primary that became read-only was demoted: a new connection may reach its successor.
    const bool is_demoted = error.native_code() == libpq::sqlstate::read_only_sql_transaction;
    if (!lease->is_clean() || has_stale_statements(error) || is_demoted) { lease.discard(); }
  }

  /// The statements that the connection prepared are outdated or gone.
  static bool has_stale_statements(const Error& error) noexcept {
    return error.native_code() == libpq::sqlstate::feature_not_supported ||
           error.native_code() == libpq::sqlstate::invalid_sql_statement_name;
  }

  /// How many attempts a unit of work has that failed with this error.
  int attempts_after(const Error& error) const noexcept {
    // All connections may have stale statements; each attempt replaces one.
    if (has_stale_statements(error)) { return max_attempts_with_stale_statements_; }
    const bool is_conflict = error.native_code() == libpq::sqlstate::deadlock_detected ||
                             error.native_code() == libpq::sqlstate::serialization_failure;
    return is_conflict ? max_attempts : 1;
  }

  Target target_;
  RoleGuard role_guard_;
  int max_attempts_with_stale_statements_;
  heddle::detail::counting::CommitCounters counters_;
  ConnectionPool pool_;
};

}  // namespace heddle::postgres
