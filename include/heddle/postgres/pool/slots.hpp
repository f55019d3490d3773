// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/postgres/pool/limits.hpp"
#include "heddle/postgres/pool/wait_queue.hpp"

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

namespace heddle::postgres::pool {

/// A connection and what the pool knows of it.
template <class Connection>
struct PooledConnection {
  using TimePoint = Context::Clock::time_point;

  std::unique_ptr<Connection> connection{};  ///< empty: the permission to open one
  TimePoint opened{};
  TimePoint used{};     ///< when it came back last
  TimePoint checked{};  ///< when it was last known to answer
  Limits::Duration lifetime = Limits::never;
};

/// The bookkeeping of a pool: who holds which of the `max_connections` slots, which connections are idle, and who
/// waits. Safe to use from many threads. Connections are neither opened nor asked nor closed with the lock held.
///
/// Whoever waits, waits because all slots are in use and no connection is idle: whatever becomes free goes to the first
/// waiter at once and is seen by nobody else.
template <class Connection, class Clock>
class Slots {
 public:
  using Pooled = PooledConnection<Connection>;

  /// The right to one connection, and that connection once there is one. Its end puts the connection back, or closes it
  /// if it is of no more use, and passes the slot on.
  class Slot {
   public:
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)), held_(std::move(other.held_)) {}
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
      if (slots_ != nullptr) { slots_->put_back(std::move(held_)); }
    }

    /// The connection, or null.
    [[nodiscard]] Connection* connection() const noexcept { return held_.connection.get(); }

    /// Takes a connection that was opened for this slot.
    void fill(std::unique_ptr<Connection> connection) {
      if (!connection) { throw Error(ErrorCode::unavailable, "no connection to the database could be opened"); }
      held_.connection = std::move(connection);
      held_.opened = held_.used = held_.checked = Clock::now();
      held_.lifetime = slots_->next_lifetime();
    }

    /// Closes the connection and keeps the slot.
    void drop() noexcept { held_.connection.reset(); }

    /// Notes that the connection has just been used.
    void mark_used() noexcept { held_.used = held_.checked = Clock::now(); }

    /// Notes that the connection has just answered, though to nobody who needed it: it stays as idle as it was.
    void mark_checked() noexcept { held_.checked = Clock::now(); }

   private:
    friend class Slots;
    Slot(Slots& slots, Pooled&& held) noexcept : slots_(&slots), held_(std::move(held)) {}

    Slots* slots_;
    Pooled held_;
  };

  explicit Slots(const Limits& limits)
      : limits_(limits),
        spread_(static_cast<std::uint32_t>(Context::Clock::now().time_since_epoch().count() & 0xffffffff)) {}

  /// What it was constructed with.
  [[nodiscard]] const Limits& limits() const noexcept { return limits_; }

  /// The connection that was used last, or the permission to open one; waits for one of them if need be. After a wait
  /// the context may be over although something was given. `held` are the caller's own: when all are held by those who
  /// wait for another one, nobody will ever give one back, and the last of them is told so by `resource_exhausted`.
  Slot take(const Context& context, int held) {
    std::unique_lock lock(mutex_);
    if (closed_) { throw_closed(); }
    if (!idle_.empty()) { return take_out(idle_.end() - 1); }
    if (total_ < limits_.max_connections) { return claim(); }
    return wait(lock, context, held);
  }

  /// Another idle connection for an empty slot, if there is one. The slot that becomes free by this is not needed by
  /// anybody: nobody waits while a connection is idle.
  void refill_from_idle(Slot& slot) noexcept {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) { return; }
    slot.held_ = std::move(idle_.back());
    idle_.pop_back();
    release();
  }

  /// Of the idle connections that `wanted(const Pooled&, bool spare)` accepts, the one not used for longest. `spare`:
  /// it can go without falling below the minimum.
  template <class Wanted>
  std::optional<Slot> take_idle(Wanted wanted) {
    const std::lock_guard lock(mutex_);
    const bool spare = total_ > limits_.min_connections;
    const auto found =
        std::find_if(idle_.begin(), idle_.end(), [&](const Pooled& each) { return wanted(each, spare); });
    return found == idle_.end() ? std::nullopt : std::optional<Slot>(take_out(found));
  }

  /// The permission to open a connection that is missing from the minimum.
  std::optional<Slot> take_missing() {
    const std::lock_guard lock(mutex_);
    return is_missing() ? std::optional<Slot>(claim()) : std::nullopt;
  }

  /// Sleeps until a connection is missing from the minimum, or for `longest`, or until it is to stop.
  void wait_for_missing(const std::stop_token& stop, Limits::Duration longest) {
    std::unique_lock lock(mutex_);
    missing_.wait_for(lock, stop, longest, [this] { return is_missing(); });
  }

  /// Sleeps for `pause`, or until it is to stop.
  void sleep(const std::stop_token& stop, Limits::Duration pause) {
    std::unique_lock lock(mutex_);
    missing_.wait_for(lock, stop, pause, [] { return false; });
  }

  /// Gives out nothing any more, sends away who waits and closes what is idle. What is held is closed when it comes
  /// back.
  void close() noexcept {
    std::vector<Pooled> idle;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      line_.dismiss();
      idle.swap(idle_);
    }
    const auto number = static_cast<int>(idle.size());
    idle.clear();
    const std::lock_guard lock(mutex_);
    total_ -= number;
  }

  /// Throws if the pool is closed.
  void check_open() const {
    const std::lock_guard lock(mutex_);
    if (closed_) { throw_closed(); }
  }

  /// The state of this moment. What is being opened or checked counts as active.
  [[nodiscard]] PoolStatistics statistics() const {
    const std::lock_guard lock(mutex_);
    PoolStatistics result;
    result.total_connections = total_;
    result.idle_connections = static_cast<std::int64_t>(idle_.size());
    result.active_connections = result.total_connections - result.idle_connections;
    result.max_connections = limits_.max_connections;
    result.wait_count = wait_count_;
    result.wait_duration = std::chrono::duration_cast<std::chrono::milliseconds>(wait_duration_);
    return result;
  }

 private:
  using Line = WaitQueue<Pooled>;

  [[noreturn]] static void throw_closed() {
    throw Error(ErrorCode::failed_precondition, "the connections to the database are closed");
  }

  [[nodiscard]] bool is_missing() const noexcept { return !closed_ && total_ < limits_.min_connections; }

  /// One more slot. Room for its connection among the idle ones is made here, where failing does no harm.
  Slot claim() {
    const auto needed = static_cast<std::size_t>(total_) + 1;
    if (idle_.capacity() < needed) { idle_.reserve(2 * needed); }
    ++total_;
    return Slot(*this, {});
  }

  /// One slot less.
  void release() noexcept {
    --total_;
    if (is_missing()) { missing_.notify_one(); }
  }

  Slot take_out(typename std::vector<Pooled>::iterator position) noexcept {
    Slot slot(*this, std::move(*position));
    idle_.erase(position);
    return slot;
  }

  Slot wait(std::unique_lock<std::mutex>& lock, const Context& context, int held) {
    if (held_by_waiters_ + held >= limits_.max_connections) {
      throw Error(ErrorCode::resource_exhausted,
                  "every connection is held by a call whose visitor waits for another one: max_connections is too low");
    }
    typename Line::Place place(line_);
    held_by_waiters_ += held;
    ++wait_count_;
    const auto begin = Context::Clock::now();
    const auto fate = place.wait(lock, context);
    held_by_waiters_ -= held;
    wait_duration_ += Context::Clock::now() - begin;
    if (fate == Line::Fate::waiting) { context.check(); }
    if (fate != Line::Fate::served) { throw_closed(); }
    return Slot(*this, place.gift());
  }

  void put_back(Pooled&& held) noexcept {
    // Closed before the slot is free: the server too never sees more connections than the maximum.
    if (held.connection && (!held.connection->is_clean() || Clock::now() - held.opened >= held.lifetime)) {
      held.connection.reset();
    }
    std::unique_lock lock(mutex_);
    if (closed_ && held.connection) {
      lock.unlock();
      held.connection.reset();
      lock.lock();
    }
    if (line_.serve(held)) { return; }
    if (!held.connection) {
      release();
      return;
    }
    // In the order of their use, so that those at the front are the ones that can go.
    const auto later = [](const Pooled& one, const Pooled& other) { return one.used < other.used; };
    idle_.insert(std::upper_bound(idle_.begin(), idle_.end(), held, later), std::move(held));
  }

  /// The maximum less up to a tenth, so that connections opened together are not replaced together. Steps of the golden
  /// ratio cover the tenth evenly, however many there are.
  [[nodiscard]] Limits::Duration next_lifetime() noexcept {
    if (limits_.max_lifetime == Limits::never) { return Limits::never; }
    const auto step = spread_.fetch_add(2'654'435'769U, std::memory_order_relaxed) >> 22U;
    return limits_.max_lifetime - limits_.max_lifetime / 10'240 * step;
  }

  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable_any missing_{};
  Line line_{};
  std::vector<Pooled> idle_{};
  int total_ = 0;  ///< idle, held, being opened, being checked
  int held_by_waiters_ = 0;
  bool closed_ = false;
  std::int64_t wait_count_ = 0;
  Limits::Duration wait_duration_{0};
  std::atomic<std::uint32_t> spread_;
};

}  // namespace heddle::postgres::pool
