// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <list>
#include <mutex>
#include <utility>

namespace heddle::detail::pool {

/// A queue of threads that wait for an `Item`, first in, first out. An item is handed to the first thread directly, so
/// no thread overtakes another and exactly one wakes up. Precondition of every function: the caller holds the mutex
/// that guards the queue.
template <class Item>
class WaitQueue {
 public:
  /// The state of a waiting thread.
  enum class State { waiting, served, dismissed };

  /// Which end of the queue a thread joins.
  enum class End { front, back };

  /// One thread's place in the queue, from the constructor on, until it is served or destroyed.
  class Place {
   public:
    explicit Place(WaitQueue& queue, End end = End::back)
        : queue_(queue),
          position_(queue.places_.insert(end == End::back ? queue.places_.end() : queue.places_.begin(), this)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (state_ == State::waiting) { queue_.places_.erase(position_); }
    }

    /// Sleeps until served or dismissed, or until the context is over or the time `until`, which leave it `waiting`.
    State wait(std::unique_lock<std::mutex>& lock, const Context& context, Context::Clock::time_point until) {
      until = std::min(until, context.deadline.value_or(Context::Clock::time_point::max()));
      while (state_ == State::waiting && !context.is_over() && Context::Clock::now() < until) {
        woken_.wait_until(lock, context.stop, until, [this] { return state_ != State::waiting; });
      }
      return state_;
    }

    /// Returns true if it waits and is the first of the queue.
    [[nodiscard]] bool is_first() const noexcept { return state_ == State::waiting && queue_.places_.front() == this; }

    /// Returns the item. Precondition: `served`. The caller owns it, and passes it on if it does not need it.
    [[nodiscard]] Item&& item() noexcept { return std::move(item_); }

   private:
    friend class WaitQueue;

    WaitQueue& queue_;
    typename std::list<Place*>::iterator position_;
    std::condition_variable_any woken_{};
    Item item_{};
    State state_ = State::waiting;
  };

  /// Hands the item to the first thread of the queue. Returns false, and moves nothing, if no thread waits.
  bool serve(Item& item) noexcept {
    if (places_.empty()) { return false; }
    places_.front()->item_ = std::move(item);
    wake_first(State::served);
    return true;
  }

  /// Returns how many threads wait.
  [[nodiscard]] std::size_t size() const noexcept { return places_.size(); }

  /// Wakes all threads without an item.
  void dismiss_all() noexcept {
    while (!places_.empty()) { wake_first(State::dismissed); }
  }

 private:
  void wake_first(State state) noexcept {
    Place& first = *places_.front();
    places_.pop_front();
    first.state_ = state;
    // With the mutex held: otherwise the thread could return and destroy its condition variable first.
    first.woken_.notify_one();
  }

  std::list<Place*> places_{};
};

}  // namespace heddle::detail::pool
