// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>

namespace heddle::postgres::pool {

/// Threads that wait for a `Gift`, first come, first served. What there is to give goes to the first of them directly,
/// so nobody can overtake and exactly one thread wakes up. All functions want the caller to hold the one mutex that
/// guards the line.
template <class Gift>
class WaitQueue {
 public:
  /// What has become of somebody in the line.
  enum class Fate { waiting, served, dismissed };

  /// One thread's place at the end of the line, for as long as the object lives or until it is served.
  class Place {
   public:
    explicit Place(WaitQueue& line) : line_(line), position_(line.places_.insert(line.places_.end(), this)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place(Place&&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (fate_ == Fate::waiting) { line_.places_.erase(position_); }
    }

    /// Sleeps until served or dismissed, or until the context is over, which leaves it `waiting`.
    Fate wait(std::unique_lock<std::mutex>& lock, const Context& context) {
      const auto deadline = context.deadline.value_or(Context::Clock::time_point::max());
      while (fate_ == Fate::waiting && !context.is_over()) {
        woken_.wait_until(lock, context.stop, deadline, [this] { return fate_ != Fate::waiting; });
      }
      return fate_;
    }

    /// What was given; it is the caller's from now on, who must pass it on if it is not wanted any more.
    [[nodiscard]] Gift&& gift() noexcept { return std::move(gift_); }

   private:
    friend class WaitQueue;

    WaitQueue& line_;
    typename std::list<Place*>::iterator position_;
    std::condition_variable_any woken_{};
    Gift gift_{};
    Fate fate_ = Fate::waiting;
  };

  /// Gives it to the first in the line. False, and nothing is moved, if nobody waits.
  bool serve(Gift& gift) noexcept {
    if (places_.empty()) { return false; }
    places_.front()->gift_ = std::move(gift);
    wake_first(Fate::served);
    return true;
  }

  /// Sends everybody away with nothing.
  void dismiss() noexcept {
    while (!places_.empty()) { wake_first(Fate::dismissed); }
  }

 private:
  void wake_first(Fate fate) noexcept {
    Place& first = *places_.front();
    places_.pop_front();
    first.fate_ = fate;
    // With the mutex held: without it the thread could be gone, and its condition variable with it.
    first.woken_.notify_one();
  }

  std::list<Place*> places_{};
};

}  // namespace heddle::postgres::pool
