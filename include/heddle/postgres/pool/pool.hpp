// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/config.hpp"
#include "heddle/postgres/pool/limits.hpp"
#include "heddle/postgres/pool/slots.hpp"
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

/// What a pool needs of a connection. Its destructor closes it.
template <class T>
concept PoolableConnection = requires(T& connection, const Context& context) {
  /// Idle and outside of a transaction, as far as is known without asking the server.
  { connection.is_clean() }
  noexcept->std::same_as<bool>;
  /// Not closed by the other side, as far as the socket shows.
  { connection.is_alive() }
  noexcept->std::same_as<bool>;
  /// Asks the server something; throws if no answer comes.
  connection.check(context);
};

/// Connections that are opened when they are needed, lent to one caller at a time, and kept for the next one. All
/// functions can be called from many threads at once.
///
/// After a restart of the server the pool recovers by itself: what was idle is seen to be dead and replaced when it
/// would be lent, or by the thread that looks after idle connections. That thread runs only if the configuration gives
/// it something to do. A duration of zero means that there is no such limit, to the pool; `check_pool` lets a user say
/// that of the idle time only.
template <class Connection, class Clock = Context::Clock>
class Pool {
  static_assert(PoolableConnection<Connection>);
  using Slots = pool::Slots<Connection, Clock>;
  using Slot = typename Slots::Slot;

 public:
  /// Opens a connection, until the context is over; throws Error if that fails. Called from many threads at once.
  using Factory = std::function<std::unique_ptr<Connection>(const Context&)>;

  /// A connection for as long as the object lives; one thread at a time. Must not outlive the pool.
  class Lease {
   public:
    Lease(Lease&&) noexcept = default;
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (discarded_) {
        slot_.drop();
      } else {
        slot_.mark_used();
      }
    }

    [[nodiscard]] Connection* operator->() const noexcept { return slot_.connection(); }
    [[nodiscard]] Connection& operator*() const noexcept { return *slot_.connection(); }

    /// The connection will be closed when the lease ends, and not be lent to anybody else.
    void discard() noexcept { discarded_ = true; }

   private:
    friend class Pool;
    explicit Lease(Slot&& slot) noexcept : slot_(std::move(slot)) {}

    Slot slot_;
    bool discarded_ = false;
  };

  /// Opens nothing yet; `min_connections` are opened by and by. Throws `resource_exhausted` if no thread can be
  /// started.
  Pool(const PoolConfig& config, Factory factory)
      : factory_(std::move(factory)), slots_(Limits(config)), upkeep_(slots_, factory_) {
    if (!slots_.limits().need_upkeep()) { return; }
    try {
      housekeeper_ = std::jthread([this](const std::stop_token& stop) { upkeep_.run(stop); });
    } catch (const std::system_error&) {
      throw Error(ErrorCode::resource_exhausted, "no thread could be started to look after connections");
    }
  }

  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  Pool(Pool&&) = delete;
  Pool& operator=(Pool&&) = delete;

  /// Nobody may hold a lease, or wait for one, any more.
  ~Pool() { close(); }

  /// A connection that is alive as far as one can see without asking it. Callers that must wait are served in the order
  /// in which they came. Throws `deadline_exceeded` or `cancelled` when the context is over, `failed_precondition` when
  /// the pool is closed, and what opening a connection throws. A caller that holds leases of this pool says how many,
  /// or it may wait for itself for ever; it gets `resource_exhausted` then.
  [[nodiscard]] Lease acquire(const Context& context, int held = 0) {
    context.check();
    Slot slot = slots_.take(context, held);
    // What was given to somebody who gave up at this moment goes on to the next by the end of the slot.
    context.check();
    while (slot.connection() != nullptr && !slot.connection()->is_alive()) {
      slot.drop();
      slots_.refill_from_idle(slot);
    }
    if (slot.connection() == nullptr) {
      slot.fill(factory_(context));
      slots_.check_open();
    }
    return Lease(std::move(slot));
  }

  /// The state of this moment; what is being opened or checked counts as active.
  [[nodiscard]] PoolStatistics statistics() const { return slots_.statistics(); }

  /// Lends nothing any more, sends away those who wait, closes what is idle and ends the housekeeping. What is lent is
  /// closed when it comes back. Can be called again.
  void close() noexcept {
    housekeeper_.request_stop();
    slots_.close();
    // Two threads may close at once, but only one of them can join.
    const std::lock_guard lock(closing_);
    if (housekeeper_.joinable()) { housekeeper_.join(); }
  }

 private:
  const Factory factory_;
  Slots slots_;
  Upkeep<Connection, Clock> upkeep_;
  std::mutex closing_{};
  std::jthread housekeeper_{};
};

}  // namespace heddle::postgres::pool
