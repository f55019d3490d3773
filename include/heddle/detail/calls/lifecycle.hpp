// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <atomic>
#include <cstdint>
#include <stop_token>

namespace heddle::detail::calls {

/// Counts the calls that are under way, so that closing can wait for them and refuse all later ones.
class Lifecycle {
 public:
  /// A call that is under way. One that comes too late is counted as well, until it has been refused.
  class Entry {
   public:
    explicit Entry(Lifecycle& lifecycle) noexcept
        : lifecycle_(lifecycle),
          is_late_((lifecycle.state_.fetch_add(one_call, std::memory_order_acq_rel) & closing) != 0) {
      innermost = this;
    }
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    Entry(Entry&&) = delete;
    Entry& operator=(Entry&&) = delete;
    ~Entry() {
      innermost = outer_;
      lifecycle_.leave();
    }

    /// Throws `failed_precondition` if closing had begun before the call.
    void require_open() const {
      if (is_late_) { throw Error(ErrorCode::failed_precondition, "the backend is closed"); }
    }

    /// True if the present thread is inside a call of this backend.
    [[nodiscard]] static bool inside(const Lifecycle& lifecycle) noexcept {
      for (const Entry* entry = innermost; entry != nullptr; entry = entry->outer_) {
        if (&entry->lifecycle_ == &lifecycle) { return true; }
      }
      return false;
    }

   private:
    static inline thread_local const Entry* innermost = nullptr;

    Lifecycle& lifecycle_;
    const Entry* outer_ = innermost;
    bool is_late_;
  };

  /// Refuses new calls and waits for those under way; true for the one caller who is to tidy up. Inside a call, such as
  /// in a visitor, it only refuses new calls: it cannot wait for itself. Another close then tidies up.
  bool close() noexcept {
    if ((state_.fetch_or(closing, std::memory_order_acq_rel) & closing) == 0) { begin_.request_stop(); }
    if (Entry::inside(*this)) { return false; }
    for (std::uint64_t state = state_.load(std::memory_order_acquire); state / one_call != 0;
         state = state_.load(std::memory_order_acquire)) {
      state_.wait(state, std::memory_order_acquire);
    }
    return !tidied_.exchange(true);
  }

  /// Is stopped when closing begins: wakes calls that wait for something else than the database.
  [[nodiscard]] std::stop_token close_token() const noexcept { return begin_.get_token(); }

  [[nodiscard]] bool is_closed() const noexcept { return (state_.load(std::memory_order_acquire) & closing) != 0; }

 private:
  static constexpr std::uint64_t closing = 1;
  static constexpr std::uint64_t one_call = 2;

  void leave() noexcept {
    const std::uint64_t before = state_.fetch_sub(one_call, std::memory_order_acq_rel);
    if ((before & closing) != 0) { state_.notify_all(); }
  }

  std::atomic<std::uint64_t> state_{0};
  std::atomic<bool> tidied_{false};
  std::stop_source begin_;  ///< of closing
};

}  // namespace heddle::detail::calls
