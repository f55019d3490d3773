// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <shared_mutex>
#include <thread>

namespace heddle::detail::process {

/// Lets a fork wait until Heddle's own threads work on nothing. The child has no such thread, but a copy of each lock
/// that one held: those of SQLite keep all of its connections waiting for ever, also those to other files. Threads of
/// the program are its own affair. A template only so that files without such a thread do not compile it.
template <std::same_as<void> = void>
class ForkGate {
 public:
  /// A thread holds one while it works. Precondition: it holds no other one.
  class Working {
   public:
    Working() {
      static const int registered = ::pthread_atfork(&prepare, &finish, &finish);
      static_cast<void>(registered);
      // A fork that waits comes first.
      while (forking.load() > 0) { std::this_thread::sleep_for(pause); }
      mutex().lock_shared();
    }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;
    Working(Working&&) = delete;
    Working& operator=(Working&&) = delete;
    ~Working() { mutex().unlock_shared(); }
  };

 private:
  static constexpr std::chrono::milliseconds pause{1};

  static std::shared_mutex& mutex() {
    // Never destroyed: a backend can live longer than other static objects.
    static std::shared_mutex& only = *new std::shared_mutex;
    return only;
  }

  static void prepare() noexcept {
    // A thread can work long, or for a call that the forking thread itself holds up.
    constexpr int most = 1000;
    forking.fetch_add(1);
    for (int tried = 0; tried < most && !holds; ++tried) {
      holds = mutex().try_lock();
      if (!holds) { std::this_thread::sleep_for(pause); }
    }
  }
  static void finish() noexcept {
    if (holds) { mutex().unlock(); }
    holds = false;
    forking.fetch_sub(1);
  }

  static inline std::atomic<int> forking{0};
  static inline thread_local bool holds = false;
};

}  // namespace heddle::detail::process
