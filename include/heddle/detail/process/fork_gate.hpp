// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <concepts>
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
      static const int registered = ::pthread_atfork(&prepare, &go_on, &forget_others);
      static_cast<void>(registered);
      for (;;) {
        // A fork that waits comes first.
        while (forks.load() > 0) { std::this_thread::sleep_for(pause); }
        workers.fetch_add(1);
        if (forks.load() == 0) { return; }
        workers.fetch_sub(1);
      }
    }
    Working(const Working&) = delete;
    Working& operator=(const Working&) = delete;
    Working(Working&&) = delete;
    Working& operator=(Working&&) = delete;
    ~Working() { workers.fetch_sub(1); }
  };

 private:
  static constexpr std::chrono::milliseconds pause{1};

  // Only atomics: a lock that the parent has taken is none of the child's to release. Those of glibc remember which
  // thread took them, and a thread has another number in the child.

  static void prepare() noexcept {
    // A thread can work long, or for a call that the forking thread itself holds up.
    constexpr int most = 1000;
    forks.fetch_add(1);
    for (int tried = 0; tried < most && workers.load() > 0; ++tried) { std::this_thread::sleep_for(pause); }
  }
  static void go_on() noexcept { forks.fetch_sub(1); }
  static void forget_others() noexcept {
    forks.store(0);
    workers.store(0);
  }

  static inline std::atomic<int> forks{0};    ///< that wait, or happen
  static inline std::atomic<int> workers{0};  ///< threads that work
};

}  // namespace heddle::detail::process
