// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/process/fork_gate.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <stop_token>
#include <thread>

namespace heddle::sqlite::indexing {

/// A thread that takes turns behind the calls of others until nothing is left, and sleeps then. It starts when it is
/// first woken. Many threads may wake it. A template only so that files that fill no index do not compile
/// it.
template <class Owner>
class IdleThread {
 public:
  /// Takes a turn, or stops waiting to take it; returns false if nothing is left.
  using Turn = bool (*)(Owner* owner, const std::stop_token& stop) noexcept;

  /// The owner must outlive the thread.
  IdleThread(Owner* owner, Turn turn) noexcept : owner_(owner), turn_(turn) {}
  IdleThread(const IdleThread&) = delete;
  IdleThread& operator=(const IdleThread&) = delete;
  IdleThread(IdleThread&&) = delete;
  IdleThread& operator=(IdleThread&&) = delete;
  /// Stops the turn that is under way.
  ~IdleThread() {
    if (!thread_.joinable()) { return; }
    {
      const std::lock_guard lock(mutex_);
      stop_.request_stop();
      changed_.notify_one();
    }
    thread_.join();
  }

  /// Says that there is something to do.
  void wake() noexcept {
    wakes_.fetch_add(1, std::memory_order_relaxed);
    if (is_awake_.exchange(true)) { return; }
    const std::lock_guard lock(mutex_);
    changed_.notify_one();
    if (thread_.joinable()) { return; }
    try {
      stop_ = std::stop_source();
      thread_ = std::thread([this] { run(); });
    } catch (const std::exception& error) {
      // No thread or no memory: the next call tries again.
      static_cast<void>(error);
      is_awake_ = false;
    }
  }

 private:
  using Pause = std::chrono::milliseconds;
  /// After the first change: it is seldom alone.
  static constexpr Pause first{20};
  /// Between two turns while there are calls: most of the time is theirs.
  static constexpr Pause between{50};

  void run() {
    std::unique_lock lock(mutex_);
    while (!stop_.stop_requested()) {
      if (!is_awake_) {
        changed_.wait(lock, [this] { return stop_.stop_requested() || is_awake_; });
        sleep(lock, first);
        continue;
      }
      const std::uint64_t before = wakes_.load(std::memory_order_relaxed);
      // Before the turn: what comes during the turn is for the next one.
      is_awake_ = false;
      lock.unlock();
      const bool goes_on = take_turn();
      lock.lock();
      if (goes_on) { is_awake_ = true; }
      // Also if nothing was left: else there would be a commit of the index behind each call's.
      if (wakes_.load(std::memory_order_relaxed) != before) { sleep(lock, between); }
    }
  }

  bool take_turn() {
    const detail::process::ForkGate<>::Working working;
    return turn_(owner_, stop_.get_token());
  }

  void sleep(std::unique_lock<std::mutex>& lock, Pause pause) {
    changed_.wait_for(lock, pause, [this] { return stop_.stop_requested(); });
  }

  Owner* owner_;
  Turn turn_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> is_awake_{false};
  std::atomic<std::uint64_t> wakes_{0};
  std::stop_source stop_{std::nostopstate};
  std::thread thread_;  ///< the last member, because it uses the others
};

}  // namespace heddle::sqlite::indexing
