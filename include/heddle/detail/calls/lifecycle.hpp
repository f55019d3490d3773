// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/thread_mark.hpp"
#include "heddle/detail/process/forks.hpp"
#include "heddle/error.hpp"

#include <atomic>
#include <cstdint>
#include <stop_token>

namespace heddle::detail::calls {

/// Counts the running calls, so that `close` can wait for them and refuse all later ones.
class Lifecycle {
 public:
  /// A running call. A call that begins after `close` is counted as well, until it is refused.
  class Entry {
   public:
    explicit Entry(Lifecycle& lifecycle) noexcept
        : lifecycle_(lifecycle),
          is_late_((lifecycle.state_.fetch_add(one_call, std::memory_order_acq_rel) & closing) != 0),
          mark_(lifecycle) {}
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    Entry(Entry&&) = delete;
    Entry& operator=(Entry&&) = delete;
    ~Entry() { lifecycle_.leave(); }

    /// Throws `failed_precondition` if `close` was called before the call began.
    void require_open() const {
      if (is_late_) { throw Error(ErrorCode::failed_precondition, "the backend is closed"); }
    }

    /// Returns true if the current thread is inside a call of this backend.
    [[nodiscard]] static bool is_inside(const Lifecycle& lifecycle) noexcept {
      return ThreadMark<Lifecycle>::count(lifecycle) != 0;
    }

   private:
    Lifecycle& lifecycle_;
    bool is_late_;
    ThreadMark<Lifecycle> mark_;
  };

  /// Returns true in a process that a fork made after the backend was opened. Its connections, locks and threads are
  /// those of the parent, and must be neither used nor closed.
  [[nodiscard]] bool is_of_parent() const noexcept { return detail::process::Forks::count() != forks_; }

  /// Throws `failed_precondition` in such a process.
  void require_own_process() const {
    if (is_of_parent()) {
      throw Error(ErrorCode::failed_precondition,
                  "the backend was opened before fork(): a child cannot use it; open one in each process");
    }
  }

  /// Refuses new calls and waits for the running ones. Returns true to exactly one caller, which then closes the
  /// engine. Inside a call, such as in a visitor, it only refuses new calls and returns false, because it cannot wait
  /// for itself; a later `close` returns true then.
  bool close() noexcept {
    if ((state_.fetch_or(closing, std::memory_order_acq_rel) & closing) == 0) { closing_source_.request_stop(); }
    if (Entry::is_inside(*this)) { return false; }
    for (std::uint64_t state = state_.load(std::memory_order_acquire); state / one_call != 0;
         state = state_.load(std::memory_order_acquire)) {
      state_.wait(state, std::memory_order_acquire);
    }
    return !claimed_.exchange(true);
  }

  /// Returns a token that is stopped when closing begins; it wakes calls that wait for something other than the
  /// database.
  [[nodiscard]] std::stop_token close_token() const noexcept { return closing_source_.get_token(); }

  [[nodiscard]] bool is_closed() const noexcept { return (state_.load(std::memory_order_acquire) & closing) != 0; }

 private:
  static constexpr std::uint64_t closing = 1;
  static constexpr std::uint64_t one_call = 2;

  void leave() noexcept {
    const std::uint64_t before = state_.fetch_sub(one_call, std::memory_order_acq_rel);
    if ((before & closing) != 0) { state_.notify_all(); }
  }

  std::atomic<std::uint64_t> state_{0};
  std::atomic<bool> claimed_{false};
  std::uint64_t forks_ = detail::process::Forks::remember();
  std::stop_source closing_source_;  ///< stopped when closing begins
};

}  // namespace heddle::detail::calls
