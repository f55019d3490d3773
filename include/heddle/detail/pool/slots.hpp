// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/pool/allowance.hpp"
#include "heddle/detail/pool/limits.hpp"
#include "heddle/detail/pool/pooled_connection.hpp"
#include "heddle/detail/pool/wait_queue.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

namespace heddle::detail::pool {

/// The state of a pool: which of the `max_connections` slots are in use, which connections are idle, and which threads
/// wait. Safe to use from many threads. Opens, checks and closes no connection while it holds its mutex.
///
/// Invariant: threads wait only while all slots are in use, or as many as the server allows, and no connection is idle.
/// What is released goes directly to the first waiting thread. At least one slot is held by a thread that does not
/// wait.
template <class Connection, class Clock>
class Slots {
 public:
  using Pooled = PooledConnection<Connection>;

  /// The permission to hold one connection, and that connection once it is open. Its destructor returns the connection
  /// to the pool, or closes it if it cannot be used again, and releases the slot.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), held_(std::move(other.held_)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) { slots_->release(std::move(held_)); }
    }

    /// Returns the connection, or null.
    [[nodiscard]] Connection* connection() const noexcept { return held_.connection.get(); }

    /// Stores a connection that was opened for this slot. Throws `unavailable` if it is null.
    void fill(std::unique_ptr<Connection> connection) {
      if (!connection) { throw Error(ErrorCode::unavailable, "opening a connection to the database failed"); }
      held_.connection = std::move(connection);
      held_.opened_at = held_.used_at = held_.checked_at = Clock::now();
      held_.lifetime = slots_->next_lifetime();
    }

    /// Closes the connection and keeps the slot.
    void close() noexcept { held_.connection.reset(); }

    /// Records that a caller has used the connection.
    void mark_used() noexcept { held_.used_at = held_.checked_at = Clock::now(); }

    /// Records that the server has responded to a check, which does not end the idle time.
    void mark_checked() noexcept { held_.checked_at = Clock::now(); }

   private:
    friend class Slots;
    Slot(Slots& slots, Pooled&& held) noexcept : slots_(&slots), held_(std::move(held)) {}

    Slots* slots_;
    Pooled held_;
  };

  explicit Slots(const Limits& limits)
      : limits_(limits),
        spread_(static_cast<std::uint32_t>(Context::Clock::now().time_since_epoch().count() & 0xffffffff)) {}

  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

  /// Returns the connection that was used last, or the permission to open one; waits for one of them if necessary.
  /// After a wait the context may be over although a slot was acquired. `held` is the number of slots that the calling
  /// thread holds already. Throws `resource_exhausted` instead of a wait without end: if waiting threads hold all
  /// slots.
  Slot acquire(const Context& context, int held) {
    std::unique_lock lock(mutex_);
    if (auto slot = acquire_free()) { return std::move(*slot); }
    if (held_by_waiters_ + held >= total_) {
      throw Error(
          ErrorCode::resource_exhausted,
          "all connections are held by calls whose visitors wait for another connection: raise max_connections");
    }
    return wait(lock, context, held, Queue::End::back);
  }

  /// Exchanges the empty slot of a thread whose attempt to open a connection was refused, because the server allows no
  /// more of them: for an idle connection, or for what another thread releases. `was_first`: the thread has waited
  /// before. Returns false, and changes nothing, if no other thread has a connection that it will release.
  bool exchange(Slot& slot, const Context& context, int held, bool was_first) {
    std::unique_lock lock(mutex_);
    if (closed_) { throw_closed(); }
    if (idle_.empty() && held_by_waiters_ + held >= total_ - 1) { return false; }
    --total_;
    slot.slots_ = nullptr;
    allowance_.limit(total_);
    Slot other = idle_.empty() ? wait(lock, context, held, was_first ? Queue::End::front : Queue::End::back)
                               : remove_idle(idle_.end() - 1);
    slot.slots_ = std::exchange(other.slots_, nullptr);
    slot.held_ = std::move(other.held_);
    return true;
  }

  /// Like `acquire`, but returns nothing instead of a wait.
  std::optional<Slot> try_acquire() {
    const std::lock_guard lock(mutex_);
    return acquire_free();
  }

  /// Moves an idle connection into an empty slot, if there is one. No thread needs the slot that this releases: none
  /// waits while a connection is idle.
  void refill_from_idle(Slot& slot) noexcept {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) { return; }
    slot.held_ = std::move(idle_.back());
    idle_.pop_back();
    remove_slot();
  }

  /// Returns the least recently used of the idle connections that `accept(const Pooled&, bool spare)` accepts. `spare`:
  /// there are more connections than the minimum.
  template <class Accept>
  std::optional<Slot> acquire_idle(Accept accept) {
    const std::lock_guard lock(mutex_);
    const bool spare = total_ > limits_.min_connections;
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const Pooled& each) { return accept(each, spare); });
    return found == idle_.end() ? std::nullopt : std::optional<Slot>(remove_idle(found));
  }

  /// Returns the permission to open a connection, if there are fewer than the minimum.
  std::optional<Slot> acquire_missing() {
    const std::lock_guard lock(mutex_);
    return is_missing() ? std::optional<Slot>(add_slot()) : std::nullopt;
  }

  /// Sleeps until there are fewer connections than the minimum, at most for `longest` and until stop is requested.
  void wait_for_missing(const std::stop_token& stop, Limits::Duration longest) {
    std::unique_lock lock(mutex_);
    missing_.wait_for(lock, stop, longest, [this] { return is_missing(); });
  }

  /// Sleeps for `pause`, or until stop is requested.
  void sleep(const std::stop_token& stop, Limits::Duration pause) {
    std::unique_lock lock(mutex_);
    missing_.wait_for(lock, stop, pause, [] { return false; });
  }

  /// Ends all waits and closes the idle connections. Later calls of `acquire` throw; a connection in use is closed when
  /// its slot is destroyed.
  void close() noexcept {
    std::vector<Pooled> idle;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      queue_.dismiss_all();
      idle.swap(idle_);
    }
    const auto number = static_cast<int>(idle.size());
    idle.clear();
    const std::lock_guard lock(mutex_);
    total_ -= number;
  }

  /// Throws `failed_precondition` if the pool is closed.
  void check_open() const {
    const std::lock_guard lock(mutex_);
    if (closed_) { throw_closed(); }
  }

  /// Returns the current numbers. A connection that is being opened or checked counts as active.
  [[nodiscard]] PoolStatistics statistics() const {
    const std::lock_guard lock(mutex_);
    PoolStatistics result;
    result.total_connections = total_;
    result.idle_connections = static_cast<std::int64_t>(idle_.size());
    result.active_connections = result.total_connections - result.idle_connections;
    result.max_connections = limits_.max_connections;
    result.wait_count = wait_count_;
    result.wait_duration = std::chrono::duration_cast<std::chrono::milliseconds>(wait_duration_);
    result.waiting_calls = static_cast<std::int64_t>(queue_.size());
    return result;
  }

 private:
  using Queue = WaitQueue<Pooled>;

  [[noreturn]] static void throw_closed() {
    throw Error(ErrorCode::failed_precondition, "the connection pool is closed");
  }

  std::optional<Slot> acquire_free() {
    if (closed_) { throw_closed(); }
    if (!idle_.empty()) { return remove_idle(idle_.end() - 1); }
    return total_ < allowance_.number() ? std::optional<Slot>(add_slot()) : std::nullopt;
  }

  [[nodiscard]] bool is_missing() const noexcept { return !closed_ && total_ < limits_.min_connections; }

  /// Counts one more slot. Reserves memory in the list of idle connections, so that returning the slot cannot fail.
  Slot add_slot() {
    const auto needed = static_cast<std::size_t>(total_) + 1;
    if (idle_.capacity() < needed) { idle_.reserve(2 * needed); }
    ++total_;
    return Slot(*this, {});
  }

  void remove_slot() noexcept {
    --total_;
    if (is_missing()) { missing_.notify_one(); }
  }

  Slot remove_idle(typename std::vector<Pooled>::iterator position) noexcept {
    Slot slot(*this, std::move(*position));
    idle_.erase(position);
    return slot;
  }

  /// Precondition: a thread that does not wait holds a slot.
  Slot wait(std::unique_lock<std::mutex>& lock, const Context& context, int held, typename Queue::End end) {
    typename Queue::Place place(queue_, end);
    held_by_waiters_ += held;
    ++wait_count_;
    const auto begin = Context::Clock::now();
    typename Queue::State state = Queue::State::waiting;
    bool may_retry = false;
    while (state == Queue::State::waiting && !context.is_over() && !may_retry) {
      state = place.wait(lock, context, allowance_.next_look(total_));
      // The server may allow more again.
      may_retry = place.is_first() && total_ < allowance_.number();
    }
    held_by_waiters_ -= held;
    wait_duration_ += Context::Clock::now() - begin;
    if (state == Queue::State::waiting) { context.check(); }
    if (may_retry) {
      allowance_.limit(total_ + 1);
      return add_slot();
    }
    if (state != Queue::State::served) { throw_closed(); }
    return Slot(*this, place.item());
  }

  void release(Pooled&& held) noexcept {
    // Closes the connection before it releases the slot: the server never sees more than `max_connections` either.
    if (held.connection && (!held.connection->is_clean() || Clock::now() - held.opened_at >= held.lifetime)) {
      held.connection.reset();
    }
    std::unique_lock lock(mutex_);
    if (closed_ && held.connection) {
      lock.unlock();
      held.connection.reset();
      lock.lock();
    }
    if (queue_.serve(held)) { return; }
    if (!held.connection) {
      remove_slot();
      return;
    }
    // In the order of their last use: `acquire_idle` finds the least recently used connection first.
    const auto by_use = [](const Pooled& one, const Pooled& other) { return one.used_at < other.used_at; };
    idle_.insert(std::upper_bound(idle_.begin(), idle_.end(), held, by_use), std::move(held));
  }

  /// Returns the maximum less up to a tenth, so that connections that were opened together are not replaced together.
  /// Steps of the golden ratio spread any number of them evenly over the tenth.
  [[nodiscard]] Limits::Duration next_lifetime() noexcept {
    if (limits_.max_lifetime == Limits::never) { return Limits::never; }
    const auto step = spread_.fetch_add(2'654'435'769U, std::memory_order_relaxed) >> 22U;
    return limits_.max_lifetime - limits_.max_lifetime / 10'240 * step;
  }

  const Limits limits_;
  Allowance allowance_{limits_.max_connections};
  mutable std::mutex mutex_;
  std::condition_variable_any missing_{};
  Queue queue_{};
  std::vector<Pooled> idle_{};
  int total_ = 0;  ///< idle, in use, being opened or being checked
  int held_by_waiters_ = 0;
  bool closed_ = false;
  std::int64_t wait_count_ = 0;
  Limits::Duration wait_duration_{0};
  std::atomic<std::uint32_t> spread_;
};

}  // namespace heddle::detail::pool
