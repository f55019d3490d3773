// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/pool/slots.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/postgres/pool/limits.hpp"
#include "heddle/postgres/pool/upkeep.hpp"

#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

namespace heddle::postgres::pool {

/// What a pool requires of a connection. The destructor closes it.
template <class T>
concept PoolableConnection = requires(T& connection, const Context& context) {
  /// Returns true if it is idle and outside a transaction. Sends nothing.
  { connection.is_clean() }
  noexcept->std::same_as<bool>;
  /// Returns false if the socket shows that the server has closed it. Sends nothing.
  { connection.is_alive() }
  noexcept->std::same_as<bool>;
  /// Makes a round trip. Throws if the server does not respond.
  connection.check(context);
}
&&requires(const Error& error) {
  /// Returns true if opening failed with this error because the server allows no more connections.
  { T::is_limit(error) } -> std::same_as<bool>;
};

/// Connections that are opened on demand, leased to one caller at a time and reused. Safe to use from many threads.
///
/// The pool recovers from a restart of the server: a dead connection is detected and replaced when it would be leased,
/// or by the maintenance thread. That thread runs only if the configuration needs it. To the pool a duration of zero
/// means no limit; `check_pool` accepts zero for the idle time only.
template <class Connection, class Clock = Context::Clock>
class Pool {
  static_assert(PoolableConnection<Connection>);
  using Slots = heddle::detail::pool::Slots<Connection, Clock>;
  using Slot = typename Slots::Slot;

 public:
  /// Opens a connection. Throws Error if that fails or the context is over. Called from many threads at once.
  using Factory = std::function<std::unique_ptr<Connection>(const Context&)>;

  /// A connection that belongs to the caller while the object lives. For one thread at a time. Precondition: the pool
  /// outlives it.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (discarded_) {
        slot_.close();
      } else {
        slot_.mark_used();
      }
    }

    [[nodiscard]] Connection* operator->() const noexcept { return slot_.connection(); }
    [[nodiscard]] Connection& operator*() const noexcept { return *slot_.connection(); }

    /// Closes the connection when the lease ends instead of returning it to the pool.
    void discard() noexcept { discarded_ = true; }

   private:
    friend class Pool;
    explicit Lease(Slot&& slot) noexcept : slot_(std::move(slot)) {}

    Slot slot_;
    bool discarded_ = false;
  };

  /// Opens no connection: the maintenance thread opens `min_connections`. Throws `resource_exhausted` if that thread
  /// cannot be started.
  Pool(const PoolConfig& config, Factory factory)
      : factory_(std::move(factory)), slots_(limits_of(config)), upkeep_(slots_, factory_) {
    if (!slots_.limits().need_upkeep()) { return; }
    try {
      maintenance_ = std::jthread([this](const std::stop_token& stop) { upkeep_.run(stop); });
    } catch (const std::system_error&) {
      throw Error(ErrorCode::resource_exhausted, "the maintenance thread of the connection pool could not be started");
    }
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  Pool(Pool&&) = delete;
  Pool& operator=(Pool&&) = delete;

  /// Precondition: no thread holds a lease or waits for one.
  ~Pool() { close(); }

  /// Returns a connection that its socket shows to be open. Waiting callers are served first in, first out. Where the
  /// server allows no more connections, waits for one that another caller has. `held` is the number of leases of this
  /// pool that the calling thread holds. Throws `deadline_exceeded` or `cancelled` if the context is over;
  /// `failed_precondition` if the pool is closed; `resource_exhausted` if all leases are held by threads that wait for
  /// another one; and what opening a connection throws.
  [[nodiscard]] Lease acquire(const Context& context, int held = 0) {
    context.check();
    Slot slot = slots_.acquire(context, held);
    for (bool has_waited = false;; has_waited = true) {
      // If the context is over now, the destructor of the slot passes it on to the next caller.
      context.check();
      while (slot.connection() != nullptr && !slot.connection()->is_alive()) {
        slot.close();
        slots_.refill_from_idle(slot);
      }
      if (slot.connection() != nullptr) { return Lease(std::move(slot)); }
      try {
        slot.fill(factory_(context));
        slots_.check_open();
        return Lease(std::move(slot));
      } catch (const Error& error) {
        if (!Connection::is_limit(error) || !slots_.exchange(slot, context, held, has_waited)) { throw; }
      }
    }
  }

  /// Returns the current numbers. A connection that is being opened or checked counts as active.
  [[nodiscard]] PoolStatistics statistics() const { return slots_.statistics(); }

  /// Ends all waits, closes the idle connections and stops the maintenance thread. A leased connection is closed when
  /// its lease ends. Can be called more than once.
  void close() noexcept {
    maintenance_.request_stop();
    slots_.close();
    // Two threads may close the pool at once, but only one of them can join.
    const std::lock_guard lock(closing_);
    if (maintenance_.joinable()) { maintenance_.join(); }
  }

 private:
  const Factory factory_;
  Slots slots_;
  Upkeep<Connection, Clock> upkeep_;
  std::mutex closing_{};
  std::jthread maintenance_{};
};

}  // namespace heddle::postgres::pool
